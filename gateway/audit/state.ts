// The state of a workspace: everything that must survive, and nothing that need not (presence, last-seen, metrics live in relay/).
// Plain JSON, so that its canonical digest can stand in the log (D2). Secrets are in the vault.

import type { AddressRule } from '../access/address.ts';
import type { Campaign } from '../access/campaign.ts';
import type { Grant } from '../access/grant.ts';
import type { Group } from '../access/group.ts';
import type { Lock } from '../access/lock.ts';
import type { AccessRequest } from '../access/request.ts';
import type { Enrolment, Server } from '../access/server.ts';
import type { Entrance } from '../identity/entrance.ts';
import type { Device, Login } from '../identity/login.ts';
import type { Person } from '../identity/person.ts';
import type { WorkspaceSettings } from '../protocol/access-nouns.ts';
import type { HoldId, PersonId } from '../protocol/ids.ts';
import type { Instant } from '../protocol/nouns.ts';
import type { EpochCertificate } from '../protocol/trail-nouns.ts';
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

/** Policies that admins added, as applied once (S47). */
export type PolicyVersion = {
  readonly version: number;
  /** Of the whole set, the built-in ones included. */
  readonly digest: string;
  readonly policies: string;
  readonly by: PersonId;
  readonly at: Instant;
  readonly why: string;
};

export type SettingsVersion = {
  readonly version: number;
  readonly settings: WorkspaceSettings;
  readonly by: PersonId;
  readonly at: Instant;
  readonly why: string;
};

/** Keeps what fits its query from being purged. */
export type Hold = {
  readonly id: HoldId;
  readonly name: string;
  readonly query: string;
  readonly why: string;
  readonly by: PersonId;
  readonly at: Instant;
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
  readonly requests: Table<AccessRequest>;
  readonly grants: Table<Grant>;
  readonly addresses: Table<AddressRule>;
  readonly campaigns: Table<Campaign>;
  readonly entrances: Table<Entrance>;
  readonly holds: Table<Hold>;
  /** Absent = only the built-in policies. `before`: newest first. */
  policy?: {
    readonly current?: PolicyVersion;
    readonly before: readonly PolicyVersion[];
    readonly trial?: { readonly policies: string; readonly digest: string; readonly by: PersonId; readonly since: Instant };
  };
  /** Absent = as they come. */
  settings?: { readonly current: SettingsVersion; readonly before: readonly SettingsVersion[] };
  /** Digests of the sealed codes of break-glass that are left. */
  sealed?: readonly string[];
  /** Somebody asked to delete the workspace; `at` = it is deleted. */
  deletion?: {
    readonly by: PersonId;
    readonly until: Instant;
    readonly why: string;
    readonly with?: PersonId;
    readonly at?: Instant;
  };
  /** Keys of the epochs after the first, in order; absent = still the first. */
  epochs?: readonly EpochCertificate[];
  /** When the last of them began. */
  epochAt?: Instant;
  /** Since when no anchor has vouched for the log in time; absent = one does, or there is none. */
  staleSince?: Instant;
  /** Records up to this one were purged; absent = none. */
  purged?: number;
  /** What people were called who were removed and not erased, by id; absent = nobody. */
  departed?: Readonly<Record<string, string>>;
  /** What servers and groups were called that were removed while something was held, by id; absent = none. A hold by their name keeps what was of them. */
  gone?: Readonly<Record<string, string>>;
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
  requests: table(),
  grants: table(),
  addresses: table(),
  campaigns: table(),
  entrances: table(),
  holds: table(),
  accessVersion: 0,
  seq: -1,
  hash: '',
});

/** The rows of a table. */
export const rows = <Row>(of: Table<Row>): readonly Row[] => Object.values(of);
