// Changes to servers: announced with a one-use enrolment, relabelled, removed.
import { fine, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import type { EnrolmentId, ServerId } from '../protocol/ids.ts';
import type { Labels } from '../protocol/nouns.ts';
import type { By, Change } from './change.ts';
import { enrolmentMaxMinutes } from './enrolment.ts';
import type { Server } from './server.ts';

const sameLabels = (a: Labels, b: Labels): boolean => {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
};

function named(servers: Readonly<Record<string, Server>>, name: string): Server | undefined {
  for (const id in servers) if (servers[id]?.name === name) return servers[id];
  return undefined;
}

/**
 * Announces a server. One by that name that never enrolled gets a new token, and the old ones go on until they expire: the first use spends them
 * all. One that has enrolled must be removed first: a second machine under its name could take in whoever trusts it (G6). Errors: exists.
 */
export const addServer =
  (
    by: By,
    given: {
      readonly enrolment: EnrolmentId;
      /** Used when there is none by that name. */
      readonly server: ServerId;
      readonly name: string;
      readonly labels: Labels;
      readonly tokenDigest: string;
      readonly minutes: number;
    },
  ): Change<{ readonly expiresAt: number; readonly server: ServerId }> =>
  ({ servers }, now) => {
    const had = named(servers, given.name);
    if (had?.key !== undefined) return { events: [], answer: refuse('exists', `${given.name} is enrolled; remove it first`) };
    const expiresAt = now + Math.min(Math.max(given.minutes, 1), enrolmentMaxMinutes) * 60_000;
    const server = had?.id ?? given.server;
    const { enrolment, name, labels, tokenDigest } = given;
    const about = { ...by, outcome: 'ok', target: server, personal: {} } as const;
    const events: NewEvent[] = [
      { ...about, type: 'enrolment.created', data: { enrolment, server, name, labels, tokenDigest, expiresAt } },
    ];
    if (had !== undefined && !sameLabels(had.labels, labels))
      events.push({ ...about, type: 'server.labels-set', data: { server, before: had.labels, after: labels } });
    return { events, answer: fine({ expiresAt, server }) };
  };

/** What is so already makes no event. Errors: not-found. */
export const labelServer =
  (by: By, given: { readonly server: ServerId; readonly labels: Labels }): Change<object> =>
  ({ servers }) => {
    const server = servers[given.server];
    if (server === undefined) return { events: [], answer: refuse('not-found') };
    if (sameLabels(server.labels, given.labels)) return { events: [], answer: fine({}) };
    return {
      events: [
        {
          ...by,
          type: 'server.labels-set',
          outcome: 'ok',
          target: server.id,
          data: { server: server.id, before: server.labels, after: given.labels },
          personal: {},
        },
      ],
      answer: fine({}),
    };
  };

/** Its id never comes back, so its agent's key opens nothing again (G6). Errors: not-found. */
export const removeServer =
  (by: By, given: { readonly server: ServerId; readonly why: string }): Change<object> =>
  ({ servers }) => {
    const server = servers[given.server];
    if (server === undefined) return { events: [], answer: refuse('not-found') };
    const data = { ...given, name: server.name, labels: { ...server.labels } };
    return {
      events: [{ ...by, type: 'server.removed', outcome: 'ok', target: server.id, data, personal: {} }],
      answer: fine({}),
    };
  };
