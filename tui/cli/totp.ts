// One's own second factor: setting it up, and new recovery codes.
import { renderUnicodeCompact } from 'uqr';
import { refuse } from '../../gateway/protocol/errors.ts';
import type { Run } from './command.ts';
import { ask, mayChange, onLine } from './connect.ts';
import type { Face } from './face.ts';
import { readArgs } from './globals.ts';
import { askCode } from './prompt.ts';
import { verbs } from './verbs.ts';

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
      const code = await askCode(face, `${hint}The code it shows: `);
      if (!code.ok) return code;
      if (code.value === undefined) return refuse('needs-terminal', 'the code is typed, or comes with --totp-stdin');
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

export const totp = verbs({ enroll, codes });
