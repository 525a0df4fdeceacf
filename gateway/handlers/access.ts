import { refuse } from '../protocol/errors.ts';
import type { Handler } from './call.ts';

export const listAccess: Handler<'access.list'> = async () => refuse('bad-request', 'not built yet');
export const requestAccess: Handler<'access.request'> = async () => refuse('bad-request', 'not built yet');
export const approveAccess: Handler<'access.approve'> = async () => refuse('bad-request', 'not built yet');
export const denyAccess: Handler<'access.deny'> = async () => refuse('bad-request', 'not built yet');
export const withdrawAccess: Handler<'access.withdraw'> = async () => refuse('bad-request', 'not built yet');
export const extendGrant: Handler<'grant.extend'> = async () => refuse('bad-request', 'not built yet');
export const revokeGrant: Handler<'grant.revoke'> = async () => refuse('bad-request', 'not built yet');
