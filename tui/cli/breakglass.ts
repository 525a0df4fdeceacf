// Breaking the glass (S53): past the identity provider, with one's authenticator and a sealed code or a second person; and what others do about it.
import { type Result, refuse } from '../../gateway/protocol/errors.ts';
import { breakGlassId } from '../../gateway/protocol/ids.ts';
import { breakGlass } from '../link/sign-in.ts';
import { arrivalOf, onArrival } from './arriving.ts';
import type { Run } from './command.ts';
import { ask, mayChange, onLine } from './connect.ts';
import { type Face, type Paint, when } from './face.ts';
import { readArgs } from './globals.ts';
import { askCode, needCode, nextLine } from './prompt.ts';
import { verbs } from './verbs.ts';
import { readId, readIdAndWhy } from './with-why.ts';

const start: Run = async (face, args) => {
  const own = { reason: { type: 'string' }, as: { type: 'string' }, 'sealed-stdin': { type: 'boolean' } } as const;
  const read = readArgs(args, own, { least: 0, most: 0 });
  if (!read.ok) return read;
  const { reason: why, as, 'sealed-stdin': sealedStdin } = read.value.values;
  if (why === undefined) return refuse('usage', '--reason is missing');
  const may = mayChange(face);
  if (!may.ok) return may;
  const arrival = await arrivalOf(face, undefined);
  if (!arrival.ok) return arrival;
  const person = as ?? arrival.value.before?.person;
  if (person === undefined) return refuse('usage', 'who you are is missing: --as NAME');
  const code = await needCode(face, `Code of the authenticator of ${person}: `);
  if (!code.ok) return code;
  const sealed = await sealedCode(face, sealedStdin === true);
  if (!sealed.ok) return sealed;
  return onArrival(face, arrival.value, async (way) => {
    const signed = await breakGlass({
      ...way,
      person,
      code: code.value,
      sealed: sealed.value,
      why,
      onState(state, expiresAt) {
        if (state === 'waiting')
          face.note(
            `Superusers are called; one of them must let you in by ${when(expiresAt)}: sallyport breakglass ls. Waiting…`,
          );
      },
    });
    if (!signed.ok) return signed;
    const { name, role, loginExpiresAt, gatewayName } = signed.value;
    face.document(signed.value);
    face.painted(`BREAK-GLASS: ${name} (${role}) is in ${gatewayName} until ${when(loginExpiresAt)}`, '\x1b[1;31m');
    face.line(
      'Everybody who runs the workspace is told; what you do is flagged, ends with the hour, and will be reviewed by somebody else.',
    );
    return { ok: true, value: 0 };
  });
};

/** The sealed code, where there is one: from stdin, or typed; nothing typed = a second person is waited for. */
async function sealedCode(face: Face, fromStdin: boolean): Promise<Result<string | undefined>> {
  if (fromStdin && !face.stdin.isTTY) return { ok: true, value: await nextLine(face.stdin) };
  if (face.globals.totpStdin) return { ok: true, value: undefined };
  const typed = await askCode(face, 'Sealed code (nothing: wait for a second person): ');
  return typed.ok && typed.value === '' ? { ok: true, value: undefined } : typed;
}

const paints: Readonly<Record<string, Paint>> = { waiting: 'warn', open: 'bad', over: 'warn', refused: 'dim' };

const list: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'breakglass.list', {});
    if (!listed.ok) return listed;
    const { entrances, sealedLeft } = listed.value;
    face.document(listed.value);
    face.table(
      ['ID', 'WHO', 'STATE', 'HOW', 'BY', 'AT', 'UNTIL', 'REVIEW', 'WHY'],
      entrances.map((one) => [
        one.id,
        one.personName,
        { text: one.state, paint: paints[one.state] ?? 'dim' },
        one.how,
        one.by,
        when(one.at),
        when(one.until),
        one.reviewed !== undefined
          ? `${one.reviewed.by}: ${one.reviewed.finding}`
          : one.until === undefined
            ? ''
            : { text: 'waits', paint: 'bad' },
        one.why,
      ]),
    );
    face.note(
      `${sealedLeft} sealed code${sealedLeft === 1 ? '' : 's'} left${sealedLeft === 0 ? ': sallyport breakglass seal makes some' : ''}.`,
    );
    return { ok: true, value: 0 };
  });
};

const entranceId = { what: 'an entrance', begins: 'brk_', shown: 'breakglass ls' } as const;

const approve: Run = async (face, args) => {
  const read = readIdAndWhy(face, args, breakGlassId, entranceId);
  if (!read.ok) return read;
  const { id, why } = read.value;
  return onLine(face, async ({ link }) => {
    const done = await ask(face, link, 'breakglass.approve', { entrance: id, why });
    if (!done.ok) return done;
    face.document(done.value);
    face.line('They come in now, for an hour.');
    return { ok: true, value: 0 };
  });
};

const review: Run = async (face, args) => {
  const read = readArgs(args, { finding: { type: 'string' } }, { least: 1, most: 1 });
  if (!read.ok) return read;
  const { finding } = read.value.values;
  const id = readId(breakGlassId, read.value.words[0], entranceId);
  if (!id.ok) return id;
  if (finding === undefined) return refuse('usage', '--finding is missing');
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const done = await ask(face, link, 'breakglass.review', { entrance: id.value, finding });
    if (!done.ok) return done;
    face.document(done.value);
    face.line('Reviewed.');
    return { ok: true, value: 0 };
  });
};

/** Makes the codes anew; they are shown this once, and only to somebody who is looking. */
const seal: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  const may = mayChange(face);
  if (!may.ok) return may;
  if (!face.stdout.isTTY && !face.globals.json)
    return refuse('needs-terminal', 'the codes are shown on a terminal, or with --json');
  return onLine(face, async ({ link }) => {
    const made = await ask(face, link, 'breakglass.seal', {});
    if (!made.ok) return made;
    face.document(made.value);
    face.line(
      'Sealed codes: each lets one superuser in once, with their authenticator, when nobody can sign in. They are shown only now;',
    );
    face.line('write them down, seal them, lock them away. Earlier ones are dead.');
    for (const code of made.value.codes) face.line(`  ${code}`);
    return { ok: true, value: 0 };
  });
};

const others = { ls: list, approve, review, seal };
const rest = verbs(others);

/** Without a verb, the glass is broken: its flags come first there, so the verb is looked for among the words only. */
export const breakglass: Run = (face, args) => {
  const at = args.findIndex((word) => !word.startsWith('-'));
  const flag = args[at - 1];
  const valued = flag === '--reason' || flag === '--as';
  return (at >= 0 && !valued && Object.hasOwn(others, args[at] ?? '') ? rest : start)(face, args);
};
