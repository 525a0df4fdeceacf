// Policies: why something is allowed or not (law 4), and those that admins add (S47).
import { refuse } from '../../gateway/protocol/errors.ts';
import type { Gives } from '../../gateway/protocol/operator.ts';
import { jsonSafe } from '../../gateway/protocol/safe-text.ts';
import type { Run } from './command.ts';
import { ask, mayChange, onLine } from './connect.ts';
import { test } from './expectations.ts';
import { type Face, when } from './face.ts';
import { readArgs } from './globals.ts';
import { longMs, readText } from './policy-files.ts';
import { verbs } from './verbs.ts';
import { readWhy } from './with-why.ts';

const explain: Run = async (face, args) => {
  const read = readArgs(args, { person: { type: 'string' } }, { least: 1, most: 3 });
  if (!read.ok) return read;
  // A word with a dot is an action; before it may stand a person.
  const [first = '', ...rest] = read.value.words;
  const named = !first.includes('.') && rest[0]?.includes('.') === true;
  const [action = '', target] = named ? rest : read.value.words;
  const person = read.value.values.person ?? (named ? first : undefined);
  if (!named && rest.length > 1) return refuse('usage', `"${rest[1] ?? ''}" is one word too many`);
  return onLine(face, async ({ link }) => {
    const explained = await ask(face, link, 'policy.explain', {
      action,
      ...(target === undefined ? {} : { target }),
      ...(person === undefined ? {} : { person }),
    });
    if (!explained.ok) return explained;
    const { decision, signals, policyText, conditions, fixes } = explained.value;
    face.document(explained.value);
    face.line(`${decision.verdict}: ${decision.action}${decision.target === undefined ? '' : ` on ${decision.target}`}`);
    face.line(`decided by  ${decision.policies.join(', ') || 'no policy: what nothing allows is denied'}`);
    for (const missing of decision.missing) face.line(`missing     ${missing}`);
    for (const { policy, words } of conditions) face.line(`condition   ${words} [${policy}]`);
    for (const [at, fix] of fixes.entries()) face.line(`${at === 0 ? 'try        ' : 'or         '} ${fix}`);
    for (const [name, value] of Object.entries(signals)) face.line(`signal      ${name} = ${jsonSafe(value)}`);
    for (const policy of policyText) {
      face.line('');
      for (const line of policy.split('\n')) face.line(line);
    }
    return { ok: true, value: 0 };
  });
};

const list: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'policy.list', {});
    if (!listed.ok) return listed;
    const { version, digest, policies, versions, trial } = listed.value;
    face.document(listed.value);
    face.line(`version ${version}, digest ${digest.slice(0, 16)}`);
    face.table(
      ['POLICY', 'EFFECT', 'FROM', 'WHAT IT SAYS'],
      policies.map(({ id, effect, origin, text }) => [id, effect, origin, saysOf(text)]),
    );
    if (versions.length > 0) {
      face.line('');
      face.table(
        ['VERSION', 'ADDED', 'BY', 'WHEN', 'WHY'],
        versions.map((one) => [one.version, one.policies, one.by, when(one.at), one.why]),
      );
    }
    if (trial !== undefined) {
      face.line('');
      face.line(
        `on trial since ${when(trial.since)} by ${trial.by}: of ${trial.asked} decisions it would have denied ${trial.wouldDeny} that were allowed, and allowed ${trial.wouldAllow} that were not`,
      );
      sayExamples(face, trial.examples);
    }
    return { ok: true, value: 0 };
  });
};

/** The comment above a policy, which says what it means. */
const saysOf = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line.startsWith('//'))
    .map((line) => line.replace(/^\/\/ ?/, ''))
    .join(' ');

const show: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 1, most: 1 });
  if (!read.ok) return read;
  const [id = ''] = read.value.words;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'policy.list', {});
    if (!listed.ok) return listed;
    const found = listed.value.policies.find((one) => one.id === id);
    if (found === undefined) return refuse('not-found', id);
    face.document(found);
    for (const line of found.text.split('\n')) face.line(line);
    return { ok: true, value: 0 };
  });
};

type Checked = Gives<'policy.check'>;

function sayExamples(face: Face, examples: Checked['examples']): void {
  for (const { person, action, target, now, would } of examples)
    face.line(`  ${person}: ${action} on ${target} would be ${would}, is ${now}`);
}

function sayChecked(face: Face, { problems, added, changed, removed, gained, lost, examples, partly }: Checked): void {
  for (const { policy, message } of problems) face.line(`wrong       ${policy === undefined ? '' : `${policy}: `}${message}`);
  for (const id of added) face.line(`added       ${id}`);
  for (const id of changed) face.line(`changed     ${id}`);
  for (const id of removed) face.line(`removed     ${id}`);
  if (added.length + changed.length + removed.length === 0) face.line('The same policies as are in force.');
  if (problems.length > 0) return;
  face.line(
    `would open ${gained} answers further, and ${lost} less far${partly === true ? ' (at least: there was too much to look at all of it)' : ''}`,
  );
  sayExamples(face, examples);
}

/** 7 when it could not be applied. */
const check: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 1, most: 1 });
  if (!read.ok) return read;
  const text = await readText(read.value.words[0] ?? '');
  if (!text.ok) return text;
  return onLine(face, async ({ link }) => {
    const checked = await ask(face, link, 'policy.check', { policies: text.value }, longMs);
    if (!checked.ok) return checked;
    face.document(checked.value);
    sayChecked(face, checked.value);
    return { ok: true, value: checked.value.problems.length > 0 ? 7 : 0 };
  });
};

