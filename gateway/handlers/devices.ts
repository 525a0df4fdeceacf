import { refuse } from '../protocol/errors.ts';
import type { Handler } from './call.ts';

export const listLogin: Handler<'login.list'> = async () => refuse('bad-request', 'not built yet');
export const revokeLogin: Handler<'login.revoke'> = async () => refuse('bad-request', 'not built yet');
export const listDevice: Handler<'device.list'> = async () => refuse('bad-request', 'not built yet');
export const revokeDevice: Handler<'device.revoke'> = async () => refuse('bad-request', 'not built yet');
