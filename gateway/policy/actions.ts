// Every action a policy can speak about: what it is done to, and how fresh a second factor must be where a policy asks for one.
// A request of the protocol maps to exactly one (`actionOf`); one without a row does not compile (S23, T27).
import type { RequestType } from '../protocol/operator.ts';

/** none: never asked · window: a proof for this action and target from the last minutes serves again · always: each time (T18). */
export type Freshness = 'none' | 'window' | 'always';
export type TargetKind = 'workspace' | 'self' | 'server' | 'session' | 'recording' | 'person';

export const actions = {
  'self.manage': { target: 'self', freshness: 'none', windowMs: 0 },
  'server.see': { target: 'server', freshness: 'none', windowMs: 0 },
  /** A shell without anybody else present: where it is denied, moderators must be (E2). */
  'shell.alone': { target: 'server', freshness: 'none', windowMs: 0 },
  'server.request': { target: 'server', freshness: 'none', windowMs: 0 },
  'shell.open': { target: 'server', freshness: 'window', windowMs: 300_000 },
  'session.see': { target: 'session', freshness: 'none', windowMs: 0 },
  'session.attach': { target: 'session', freshness: 'window', windowMs: 300_000 },
  'session.watch': { target: 'session', freshness: 'window', windowMs: 28_800_000 },
  'session.kill': { target: 'session', freshness: 'window', windowMs: 300_000 },
  /** As a peer: sees, and may be handed the keyboard. */
  'session.join': { target: 'session', freshness: 'window', windowMs: 300_000 },
  'session.moderate': { target: 'session', freshness: 'window', windowMs: 300_000 },
  'session.take-over': { target: 'session', freshness: 'window', windowMs: 300_000 },
  'session.freeze': { target: 'session', freshness: 'none', windowMs: 0 },
  'session.message': { target: 'session', freshness: 'none', windowMs: 0 },
  'session.put-out': { target: 'session', freshness: 'none', windowMs: 0 },
  'session.extend': { target: 'session', freshness: 'window', windowMs: 300_000 },
  'session.mark': { target: 'session', freshness: 'none', windowMs: 0 },
  'session.share': { target: 'session', freshness: 'none', windowMs: 0 },
  /** Everything a live session has shown, from its first byte. */
  'session.history': { target: 'session', freshness: 'window', windowMs: 28_800_000 },
  'recording.see': { target: 'recording', freshness: 'none', windowMs: 0 },
  'recording.export': { target: 'recording', freshness: 'window', windowMs: 28_800_000 },
  'audit.read': { target: 'workspace', freshness: 'none', windowMs: 0 },
  'person.list': { target: 'workspace', freshness: 'none', windowMs: 0 },
  'group.list': { target: 'workspace', freshness: 'none', windowMs: 0 },
  'server.manage': { target: 'workspace', freshness: 'window', windowMs: 300_000 },
  'person.manage': { target: 'person', freshness: 'window', windowMs: 300_000 },
  'role.manage': { target: 'person', freshness: 'always', windowMs: 0 },
  'group.manage': { target: 'workspace', freshness: 'window', windowMs: 300_000 },
  'lock.see': { target: 'workspace', freshness: 'none', windowMs: 0 },
  'lock.manage': { target: 'workspace', freshness: 'window', windowMs: 300_000 },
  'policy.explain': { target: 'workspace', freshness: 'none', windowMs: 0 },
} as const satisfies Record<string, { readonly target: TargetKind; readonly freshness: Freshness; readonly windowMs: number }>;

export type Action = keyof typeof actions;

/** Which action a request is decided as. `none` = before sign-in; `each` = the handler decides row by row (lists), default deny. */
export const actionOf = {
  'login.start': 'none',
  'login.finish': 'none',
  'login.cancel': 'none',
  'login.resume': 'none',
  'self.show': 'self.manage',
  'login.end': 'self.manage',
  'factor.enroll': 'self.manage',
  'factor.confirm': 'self.manage',
  'factor.prove': 'self.manage',
  'factor.codes': 'self.manage',
  'server.list': 'each',
  'session.list': 'each',
  'session.show': 'session.see',
  'person.list': 'person.list',
  'group.list': 'group.list',
  'audit.page': 'audit.read',
  'audit.head': 'audit.read',
  subscribe: 'each',
  unsubscribe: 'self.manage',
  'session.open': 'shell.open',
  'session.attach': 'session.attach',
  'session.watch': 'session.watch',
  // Each role is an action of its own; the handler asks for the one that was asked for.
  'session.join': 'each',
  'session.ask': 'self.manage',
  'session.give': 'self.manage',
  'session.present': 'self.manage',
  'session.freeze': 'session.freeze',
  'session.put-out': 'session.put-out',
  'session.message': 'session.message',
  'session.extend': 'session.extend',
  'session.mark': 'session.mark',
  'session.share': 'session.share',
  'session.unshare': 'session.share',
  'lock.list': 'lock.see',
  'lock.add': 'lock.manage',
  'lock.remove': 'lock.manage',
  'session.resize': 'self.manage',
  'session.detach': 'self.manage',
  'session.kill': 'session.kill',
  'session.clipboard': 'self.manage',
  'session.history': 'session.history',
  'recording.list': 'each',
  'recording.export': 'recording.export',
  'server.add': 'server.manage',
  'server.set': 'server.manage',
  'server.remove': 'server.manage',
  'person.add': 'person.manage',
  'person.set': 'person.manage',
  'person.remove': 'person.manage',
  'group.add': 'group.manage',
  'group.set': 'group.manage',
  'group.remove': 'group.manage',
  'policy.explain': 'policy.explain',
} as const satisfies Record<RequestType, Action | 'none' | 'each'>;
