// Whom the personal part of a record is about: what is taken out of the log when somebody is erased (D2). Pure; said for each type of event that
// has a personal part, so that a new one must say it too.
//
// Limits: what people typed as a reason, a label or a query is in the sealed data, not in a personal part, and stays, whatever it says. The address of a
// stranger alone is nobody's: after an erasure no record says any more that it was theirs.
import type { EventPersonal, EventType } from '../protocol/events.ts';
import type { PersonId } from '../protocol/ids.ts';
import type { Settled } from './commit.ts';

type Telling = { [T in EventType]: keyof EventPersonal<T> extends never ? never : T }[EventType];

/**
 * actor: who did it · person: the `person` of its data · by: the `by` of its data, or whom its words name · stranger: whoever held the device
 * of its data, or called themselves so · about: the `about` of its data · nobody: a server or an address alone.
 */
type Whose = 'actor' | 'person' | 'by' | 'stranger' | 'about' | 'nobody';

const whose = {
  'stranger.refused': 'nobody',
  'audit.read': 'actor',
  'login.started': 'stranger',
  'login.refused': 'stranger',
  'login.succeeded': 'person',
  'device.registered': 'person',
  'factor.proven': 'person',
  'factor.refused': 'person',
  'person.added': 'person',
  'person.bound': 'person',
  'person.removed': 'person',
  'enrolment.refused': 'nobody',
  'server.enrolled': 'nobody',
  'server.connected': 'nobody',
  'agent.refused': 'nobody',
  'session.started': 'person',
  'session.joined': 'person',
  'session.messaged': 'by',
  'recording.exported': 'actor',
  'recording.read': 'actor',
  'access.denied': 'actor',
  'access.challenged': 'actor',
  'breakglass.asked': 'person',
  'breakglass.refused': 'person',
  'breakglass.opened': 'person',
  'audit.exported': 'actor',
  'alert.raised': 'about',
} as const satisfies Readonly<Record<Telling, Whose>>;

/** What is known of somebody: words that name them (lower case), and keys of their devices. */
export type Known = { readonly person: PersonId; readonly words: Set<string>; readonly devices: Set<string> };

export const nobodyYet = (person: PersonId): Known => ({ person, words: new Set(), devices: new Set() });

const isTelling = (type: string): type is Telling => Object.hasOwn(whose, type);
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Adds to what is known what this record says of them. */
export function learn(known: Known, { event }: Settled): void {
  const word = (value: string | undefined): void =>
    void (text(value) !== undefined && known.words.add(String(value).toLowerCase()));
  switch (event.type) {
    case 'person.added':
      if (event.data.person !== known.person) return;
      word(event.personal?.name);
      word(event.personal?.claim.value);
      return;
    case 'person.bound':
      if (event.data.person !== known.person) return;
      word(event.personal?.email);
      word(event.personal?.subject);
      return;
    case 'person.removed':
      if (event.data.person === known.person) word(event.personal?.name);
      return;
    case 'device.registered':
      if (event.data.person === known.person) known.devices.add(event.data.key);
      return;
    case 'breakglass.asked':
      if (event.data.person === known.person) known.devices.add(event.data.deviceKey);
      return;
    default:
  }
}

/** Whether the personal part of a record is about them. A record without one, or whose part is erased, is about nobody. */
export function isAbout(known: Known, { record, personal }: Settled): boolean {
  if (personal === undefined || !isTelling(record.type)) return false;
  const { person } = known;
  const { data, actor } = record;
  const of: Whose = whose[record.type];
  switch (of) {
    case 'actor':
      return 'id' in actor && actor.id === person;
    case 'person':
      return data['person'] === person;
    case 'about':
      return data['about'] === person;
    case 'by':
      return data['by'] === person || Object.values(personal).some((value) => names(known, value));
    case 'stranger': {
      const device = text(data['deviceKey']);
      if (data['person'] === person || (device !== undefined && known.devices.has(device))) return true;
      // Somebody else's attempt to sign in, however their machine is called.
      if (text(data['person']) !== undefined) return false;
      return Object.values(personal).some((value) => names(known, value));
    }
    case 'nobody':
      return false;
    default:
      return of satisfies never;
  }
}

/** Whether a text holds one of their words, not as a part of a longer one. */
function names({ words }: Known, value: unknown): boolean {
  const held = text(value)?.toLowerCase();
  if (held === undefined) return false;
  for (const word of words)
    for (let at = held.indexOf(word); at !== -1; at = held.indexOf(word, at + 1))
      if (!isLetter(held[at - 1]) && !isLetter(held[at + word.length])) return true;
  return false;
}
const isLetter = (character: string | undefined): boolean => character !== undefined && /[\p{L}\p{N}]/u.test(character);
