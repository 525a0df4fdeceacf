// The keyboard on its way between people, and what else happens to who is in a session together: the built program in a pty, a far end that speaks the
// protocol.
import { expect, test } from 'vitest';
import { wordBytes } from '../../fixtures/shots/cast-of-people.ts';
import type { Script } from '../../fixtures/shots/peer.ts';
import { type FarSession, farId } from '../../fixtures/world/far-session.ts';
import { asked, farTurns, when } from '../../fixtures/world/far-turns.ts';
import { Terminal } from '../../fixtures/world/terminal.ts';
import { fine, refuse } from '../../gateway/protocol/errors.ts';
import { mintId } from '../../gateway/protocol/ids.ts';

const { at, far } = farTurns();
const quiet = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function driving(more?: Script): Promise<{ session: FarSession; terminal: Terminal }> {
  const session = await far(more);
  const terminal = at(session, ['attach', 'web-1']);
  await terminal.sees('recorded · ~? for help');
  session.output('$ ');
  return { session, terminal };
}
/** ana is a peer of omar, who drives. */
async function beside(
  role: 'peer' | 'moderator' | 'observer',
  more?: Script,
  cols = 80,
): Promise<{ session: FarSession; terminal: Terminal }> {
  const session = await far(more);
  const terminal = at(session, ['join', farId, '--role', role], cols);
  await terminal.sees('? keys');
  session.company([{ name: 'ana', role }], { driver: 'omar' });
  await terminal.sees('omar drives');
  return { session, terminal };
}
const given = { 'session.give': () => fine({ to: 'omar' }) } satisfies Script;

test('[M12] who asks is named; ~g gives the keyboard; the driver goes on as a peer, and keys on their way mean nothing there', async () => {
  const { session, terminal } = await driving(given);
  session.company([{ name: 'omar', role: 'peer' }]);
  await terminal.sees('omar joined');
  session.company([{ name: 'omar', role: 'peer', asks: true }]);
  await terminal.sees('omar asks for the keyboard · ~g gives it');
  terminal.types('\r~g');
  await terminal.sees('the keyboard goes to omar');
  expect(asked(session, 'session.give')).toEqual([{ channel: 1, to: mintId('par', wordBytes('omar')) }]);
  expect(session.typed()).toBe('\r');
  session.company([{ name: 'ana', role: 'peer' }], { driver: 'omar' });
  session.putOut('taken-over');
  await terminal.sees('keys mean nothing for a moment');
  terminal.types('q');
  await terminal.sees('omar drives now · a asks for the keyboard');
  await terminal.sees('omar drives · you are a peer on web-1');
  expect(asked(session, 'session.join')).toEqual([{ session: farId, role: 'peer', size: { cols: 80, rows: 19 } }]);
  terminal.types('ls\r');
  session.output('omar works\r\n');
  await terminal.sees('omar works');
  expect(session.typed()).toBe('\r');
}, 30_000);

test('[M12] a peer asks with `a`; handed the keyboard they drive at once, on the same terminal, and ~? is there again', async () => {
  const { session, terminal } = await beside('peer', { 'session.ask': () => fine({}) });
  terminal.types('a');
  await terminal.sees('asked: omar may give it to you');
  session.company([{ name: 'ana', role: 'peer', asks: true }], { driver: 'omar' });
  await terminal.sees('you asked');
  expect(session.typed()).toBe('');
  session.tell('handed', 'the keyboard is yours');
  await terminal.sees('the keyboard is yours · ~g gives it away');
  expect(asked(session, 'session.attach')).toMatchObject([{ session: farId, size: { cols: 80, rows: 20 } }]);
  terminal.types('whoami\r');
  await when('typed', () => session.typed() === 'whoami\r');
  session.output('ana\r\n');
  await terminal.sees('ana');
  terminal.types('~.');
  expect((await terminal.exited).code).toBe(0);
  expect(terminal.text).toContain('detached; the session goes on');
});

test('[M12] that the keyboard is mine stays said while seats are given up and taken: who comes and goes has one line', async () => {
  const { session, terminal } = await beside('peer');
  session.company([{ name: 'ana', role: 'peer' }], { driver: 'omar' });
  session.tell('handed', 'the keyboard is yours');
  await terminal.sees('the keyboard is yours · ~g gives it away');
  session.tell('watched', 'omar joined');
  session.company([{ name: 'omar', role: 'peer', asks: true }]);
  await terminal.sees('omar asks');
  for (const others of [['rob'], ['rob', 'omar'], ['omar'], ['rob', 'omar'], ['rob'], []])
    session.company(others.map((name) => ({ name, role: 'peer' })));
  session.company([{ name: 'omar', role: 'peer' }]);
  await terminal.sees(/omar joined ·\s+rob left\s*$/m);
  expect(terminal.text).toContain('the keyboard is yours · ~g gives it away');
});

