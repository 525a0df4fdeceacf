// Who is in a session, as one of those in it sees them: names with their colours, what changed, who is missing. Pure.
import type { ParticipantId } from '../../gateway/protocol/ids.ts';
import type { ParticipantRole, ParticipantRow, SessionRow } from '../../gateway/protocol/nouns.ts';
import type { Push } from '../../gateway/protocol/operator.ts';
import { joined, type Piece, type Strip } from './strip.ts';

export type Company = Omit<Extract<Push, { readonly type: 'session.company' }>, 'type' | 'channel'>;

/** What a session's row says, until the session itself does. */
export const companyOf = ({ participants, moderation }: SessionRow): Company => ({
  participants,
  asking: [],
  ...(moderation === undefined ? {} : { moderation }),
});

const plays = {
  driver: 'drives',
  peer: 'is a peer',
  observer: 'watches',
  moderator: 'moderates',
} as const satisfies Record<ParticipantRole, string>;
const comes = { ...plays, peer: 'joined' } as const satisfies Record<ParticipantRole, string>;
const goes = {
  driver: 'no longer drives',
  peer: 'left',
  observer: 'no longer watches',
  moderator: 'no longer moderates',
} as const satisfies Record<ParticipantRole, string>;

/** A name with its colour; the cells beside it make it stand apart. */
export const nameOf = ({ name, ordinal }: ParticipantRow): Piece => ({ text: ` ${name} `, look: { who: ordinal } });

export const driverOf = ({ participants }: Company): ParticipantRow | undefined =>
  participants.find((one) => one.role === 'driver');
export const memberOf = ({ participants }: Company, id: ParticipantId): ParticipantRow | undefined =>
  participants.find((one) => one.id === id);
/** Peers who ask for the keyboard, oldest first. Who drives has it: the seat from which they asked may still be there. */
export function askersOf(company: Company): readonly ParticipantRow[] {
  const driver = driverOf(company)?.person;
  return company.asking.flatMap((id) => memberOf(company, id) ?? []).filter(({ person }) => person !== driver);
}
export const peersOf = ({ participants }: Company): readonly ParticipantRow[] =>
  participants.filter((one) => one.role === 'peer');

/** Everybody but the driver and oneself. */
export const othersOf = ({ participants }: Company, me: ParticipantId): readonly ParticipantRow[] =>
  participants.filter((one) => one.role !== 'driver' && one.id !== me);

const says = (one: ParticipantRow, what: string): Strip => [nameOf(one), { text: what }];

/**
 * Who came and who went since `before`, in one line; undefined = nobody else. `before` undefined = who is there counts as come. `meanwhile`: who was
 * seen in between. Who left one seat for another came and did not go; who went and is back in the same role did neither.
 */
export function changeLine(
  before: Company | undefined,
  now: Company,
  me: ParticipantId,
  meanwhile: readonly ParticipantRow[] = [],
): Strip | undefined {
  const own = memberOf(now, me)?.person;
  const known = before?.participants ?? [];
  const fresh = now.participants.filter((one) => one.id !== me && !known.some(({ id }) => id === one.id));
  const here = new Set(now.participants.map(({ id }) => id));
  const seen = new Map([...meanwhile, ...known].map((one) => [`${one.person} ${one.role}`, one]));
  const gone = [...seen.values()].filter(
    (one) => one.id !== me && one.person !== own && !here.has(one.id) && !fresh.some(({ person }) => person === one.person),
  );
  const came = fresh.filter((one) => !known.some(({ person, role }) => person === one.person && role === one.role));
  const all = [...came.map((one) => says(one, comes[one.role])), ...gone.map((one) => says(one, goes[one.role]))];
  return all.length === 0 ? undefined : joined(all, ' · ');
}

/** `~w`: a line for each, the driver first, then in the order they came. */
export function whoIsHere(company: Company, me: ParticipantId): readonly Strip[] {
  const { participants } = company;
  const asking = new Set(company.asking);
  const sorted = [...participants].toSorted(
    (a, b) => Number(b.role === 'driver') - Number(a.role === 'driver') || a.ordinal - b.ordinal,
  );
  const lines = sorted.map((one) => {
    const you = one.id === me ? ' (you)' : '';
    const wants = asking.has(one.id) ? ', asks for the keyboard' : '';
    return [...says(one, plays[one.role]), { text: `${you}${wants}` }];
  });
  const alone = participants.every((one) => one.id === me) ? [[{ text: 'nobody else is here' }]] : [];
  const missing = missingLine(company);
  return [...lines, ...alone, ...(missing === undefined ? [] : [[{ text: missing }]])];
}

/** Who asks, and the key that gives them the keyboard; undefined = nobody. */
export function askingLine(company: Company): Strip | undefined {
  const askers = askersOf(company);
  const [first] = askers;
  if (first === undefined) return undefined;
  const who = joined(
    askers.map((one) => [nameOf(one)]),
    'and',
  );
  const ask = askers.length === 1 ? 'asks' : 'ask';
  const to = askers.length === 1 ? 'it' : `it to ${first.name}`;
  return [...who, { text: `${ask} for the keyboard · ~g gives ${to}` }];
}

/** Who could make up what is missing of moderators (E2); undefined = nobody is. */
export function missingLine({ moderation }: Company): string | undefined {
  if (moderation === undefined || moderation.present >= moderation.needs) return undefined;
  const { needs, present, eligible } = moderation;
  const missing = needs - present;
  const what = missing === 1 ? 'a moderator is missing' : `${missing} moderators are missing`;
  if (eligible.length === 0) return `${what}, and nobody in this workspace may be one`;
  return `${what}: ${eligible.length === 1 ? '' : missing === 1 ? 'one of ' : `${missing} of `}${eligible.join(', ')}`;
}
