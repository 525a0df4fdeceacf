// The keyboard changes hands: what the one who loses it asks of the gateway, and the one who gets it. The gateway decides; here are the questions,
// and how it is over where it says no.
import { problemSentence } from '../../gateway/protocol/errors.ts';
import type { SessionRow, TerminalSize } from '../../gateway/protocol/nouns.ts';
import type { Gives } from '../../gateway/protocol/operator.ts';
import type { Link } from '../link/link.ts';
import { driverOf } from './company.ts';
import { foundEnded, leftOutcome, type SessionOutcome } from './ending.ts';
import { nameOfPerson } from './facts.ts';
import { type AskCode, requestWithCode } from './with-code.ts';

export type Aside = { readonly given: Gives<'session.join'>; readonly says: string } | { readonly over: SessionOutcome };

/**
 * Who lost the keyboard stays as a peer, where they may. Where it went to another terminal of their own, this one is left. `size` = of the part
 * of the terminal that shows the session.
 */
export async function stepAside(link: Link, session: SessionRow, size: () => TerminalSize, askCode: AskCode): Promise<Aside> {
  const shown = await untilAnswered(link, () => link.request('session.show', { session: session.id }));
  const row = shown.ok ? shown.value.session : session;
  if (row.state === 'ended') return { over: foundEnded(row) };
  const driver = shown.ok ? driverOf({ participants: row.participants, asking: [] }) : undefined;
  const state = link.state();
  const me = state.state === 'open' ? state.self?.person : undefined;
  if (driver !== undefined && driver.person === me) return { over: leftOutcome(row, 'taken-over') };
  const who = nameOfPerson(driver?.name);
  const joined = await untilAnswered(link, () =>
    requestWithCode(link, 'session.join', () => ({ session: session.id, role: 'peer', size: size() }), askCode),
  );
  if (joined.ok) return { given: joined.value, says: `${who} drives now · a asks for the keyboard` };
  return {
    over: {
      ending: 'left',
      sentence: `${session.serverName}: ${who} drives now, and you cannot stay as a peer. ${problemSentence(joined.problem)}`,
      tone: 'bad',
      session: session.id,
      exit: 3,
    },
  };
}

/** While the line is down nothing is decided: asked again when it is back. */
async function untilAnswered<T extends { readonly ok: boolean }>(link: Link, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer.ok || link.state().state === 'open' || link.state().state === 'refused') return answer;
    if (!(await link.whenOpen())) return answer;
  }
}