test('[T2] T takes the keyboard after a yes, with a code where one is asked for; a refusal is said and nothing hangs', async () => {
  let attempts = 0;
  const decision = { verdict: 'challenge' as const, action: 'session.take-over', target: farId, policies: [], missing: [] };
  const { session, terminal } = await beside('observer', {
    'session.attach': () => {
      attempts += 1;
      return attempts === 1 ? refuse('step-up', undefined, { decision }) : refuse('denied', 'not yours');
    },
    'factor.prove': ({ code }) => (code === '123456' ? fine({ until: 1 }) : refuse('code-wrong')),
  });
  terminal.types('T');
  await terminal.sees('Take the keyboard from omar · y takes it');
  terminal.types('n');
  await terminal.seesNoMore('Take the keyboard');
  expect(attempts).toBe(0);
  terminal.types('T');
  await terminal.sees('y takes it');
  terminal.types('y');
  await terminal.sees('code of your authenticator');
  terminal.types('000000');
  await terminal.sees('••••••');
  terminal.types('\r');
  await terminal.sees('not right');
  terminal.types('123456\r');
  await terminal.sees('Policy does not allow this. (not yours)');
  expect(asked(session, 'session.attach')).toMatchObject([{ takeOver: true }, { takeOver: true }]);
  expect(asked(session, 'factor.prove')).toMatchObject([{}, { action: 'session.take-over', target: farId }]);
  expect(terminal.raw.includes('123456')).toBe(false);
  const from = Date.now();
  // From a question too.
  terminal.types('M');
  await terminal.sees('to everybody here:');
  terminal.types('\x03');
  expect((await terminal.exited).code).toBe(0);
  expect(Date.now() - from).toBeLessThan(2_000);
});

test('[law 9] who may not stay as a peer leaves, and reads who drives and why', async () => {
  const { session, terminal } = await driving({ 'session.join': () => refuse('denied') });
  session.company([], { driver: 'omar' });
  session.putOut('taken-over');
  expect((await terminal.exited).code).toBe(3);
  expect(terminal.text.replaceAll('\n', '')).toContain('omar drives now, and you cannot stay as a peer.');
});

test('a session that was taken to another terminal of mine is left, not watched', async () => {
  const { session, terminal } = await driving();
  session.putOut('taken-over');
  expect((await terminal.exited).code).toBe(3);
  expect(terminal.text).toContain('taken over from another terminal of yours');
  expect(asked(session, 'session.join')).toEqual([]);
});

test('[E3] a moderator is asked to be there; the key that answers does nothing else; t ends the session only after a reason and a yes', async () => {
  const present: number[] = [];
  const killed: unknown[] = [];
  const { session, terminal } = await beside('moderator', {
    'session.present': ({ channel }) => {
      present.push(channel);
      return fine({ until: 1 });
    },
    'session.kill': (body) => {
      killed.push(body);
      session.end({ reason: 'killed', by: 'ana', why: body.why });
      return fine({});
    },
  });
  session.tell('presence', 'Are you there?');
  await terminal.sees(/Are you there\? Press any key: \d+ s left/);
  terminal.types('q');
  await terminal.seesNoMore('Are you there?');
  await when('proven', () => present.length === 1);
  terminal.types('t');
  await terminal.sees('end ana on web-1, because:');
  terminal.types('top\r');
  await terminal.sees('y ends it for everybody, n does not · ana on web-1: “top”');
  terminal.types('\r');
  await terminal.seesNoMore('y ends it');
  expect(killed).toEqual([]);
  terminal.types('t');
  await terminal.sees('because:');
  terminal.types('runaway rm\x7f\x7f\x7f');
  await terminal.sees('runaway');
  terminal.types('\r');
  await terminal.sees('“runaway”');
  terminal.types('y');
  expect((await terminal.exited).code).toBe(3);
  expect(killed).toEqual([{ session: farId, why: 'runaway' }]);
  expect(terminal.text.replaceAll('\n', '')).toContain('killed by ana (runaway) [killed]');
  expect(session.typed()).toBe('');
});

