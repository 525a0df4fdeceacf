// The second factor: setting up one's own, new recovery codes, one code for a batch of shells; and taking a lost one from somebody else.
import { renderUnicodeCompact } from 'uqr';
import { errors, refuse } from '../../gateway/protocol/errors.ts';
import type { Run } from './command.ts';
import { ask, mayChange, onLine } from './connect.ts';
import { type Face, when } from './face.ts';
import { readArgs } from './globals.ts';
import { needCode } from './prompt.ts';
import { readSelector, selectorWords } from './selector.ts';
import { minutesOf } from './span.ts';
import { verbs } from './verbs.ts';
import { readWhy } from './with-why.ts';

const attempts = 3;

const enroll: Run = async (face, args) => {
  const read = readArgs(args, { 'no-qr': { type: 'boolean' } }, { least: 0, most: 0 });
  if (!read.ok) return read;
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const begun = await ask(face, link, 'factor.enroll', {});
    if (!begun.ok) return begun;
    const { secret, uri } = begun.value;
    face.document({ secret, uri });
    if (read.value.values['no-qr'] !== true && !face.globals.json && face.stdout.isTTY)
      face.stdout.write(`${renderUnicodeCompact(uri, { border: 2, ecc: 'L' })}\n`);
    face.line('Scan this, or type the secret into your authenticator. It is shown only now.');
    face.line(`secret  ${secret.match(/.{1,4}/g)?.join(' ') ?? secret}`);
    let hint = '';
    for (let attempt = 1; ; attempt += 1) {
      const code = await needCode(face, `${hint}The code it shows: `);
      if (!code.ok) return code;
      const confirmed = await link.request('factor.confirm', { code: code.value });
      if (confirmed.ok) {
        face.document(confirmed.value);
        face.line('Your second factor is set up.');
        sayCodes(face, confirmed.value.recoveryCodes);
        return { ok: true, value: 0 };
      }
      if (confirmed.problem.code !== 'code-wrong' || !face.stdin.isTTY || face.globals.totpStdin || attempt === attempts)
        return confirmed;
      hint = 'That code is not right. ';
    }
  });
};

const codes: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const made = await ask(face, link, 'factor.codes', {});
    if (!made.ok) return made;
    face.document(made.value);
    sayCodes(face, made.value.recoveryCodes);
    return { ok: true, value: 0 };
  });
};

function sayCodes(face: Face, recoveryCodes: readonly string[]): void {
  face.line('Recovery codes: each works once, when the authenticator is lost. They are shown only now.');
  for (const code of recoveryCodes) face.line(`  ${code}`);
}

/** Takes a lost authenticator from somebody else: two people, each with this command. */
const reset: Run = async (face, args) => {
  const read = readWhy(face, args);
  if (!read.ok) return read;
  const {
    words: [person = ''],
    why,
  } = read.value;
  return onLine(face, async ({ link }) => {
    const done = await ask(face, link, 'factor.reset', { person, why });
    if (!done.ok) return done;
    const { reset: gone, until } = done.value;
    face.document(done.value);
    if (gone)
      face.line(
        `${person} has no second factor any more, and is signed out everywhere; they set up another at the next sign-in.`,
      );
    else face.line(`A second person must ask for the same by ${when(until)}: sallyport totp reset ${person} --why WORDS`);
    return { ok: true, value: gone ? 0 : errors['approval-needed'].exit };
  });
};

/** One code for shells on many servers (M15). */
const batch: Run = async (face, args) => {
  const read = readArgs(args, { why: { type: 'string' }, for: { type: 'string' } }, { least: 1, most: 1 });
  if (!read.ok) return read;
  const { why, for: span } = read.value.values;
  if (why === undefined || span === undefined) return refuse('usage', '--for and --why say for how long, and what for');
  const servers = readSelector(read.value.words[0]);
  if (!servers.ok) return servers;
  const minutes = minutesOf('--for', span, mostBatchMinutes);
  if (!minutes.ok) return minutes;
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const code = await needCode(face, `Code of your authenticator for shells on ${selectorWords(servers.value)}: `);
    if (!code.ok) return code;
    const done = await link.request('factor.batch', { code: code.value, servers: servers.value, minutes: minutes.value, why });
    if (!done.ok) return done;
    face.document(done.value);
    const { servers: count, until } = done.value;
    face.line(
      `No code is asked for shells on ${count} server${count === 1 ? '' : 's'} until ${when(until)}; critical ones take their own.`,
    );
    return { ok: true, value: 0 };
  });
};
const mostBatchMinutes = 480;

export const totp = verbs({ enroll, codes, reset, batch });
