// How the trail is kept outside the gateway, asked once ('audit.trail'); follow-trail.ts tells of changes.
import { fine } from '../protocol/errors.ts';
import type { Handler } from './call.ts';

export const trailStatus: Handler<'audit.trail'> = async ({ parts, caller, request }) => {
  const allowed = await parts.enforcer.enforce(caller, 'audit.read', { kind: 'workspace' }, request);
  return allowed.ok ? fine({ status: parts.board.status() }) : allowed;
};
