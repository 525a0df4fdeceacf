// What is displayed to whoever approves a request for access, as a digest (M5). A second factor is bound to it, so it is computed twice: by the gateway
// from what it would give now, and by the program of the approver from the row it has just drawn. They differ when something changed meanwhile, or when
// one of them shows something else than it approves: then nothing is approved. Pure.
import { createHash } from 'node:crypto';
import type { AccessTerms, RequestRow } from './access-nouns.ts';

/** The members of a row that an approval covers; all of them must be on the screen of whoever approves. */
export type Displayed = Pick<RequestRow, 'id' | 'person' | 'personName' | 'terms' | 'servers' | 'why' | 'extends'>;

const sha256 = (value: unknown): string => createHash('sha256').update(JSON.stringify(value), 'utf8').digest('hex');

/** The same terms give the same value, however their members are ordered; arrays in this order have a canonical text. */
const plainTerms = ({ servers, level, minutes, users, window }: AccessTerms): unknown => [
  servers.name ?? null,
  Object.entries(servers.labels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  level,
  minutes,
  users ?? null,
  window === undefined ? null : [window.days, window.from, window.to, window.zone],
];

/** Whether two terms ask for the same. */
export const sameTerms = (a: AccessTerms, b: AccessTerms): boolean =>
  JSON.stringify(plainTerms(a)) === JSON.stringify(plainTerms(b));

/** SHA-256 in hex of what a row of a request displays. */
export const displayedDigest = ({ id, person, personName, terms, servers, why, extends: prolongs }: Displayed): string =>
  sha256(['sallyport-request-v1', id, person, personName, plainTerms(terms), servers, why, prolongs ?? null]);

/** SHA-256 in hex of that row approved with narrower terms: of both. Without narrower terms, the digest of the row itself. */
export const termsDigest = (digest: string, terms: AccessTerms | undefined): string =>
  terms === undefined ? digest : sha256(['sallyport-narrowed-v1', digest, plainTerms(terms)]);
