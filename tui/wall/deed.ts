// What the wall asks of the gateway, as values: so that a step-up can ask the very same thing again (T18).

import type { Result } from '../../gateway/protocol/errors.ts';
import type { SessionId } from '../../gateway/protocol/ids.ts';
import type { Link } from '../link/link.ts';

export type Deed = { readonly session: SessionId /** For sentences; made safe where it is shown. */; readonly name: string } & (
  | { readonly deed: 'watch' }
  | { readonly deed: 'freeze' | 'release' | 'kill' | 'extend'; readonly why: string }
  /** The person whose session it is, for {@link lockMinutes}. */
  | { readonly deed: 'lock'; readonly person: string; readonly why: string }
  | { readonly deed: 'mark' | 'message'; readonly text: string }
);

/** How long a lock set from the wall lasts: long enough to think; the list of sessions sets any other. */
export const lockMinutes = 60;

/** Everything but `watch`, which needs a channel (panes.ts). */
export function doDeed(link: Link, deed: Exclude<Deed, { readonly deed: 'watch' }>): Promise<Result<unknown>> {
  const { session } = deed;
  switch (deed.deed) {
    case 'freeze':
    case 'release':
      return link.request('session.freeze', { session, freeze: deed.deed === 'freeze', why: deed.why });
    case 'kill':
      return link.request('session.kill', { session, why: deed.why });
    case 'extend':
      return link.request('session.extend', { session, why: deed.why });
    case 'lock':
      return link.request('lock.add', { kind: 'person', target: deed.person, why: deed.why, minutes: lockMinutes });
    case 'mark':
      return link.request('session.mark', { session, label: deed.text });
    case 'message':
      return link.request('session.message', { session, text: deed.text });
    default:
      return deed satisfies never;
  }
}

/** For a gateway that named no decision: the action the request maps to. */
export function actionOf(deed: Deed): string {
  if (deed.deed === 'lock') return 'lock.manage';
  return deed.deed === 'release' ? 'session.freeze' : `session.${deed.deed}`;
}

/** What was done, as one says it afterwards. Not yet safe to show. */
export function doneSentence(deed: Exclude<Deed, { readonly deed: 'watch' }>): string {
  switch (deed.deed) {
    case 'freeze':
      return `${deed.name} is frozen: it takes no keys, output goes on`;
    case 'release':
      return `${deed.name} takes keys again`;
    case 'kill':
      return `${deed.name} was ended`;
    case 'extend':
      return `${deed.name} may go on longer`;
    case 'lock':
      return `${deed.person} is locked out for an hour`;
    case 'mark':
      return `marked in the recording of ${deed.name}`;
    case 'message':
      return `said to everybody in ${deed.name}`;
    default:
      return deed satisfies never;
  }
}
