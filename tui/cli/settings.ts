// What superusers set for everybody, with its history, and the end of a workspace (S35, S56).
import { type WorkspaceSettings, workspaceSettings } from '../../gateway/protocol/access-nouns.ts';
import { type Result, refuse } from '../../gateway/protocol/errors.ts';
import { fit } from '../../gateway/protocol/json.ts';
import type { Run } from './command.ts';
import { ask, onLine } from './connect.ts';
import { when } from './face.ts';
import { readArgs } from './globals.ts';
import { minutesOf } from './span.ts';
import { verbs } from './verbs.ts';
import { readWhy } from './with-why.ts';

type Key = keyof WorkspaceSettings;
const told: Readonly<Record<Key, { readonly name: string; readonly means: string }>> = {
  factorRequired: { name: 'factor-required', means: 'nobody does anything before they have a second factor: on or off' },
  deviceFlow: { name: 'device-flow', means: 'roles that may sign in by device flow: user,staff,superuser' },
  requestMinutes: { name: 'request-time', means: 'how long a request waits for an approval: 30m, 2h' },
  grantMinutes: { name: 'grant-time', means: 'longest grant: 8h, 7d' },
};
const keys = Object.keys(told).filter((key): key is Key => Object.hasOwn(told, key));
const mostMinutes = { requestMinutes: 10_080, grantMinutes: 129_600 } as const;

function spanText(minutes: number): string {
  const [unit, size] = minutes % 1440 === 0 ? ['d', 1440] : minutes % 60 === 0 ? ['h', 60] : ['m', 1];
  return `${minutes / Number(size)}${unit}`;
}

function valueText(settings: WorkspaceSettings, key: Key): string {
  switch (key) {
    case 'factorRequired':
      return settings.factorRequired ? 'on' : 'off';
    case 'deviceFlow':
      return settings.deviceFlow.join(',') || 'nobody';
    case 'requestMinutes':
    case 'grantMinutes':
      return spanText(settings[key]);
    default:
      return key satisfies never;
  }
}

/** What would change, a line each. */
export const settingsDiff = (before: WorkspaceSettings, after: WorkspaceSettings): readonly string[] =>
  keys.flatMap((key) => {
    const [from, to] = [valueText(before, key), valueText(after, key)];
    return from === to ? [] : [`${told[key].name}: ${from} → ${to}`];
  });

/** One setting as people write it. Errors: usage. */
export function readSetting(word: string, value: string): Result<Partial<WorkspaceSettings>> {
  const key = keys.find((one) => one === word || told[one].name === word);
  switch (key) {
    case undefined:
      return refuse('usage', `a setting is one of ${keys.map((one) => told[one].name).join(', ')}`);
    case 'factorRequired':
      if (value !== 'on' && value !== 'off') return refuse('usage', 'factor-required is on or off');
      return { ok: true, value: { factorRequired: value === 'on' } };
    case 'deviceFlow': {
      const roles = fit(workspaceSettings.entries.deviceFlow, value.split(','));
      return roles.ok
        ? { ok: true, value: { deviceFlow: roles.value } }
        : refuse('usage', 'device-flow is roles with commas between: user,staff,superuser');
    }
    case 'requestMinutes':
    case 'grantMinutes': {
      const minutes = minutesOf(told[key].name, value, mostMinutes[key]);
      return minutes.ok ? { ok: true, value: { [key]: minutes.value } } : minutes;
    }
    default:
      return key satisfies never;
  }
}

const show: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const shown = await ask(face, link, 'settings.show', {});
    if (!shown.ok) return shown;
    const { settings, version } = shown.value;
    face.document(shown.value);
    face.table(
      ['SETTING', 'VALUE', 'MEANS'],
      keys.map((key) => [told[key].name, valueText(settings, key), told[key].means]),
    );
    face.line(version === 0 ? 'As a workspace comes (version 0).' : `Version ${version}.`);
    return { ok: true, value: 0 };
  });
};

const set: Run = async (face, args) => {
  const read = readWhy(face, args, { least: 2, most: 2 });
  if (!read.ok) return read;
  const {
    words: [word = '', value = ''],
    why,
  } = read.value;
  const wanted = readSetting(word, value);
  if (!wanted.ok) return wanted;
  return onLine(face, async ({ link }) => {
    const shown = await ask(face, link, 'settings.show', {});
    if (!shown.ok) return shown;
    const { settings, version } = shown.value;
    const diff = settingsDiff(settings, { ...settings, ...wanted.value });
    // Before the code is asked for: what it is given for is seen first.
    for (const line of diff) face.line(line);
    if (diff.length === 0) face.line('It is so already.');
    const done = await ask(face, link, 'settings.set', { settings: wanted.value, expect: version, why });
    if (!done.ok) return done;
    face.document(done.value);
    face.line(`Version ${done.value.version}.`);
    return { ok: true, value: 0 };
  });
};

const history: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const shown = await ask(face, link, 'settings.show', {});
    if (!shown.ok) return shown;
    const { versions } = shown.value;
    face.document(versions);
    face.table(
      ['VERSION', 'BY', 'AT', 'CHANGED', 'WHY'],
      versions.map(({ version, by, at, settings, why }, i) => {
        const before = versions[i + 1]?.settings;
        return [version, by, when(at), before === undefined ? '' : settingsDiff(before, settings).join('; '), why];
      }),
    );
    face.note('Back to one of them: sallyport settings rollback VERSION --why WORDS. 0 is how a workspace comes.');
    return { ok: true, value: 0 };
  });
};

const rollback: Run = async (face, args) => {
  const read = readWhy(face, args);
  if (!read.ok) return read;
  const {
    words: [word = ''],
    why,
  } = read.value;
  if (!/^\d{1,9}$/.test(word)) return refuse('usage', 'a version is a number: sallyport settings history');
  return onLine(face, async ({ link }) => {
    const shown = await ask(face, link, 'settings.show', {});
    if (!shown.ok) return shown;
    const { settings, versions } = shown.value;
    const back = versions.find(({ version }) => version === Number(word));
    for (const line of back === undefined ? [] : settingsDiff(settings, back.settings)) face.line(line);
    const done = await ask(face, link, 'settings.rollback', { version: Number(word), why });
    if (!done.ok) return done;
    face.document(done.value);
    if (back === undefined) for (const line of settingsDiff(settings, done.value.settings)) face.line(line);
    face.line(`Version ${done.value.version}.`);
    return { ok: true, value: 0 };
  });
};

export const settings = verbs({ show, set, history, rollback });

/** Two superusers, each with the name typed out: the second one within a quarter of an hour. */
const deleteRun: Run = async (face, args) => {
  const read = readWhy(face, args);
  if (!read.ok) return read;
  const {
    words: [name = ''],
    why,
  } = read.value;
  return onLine(face, async ({ link }) => {
    const done = await ask(face, link, 'workspace.delete', { name, why });
    if (!done.ok) return done;
    face.document(done.value);
    face.line(
      done.value.deleted
        ? `${name} is deleted: every session and sign-in has ended. Its log remains and can be verified.`
        : `Asked for. Another superuser must do the same until ${when(done.value.until)}: sallyport workspace delete ${name} --why WORDS`,
    );
    return { ok: true, value: 0 };
  });
};

export const workspace = verbs({ delete: deleteRun });
