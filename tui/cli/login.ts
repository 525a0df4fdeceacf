// Signing in and out, and who one is.
import { renderUnicodeCompact } from 'uqr';
import type { Self } from '../../gateway/protocol/nouns.ts';
import type { Link } from '../link/link.ts';
import { type SignInCode, signIn, signOut } from '../link/sign-in.ts';
import { arrivalOf, onArrival } from './arriving.ts';
import type { Run } from './command.ts';
import { ask, credentialsPath, onLine } from './connect.ts';
import { type Face, when } from './face.ts';
import { readArgs } from './globals.ts';
import { selectorWords } from './selector.ts';
import { asWitness } from './witness.ts';

export const login: Run = async (face, args) => {
  const read = readArgs(args, { 'no-qr': { type: 'boolean' } }, { least: 0, most: 1 });
  if (!read.ok) return read;
  const arrival = await arrivalOf(face, read.value.words[0]);
  if (!arrival.ok) return arrival;
  return onArrival(face, arrival.value, async (way) => {
    // What somebody who has just come is told: that an entrance waits for a review, for one.
    way.link.onPush((push) => {
      if (push.type === 'access.called') face.note(push.text);
    });
    const signed = await signIn({
      ...way,
      onCode: (code) => sayCode(face, way.link, code, read.value.values['no-qr'] === true),
      onProgress: (state) => {
        if (state === 'slowed') face.note('The identity provider asked us to wait a little longer between questions.');
      },
    });
    if (!signed.ok) return signed;
    face.document(signed.value);
    sayWho(face, signed.value, 'signed in');
    if (signed.value.factor === 'none') face.line('No second factor yet. Set one up with: sallyport totp enroll');
    const seen = await asWitness(face, way.link);
    return seen.ok ? { ok: true, value: 0 } : seen;
  });
};

/** What somebody needs to know before they confirm: to which gateway, for which machine, seen from where (T21). */
function sayCode(face: Face, link: Link, code: SignInCode, noQr: boolean): void {
  const now = link.state();
  face.document({ code });
  const qr = code.addressWithCode ?? code.address;
  // Our own drawing; what it holds is made safe below.
  if (!noQr && !face.globals.json && face.stdout.isTTY) face.stdout.write(`\n${renderUnicodeCompact(qr, { border: 2 })}\n`);
  face.line(`Open     ${code.address}`);
  face.line(`Code     ${code.userCode}`);
  if (code.addressWithCode !== undefined) face.line(`Or open  ${code.addressWithCode}`);
  face.line(`To       ${now.state === 'open' ? `${now.welcome.name}, ` : ''}${link.url}`);
  face.line(`For      ${code.machine}, seen from ${code.peer}; until ${when(code.expiresAt)}`);
  face.line('Confirm only a code that you see here. Waiting…');
}

function sayWho(face: Face, self: Self, what: string): void {
  face.line(`${self.name} (${self.role}) · ${what} to ${self.gatewayName} until ${when(self.loginExpiresAt)}`);
}

export const logout: Run = async (face, args) => {
  const read = readArgs(args, { all: { type: 'boolean' } }, { least: 0, most: 0 });
  if (!read.ok) return read;
  const path = credentialsPath(face);
  if (!path.ok) return path;
  return onLine(face, async ({ link }) => {
    const ended = await signOut(link, path.value, read.value.values.all === true);
    if (!ended.ok) return ended;
    face.document(ended.value);
    face.line(ended.value.ended === 1 ? 'Signed out.' : `Signed out everywhere: ${ended.value.ended} sign-ins ended.`);
    return { ok: true, value: 0 };
  });
};

export const whoami: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const shown = await ask(face, link, 'self.show', {});
    if (!shown.ok) return shown;
    const { self } = shown.value;
    face.document(self);
    sayWho(face, self, 'signed in');
    if (self.email !== undefined) face.line(`e-mail         ${self.email}`);
    face.line(`groups         ${self.groups.join(', ') || 'none'}`);
    const codes = self.recoveryCodes === undefined ? '' : ` (${self.recoveryCodes} recovery codes left)`;
    face.line(`second factor  ${self.factor}${codes}`);
    face.line(`device         ${self.device}${self.deviceKnown ? '' : ' (new: no shell before a second factor)'}`);
    if (self.addressKnown === false) face.line('address        new: no shell before a second factor');
    for (const { action, target, until, servers } of self.proofs) {
      const on = servers === undefined ? target : selectorWords(servers);
      face.line(`proven         ${action}${on === undefined ? '' : ` on ${on}`} until ${when(until)}`);
    }
    if (self.breakGlass !== undefined) face.painted(`BREAK-GLASS    until ${when(self.breakGlass.until)}`, '\x1b[1;31m');
    return { ok: true, value: 0 };
  });
};
