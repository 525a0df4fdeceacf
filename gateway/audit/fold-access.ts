// What the events of access control do to the state: fold.ts calls this for them. Exhaustive by type.

import { noAttempts } from '../identity/person.ts';
import type { accessEvents } from '../protocol/access-events.ts';
import { defaultSettings } from '../protocol/access-nouns.ts';
import type { FoldedEvent } from './folded.ts';
import type { State } from './state.ts';
import { change, changePerson, put } from './table.ts';

/** Texts kept to go back to. */
const versionsKept = 20;
/** How long what is over stays to be listed, ms. */
const keptMs = 30 * 86_400_000;

export type AccessEvent = Extract<FoldedEvent, { readonly type: keyof typeof accessEvents }>;

const requestEnd = { expired: 'expired', withdrawn: 'withdrawn', removed: 'expired' } as const;

/** Puts into `state` what the event says; a row is replaced, never changed. */
export function foldAccess(state: State, event: AccessEvent): void {
  switch (event.type) {
    case 'policy.applied': {
      const { version, after, policies, by, why } = event.data;
      const made = { version, digest: after, policies, by, at: event.at, why };
      state.policy = followed(state.policy, made);
      return;
    }
    case 'policy.trial-set': {
      const { by, policies, digest } = event.data;
      const rest = state.policy ?? { before: [] };
      const { trial: _, ...without } = rest;
      state.policy =
        policies === undefined || digest === undefined
          ? without
          : { ...without, trial: { policies, digest, by, since: event.at } };
      return;
    }
    case 'settings.set': {
      const { version, after, by, why } = event.data;
      const made = { version, settings: after, by, at: event.at, why };
      state.settings = followed(state.settings, made);
      return;
    }
    case 'workspace.deletion-asked':
      state.deletion = { by: event.data.by, until: event.data.until, why: event.data.why };
      return;
    case 'workspace.deleted':
      state.deletion = { ...event.data, at: event.at, until: event.at };
      for (const login of Object.keys(state.logins)) delete state.logins[login];
      return;

    case 'request.made': {
      const { request, person, terms, servers, why, needs, expiresAt, digest, extends: prolongs } = event.data;
      for (const old of Object.values(state.requests))
        if (old.endedAt !== undefined && old.endedAt < event.at - keptMs) delete state.requests[old.id];
      put(state.requests, {
        id: request,
        person,
        terms,
        why,
        at: event.at,
        expiresAt,
        needs,
        digest,
        state: 'pending',
        approvals: [],
        ...(servers === undefined ? {} : { servers }),
        ...(prolongs === undefined ? {} : { extends: prolongs }),
      });
      return;
    }
    case 'request.approved': {
      const { request, by, terms } = event.data;
      change(state.requests, request, (row) => ({ ...row, approvals: [...row.approvals, { by, at: event.at, terms }] }));
      return;
    }
    case 'request.denied': {
      const { request, by, why } = event.data;
      change(state.requests, request, (row) => ({ ...row, state: 'denied' as const, by, because: why, endedAt: event.at }));
      return;
    }
    case 'request.ended': {
      const { request, cause } = event.data;
      change(state.requests, request, (row) => ({
        ...row,
        state: requestEnd[cause],
        endedAt: event.at,
      }));
      return;
    }
    case 'grant.made': {
      const { grant, request, person, terms, servers, until, by, why } = event.data;
      for (const old of Object.values(state.grants))
        if (old.ended !== undefined && old.ended.at < event.at - keptMs) delete state.grants[old.id];
      put(state.grants, {
        id: grant,
        person,
        terms,
        why,
        by,
        at: event.at,
        until,
        open: terms.window === undefined,
        ...(servers === undefined ? {} : { servers }),
        ...(request === undefined ? {} : { request }),
      });
      if (request !== undefined)
        change(state.requests, request, (row) => ({ ...row, state: 'approved' as const, grant, endedAt: event.at }));
      return;
    }
    case 'grant.extended': {
      const { grant, until, request } = event.data;
      change(state.grants, grant, (row) => ({ ...row, until, extended: (row.extended ?? 0) + 1 }));
      if (request !== undefined)
        change(state.requests, request, (row) => ({ ...row, state: 'approved' as const, grant, endedAt: event.at }));
      return;
    }
    case 'grant.turned':
      change(state.grants, event.data.grant, (row) => ({ ...row, open: event.data.open }));
      return;
    case 'grant.ended': {
      const { grant, cause, by, why } = event.data;
      const ended = { cause, at: event.at, ...(by === undefined ? {} : { by }), ...(why === undefined ? {} : { why }) };
      change(state.grants, grant, (row) => ({ ...row, ended }));
      return;
    }

    case 'device.revoked':
      delete state.devices[event.data.device];
      return;
    case 'factor.reset-asked': {
      const { person, by, until, why } = event.data;
      changePerson(state, person, (row) => ({ ...row, resetAsked: { by, until, why } }));
      return;
    }
    case 'factor.reset':
      changePerson(state, event.data.person, (row) => {
        const { resetAsked: _, addresses: __, ...rest } = row;
        return { ...rest, factor: undefined, enrolling: undefined, attempts: noAttempts };
      });
      // What the lost authenticator vouched for is new again: no shell before another one has (T23).
      for (const device of Object.values(state.devices))
        if (device.person === event.data.person) put(state.devices, { ...device, trustedAt: undefined });
      return;

    case 'address.added': {
      const { rule, cidr, effect, servers, note, by } = event.data;
      put(state.addresses, { id: rule, cidr, effect, note, by, at: event.at, ...(servers === undefined ? {} : { servers }) });
      return;
    }
    case 'address.removed':
      delete state.addresses[event.data.rule];
      return;

    case 'breakglass.sealed':
      state.sealed = [...event.data.digests];
      return;
    case 'breakglass.asked': {
      const { entrance, person, deviceKey, step, expiresAt, why, sealedDigest } = event.data;
      put(state.entrances, {
        id: entrance,
        person,
        why,
        machine: event.personal?.machine ?? '',
        address: event.personal?.address ?? '',
        deviceKey,
        at: event.at,
        expiresAt,
        ...(sealedDigest === undefined ? {} : { how: 'sealed' as const }),
      });
      if (sealedDigest !== undefined) state.sealed = (state.sealed ?? []).filter((digest) => digest !== sealedDigest);
      spend(state, person, step);
      return;
    }
    case 'breakglass.approved': {
      const { entrance, by } = event.data;
      change(state.entrances, entrance, (row) => ({ ...row, how: 'approved' as const, by }));
      return;
    }
    case 'breakglass.refused':
      if (event.data.entrance !== undefined)
        change(state.entrances, event.data.entrance, (row) => ({ ...row, overAt: row.overAt ?? event.at }));
      return;
    case 'breakglass.opened': {
      const { entrance, person, login, how, by, sealedDigest, step, until, why } = event.data;
      const before = state.entrances[entrance];
      put(state.entrances, {
        id: entrance,
        person,
        why,
        machine: before?.machine ?? event.personal?.machine ?? '',
        address: before?.address ?? event.personal?.address ?? '',
        deviceKey: before?.deviceKey ?? '',
        at: before?.at ?? event.at,
        expiresAt: before?.expiresAt ?? event.at,
        login,
        how,
        until,
        ...(by === undefined ? {} : { by }),
      });
      state.sealed = (state.sealed ?? []).filter((digest) => digest !== sealedDigest);
      if (step !== undefined) spend(state, person, step);
      change(state.logins, login, (row) => ({ ...row, breakGlass: entrance }));
      return;
    }
    case 'breakglass.over':
      change(state.entrances, event.data.entrance, (row) => ({ ...row, overAt: event.at }));
      return;
    case 'breakglass.reviewed': {
      const { entrance, by, finding } = event.data;
      change(state.entrances, entrance, (row) => ({ ...row, reviewed: { by, at: event.at, finding } }));
      return;
    }

    case 'campaign.started': {
      const { campaign, name, by, deadline, why, items } = event.data;
      const asked = items.map(({ item, person, group, grant }) => ({
        item,
        person,
        ...(group === undefined ? {} : { group }),
        ...(grant === undefined ? {} : { grant }),
      }));
      put(state.campaigns, { id: campaign, name, by, at: event.at, deadline, why, items: asked });
      return;
    }
    case 'campaign.answered': {
      const { campaign, item: answered, answer, by, why } = event.data;
      change(state.campaigns, campaign, (row) => ({
        ...row,
        items: row.items.map((item) =>
          item.item === answered ? { ...item, answer, why, answeredAt: event.at, ...(by === undefined ? {} : { by }) } : item,
        ),
      }));
      return;
    }
    case 'campaign.closed':
      change(state.campaigns, event.data.campaign, (row) => ({ ...row, closedAt: event.at, signature: event.data.signature }));
      return;
    default:
      event satisfies never;
  }
}

/** A newer version before those there were. */
const followed = <V>(had: { readonly current?: V; readonly before: readonly V[] } | undefined, current: V) => ({
  current,
  before: [...(had?.current === undefined ? [] : [had.current]), ...(had?.before ?? [])].slice(0, versionsKept),
});

/** A time step of an authenticator is good once (T10). */
function spend(state: State, person: AccessPerson, step: number): void {
  changePerson(state, person, (row) => ({
    ...row,
    factor: row.factor && { ...row.factor, lastStep: Math.max(row.factor.lastStep, step) },
  }));
}
type AccessPerson = Extract<AccessEvent, { readonly type: 'breakglass.asked' }>['data']['person'];

/** The settings in force. */
export const settingsOf = (state: Pick<State, 'settings'>) => state.settings?.current.settings ?? defaultSettings;
