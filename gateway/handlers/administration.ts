// What the administrative handlers share: who is on the events, and the names of their tables.
import type { By } from '../access/change.ts';
import type { Call } from './call.ts';

export const byOf = ({ caller, request }: Call): By => ({
  actor: { kind: 'person', id: caller.person.id, login: caller.login.id, device: caller.device.id },
  request,
});

export const workspace = { kind: 'workspace' } as const;
