// Terms that give no more than others (S44: an approver may narrow). Pure. It is checked twice: as words, so that what stands in the log reads narrower,
// and by the servers both choose now.
import type { AccessTerms } from '../protocol/access-nouns.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { Selector } from '../protocol/nouns.ts';
import { chooser, nameFits } from './selector.ts';
import type { Server } from './server.ts';
import { levelRank } from './standing.ts';

/** No name has it: what stands for a star of the narrower pattern, which only a star of the wider one can take in. */
const anything = '\0';

/** Whether whatever the first chooses, now and later, is chosen by the second too. */
export function selectorWithin(narrow: Selector, wide: Selector): boolean {
  const name =
    wide.name === undefined || (narrow.name !== undefined && nameFits(wide.name, narrow.name.replaceAll('*', anything)));
  return name && Object.entries(wide.labels ?? {}).every(([key, value]) => narrow.labels?.[key] === value);
}

const sameWindow = (a: AccessTerms['window'], b: AccessTerms['window']): boolean =>
  b === undefined ||
  (a !== undefined &&
    a.zone === b.zone &&
    a.from === b.from &&
    a.to === b.to &&
    a.days.every((day) => b.days.some((other) => other === day)));

/** `servers`: those there are. Errors: bad-request, naming what would be wider. */
export function narrower(given: AccessTerms, asked: AccessTerms, servers: Iterable<Server>): Result<undefined> {
  const wider = (what: string) => refuse('bad-request', `an approval may only narrow: ${what}`);
  if (levelRank(given.level) > levelRank(asked.level)) return wider(`the level ${given.level} is more than ${asked.level}`);
  if (given.minutes > asked.minutes) return wider(`${given.minutes} minutes are more than ${asked.minutes}`);
  if (!selectorWithin(given.servers, asked.servers)) return wider('servers that were not asked for');
  const [within, chosen] = [chooser(asked.servers), chooser(given.servers)];
  for (const server of servers) if (chosen(server) && !within(server)) return wider(`${server.name} was not asked for`);
  if (!sameWindow(given.window, asked.window)) return wider('other hours than were asked for');
  const { users } = asked;
  // Without users it is the agent's own; below a shell there are none.
  const fewer =
    users === undefined
      ? given.users === undefined
      : given.users === undefined
        ? given.level === 'read-only'
        : given.users.length > 0 && given.users.every((user) => users.includes(user));
  return fewer ? fine(undefined) : wider('OS users that were not asked for');
}
