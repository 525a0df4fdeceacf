import { refuse } from '../protocol/errors.ts';
import type { Handler } from './call.ts';

export const listAddress: Handler<'address.list'> = async () => refuse('bad-request', 'not built yet');
export const addAddress: Handler<'address.add'> = async () => refuse('bad-request', 'not built yet');
export const removeAddress: Handler<'address.remove'> = async () => refuse('bad-request', 'not built yet');