/** What a file says otherwise than what is in force, line by line. */
const diff: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 1, most: 1 });
  if (!read.ok) return read;
  const text = await readText(read.value.words[0] ?? '');
  if (!text.ok) return text;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'policy.list', {});
    if (!listed.ok) return listed;
    const lines = differing(listed.value.added, text.value);
    face.document({ version: listed.value.version, lines: lines.map(([sign, line]) => `${sign}${line}`) });
    for (const [sign, line] of lines) face.line(`${sign} ${line}`);
    if (lines.every(([sign]) => sign === ' ')) face.note('The same as what is in force.');
    return { ok: true, value: 0 };
  });
};

/** Pure: policies of two texts, those of one alone marked; a policy that changed stands in both ways. */
export function differing(before: string, after: string): readonly (readonly [' ' | '-' | '+', string])[] {
  const cut = (text: string): readonly string[] =>
    text
      .split(/\n[ \t\r]*\n/)
      .map((one) => one.trim())
      .filter((one) => one !== '');
  const had = cut(before);
  const has = cut(after);
  const lines: [' ' | '-' | '+', string][] = [];
  const put = (sign: ' ' | '-' | '+', policy: string): void => {
    for (const line of [...policy.split('\n'), '']) lines.push([sign, line]);
  };
  for (const policy of had) if (!has.includes(policy)) put('-', policy);
  for (const policy of has) put(had.includes(policy) ? ' ' : '+', policy);
  return lines;
}

/** Checked first, so that no code is spent on what would be refused. */
const apply: Run = async (face, args) => {
  const read = readWhy(face, args);
  if (!read.ok) return read;
  const { words, why } = read.value;
  const text = await readText(words[0] ?? '');
  if (!text.ok) return text;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'policy.list', {});
    if (!listed.ok) return listed;
    const checked = await ask(face, link, 'policy.check', { policies: text.value }, longMs);
    if (!checked.ok) return checked;
    sayChecked(face, checked.value);
    const wrong = checked.value.problems[0];
    if (wrong !== undefined)
      return refuse('bad-request', `${wrong.policy === undefined ? '' : `${wrong.policy}: `}${wrong.message}`);
    const body = { policies: text.value, expect: listed.value.version, why };
    const done = await ask(face, link, 'policy.apply', body, longMs);
    if (!done.ok) return done;
    face.document(done.value);
    face.line(
      `Version ${done.value.version} is in force. To go back: sallyport policy rollback ${listed.value.version} --why WORDS`,
    );
    return { ok: true, value: 0 };
  });
};

const rollback: Run = async (face, args) => {
  const read = readWhy(face, args);
  if (!read.ok) return read;
  const { words, why } = read.value;
  const version = Number(words[0]);
  if (!Number.isSafeInteger(version) || version < 0)
    return refuse('usage', 'which version? sallyport policy ls shows them; 0 = only the built-in policies');
  return onLine(face, async ({ link }) => {
    const done = await ask(face, link, 'policy.rollback', { version, why }, longMs);
    if (!done.ok) return done;
    face.document(done.value);
    face.line(`The policies of version ${version} are in force again, as version ${done.value.version}.`);
    return { ok: true, value: 0 };
  });
};

const trial: Run = async (face, args) => {
  const read = readArgs(args, { end: { type: 'boolean' } }, { least: 0, most: 1 });
  if (!read.ok) return read;
  const [file] = read.value.words;
  const end = read.value.values.end === true;
  if (end === (file !== undefined)) return refuse('usage', 'a file to put on trial, or --end');
  const may = mayChange(face);
  if (!may.ok) return may;
  const text = file === undefined ? undefined : await readText(file);
  if (text?.ok === false) return text;
  return onLine(face, async ({ link }) => {
    const done = await ask(face, link, 'policy.trial', text === undefined ? {} : { policies: text.value }, longMs);
    if (!done.ok) return done;
    face.document(done.value);
    face.line(
      end
        ? 'The trial is over.'
        : 'On trial: decided beside the policies in force, and never instead of them. sallyport policy ls says what it would do.',
    );
    return { ok: true, value: 0 };
  });
};

/** Which action takes a second factor how fresh, where a policy asks for one (S23). */
const mfa: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'policy.list', {});
    if (!listed.ok) return listed;
    const rows = listed.value.stepUp ?? [];
    face.document(rows);
    face.table(
      ['ACTION', 'ABOUT', 'SECOND FACTOR, WHERE A POLICY ASKS FOR ONE'],
      rows.map(({ action, about, freshness, minutes }) => [action, about, freshWords(freshness, minutes)]),
    );
    return { ok: true, value: 0 };
  });
};

function freshWords(freshness: 'none' | 'window' | 'always', minutes: number | undefined): string {
  if (freshness === 'none') return 'never asked for';
  if (freshness === 'always') return 'each time, of the last 30 seconds';
  return minutes !== undefined && minutes >= 120 ? `of the last ${minutes / 60} hours` : `of the last ${minutes ?? 0} minutes`;
}

export const policy = verbs({ ls: list, show, check, diff, apply, rollback, try: trial, test, explain, mfa });