test('[E1] f stops the keys at once and frees them; M writes; m marks; what is pasted is no key', async () => {
  const done: unknown[] = [];
  const { session, terminal } = await beside('moderator', {
    'session.freeze': ({ freeze }) => (done.push(['freeze', freeze]), fine({})),
    'session.message': ({ text }) => (done.push(['message', text]), fine({})),
    'session.mark': ({ label }) => (done.push(['mark', label]), fine({ position: 7 })),
  });
  terminal.types('f');
  await when('frozen', () => done.length === 1);
  terminal.types('\x1b[200~ftm q\r\x1b[201~');
  terminal.types('M');
  await terminal.sees('to everybody here:');
  terminal.types('\x1b[200~two\rlines\x1b[201~ é');
  await terminal.sees('twolines é');
  terminal.types('\r');
  await when('written', () => done.length === 2);
  terminal.types('m');
  await terminal.sees('mark this place as:');
  terminal.types('\x1b');
  await terminal.seesNoMore('mark this place as:');
  terminal.types('m');
  await terminal.sees('mark this place as:');
  terminal.types('here\r');
  await terminal.sees('marked in the recording');
  expect(done).toEqual([
    ['freeze', true],
    ['message', 'twolines é'],
    ['mark', 'here'],
  ]);
  terminal.types('?');
  await terminal.sees('end the session, with a reason');
  terminal.types('q');
  await terminal.seesNoMore('end the session, with a reason');
  expect(terminal.text).toContain('omar drives');
  expect(session.typed()).toBe('');
});

test('[E2] a session that waits to begin names who is missing, and takes no key until somebody is there', async () => {
  const { session, terminal } = await driving();
  session.company([], { moderation: { needs: 1, present: 0, eligible: ['omar', 'uma'] } });
  session.tell('pending', 'Nothing runs until a moderator is here.');
  await terminal.sees('Nothing runs yet: a moderator is missing: one of omar, uma');
  terminal.types('ls\r');
  await quiet(100);
  expect(session.typed()).toBe('');
  session.company([{ name: 'omar', role: 'moderator' }], { moderation: { needs: 1, present: 1, eligible: [] } });
  session.tell('resumed', 'A moderator is here; the session goes on.');
  await terminal.sees('3 bytes were typed while nothing could be sent');
  await terminal.seesNoMore('Nothing runs yet');
  terminal.types('\r');
  await when('sent', () => session.typed() === 'ls\r');
});

test('[law 9] an announced end offers more time: ~x asks why, then for a code; esc leaves it, and says where else', async () => {
  const decision = { verdict: 'challenge' as const, action: 'session.extend', target: farId, policies: [], missing: [] };
  const { session, terminal } = await driving({ 'session.extend': () => refuse('step-up', undefined, { decision }) });
  session.tell('ending-soon', 'This session ends in 5 minutes: its longest life is over.');
  await terminal.sees('~x for more time');
  terminal.types('\r~x');
  await terminal.sees('why this session needs more time:');
  terminal.types('the restore runs\r');
  await terminal.sees('code of your authenticator:');
  terminal.types('\x1b');
  await terminal.sees('sallyport sessions extend');
  expect(asked(session, 'session.extend')).toEqual([{ session: farId, why: 'the restore runs' }]);
  terminal.types('x');
  await when('typed', () => session.typed() === '\rx');
});

test('a message stays until it could be read; ~w says who is here; ~m marks; none of it is typed', async () => {
  const { session, terminal } = await driving({ 'session.mark': () => fine({ position: 1 }) });
  session.company([
    { name: 'omar', role: 'moderator' },
    { name: 'uma', role: 'observer' },
  ]);
  await terminal.sees('omar moderates');
  session.tell('message', 'omar: do not touch the primary');
  await terminal.sees('omar: do not touch the primary');
  terminal.types('a');
  await when('a', () => session.typed() === 'a');
  expect(terminal.text).toContain('do not touch');
  terminal.types('\r~w');
  await terminal.sees('ana drives (you)');
  expect(terminal.text).toContain('uma watches');
  terminal.types('\r~m');
  await terminal.sees('mark this place as:');
  terminal.types('before\r');
  await terminal.sees('marked in the recording');
  expect(asked(session, 'session.mark')).toEqual([{ session: farId, label: 'before' }]);
  await when('only the keys', () => session.typed() === 'a\r\r');
}, 30_000);

test('[M3] back after a cut and the keyboard is with somebody else: on as a peer', async () => {
  const session = await far({
    'session.attach': () => refuse('denied'),
  });
  const terminal = at(session, ['attach', 'web-1']);
  await terminal.sees('recorded · ~? for help');
  session.company([], { driver: 'omar' });
  session.peer.cut();
  await terminal.sees('omar drives now · a asks for the keyboard');
});
