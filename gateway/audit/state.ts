// The state of a workspace: everything that must survive, and nothing that need not (presence, last-seen, metrics live in relay/).
// Plain JSON, so that its canonical digest can stand in the log (D2). Secrets are in the vault.

import type { Group } from '../access/group.ts';
import type { Lock } from '../access/lock.ts';
import type { Enrolment, Server } from '../access/server.ts';
import type { Device, Login } from '../identity/login.ts';
import type { Person } from '../identity/person.ts';
import type { Recording, Session } from '../session/session.ts';

/** Rows by id. Rows are values: a change replaces the row, so caches may compare by reference. */
export type Table<Row> = Record<string, Row>;

export type Workspace = {
  readonly chain: string;
  readonly gatewayKey: string;
  readonly caDigest: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly name: string;
};

export type State = {
  workspace: Workspace | undefined;
  readonly people: Table<Person>;
  readonly devices: Table<Device>;
  readonly logins: Table<Login>;
  readonly groups: Table<Group>;
  readonly servers: Table<Server>;
  readonly enrolments: Table<Enrolment>;
  readonly sessions: Table<Session>;
  readonly recordings: Table<Recording>;
  readonly locks: Table<Lock>;
  /** Counts every event that changed people, groups, servers, logins or factors: decision caches and lists are keyed by it. */
  accessVersion: number;
  /** Seq and hash of the last event folded; −1 before the first. */
  seq: number;
  hash: string;
};

const table = <Row>(): Table<Row> => Object.create(null);

export const emptyState = (): State => ({
  workspace: undefined,
  people: table(),
  devices: table(),
  logins: table(),
  groups: table(),
  servers: table(),
  enrolments: table(),
  sessions: table(),
  recordings: table(),
  locks: table(),
  accessVersion: 0,
  seq: -1,
  hash: '',
});

/** The rows of a table. */
export const rows = <Row>(of: Table<Row>): readonly Row[] => Object.values(of);
