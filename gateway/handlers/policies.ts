import { refuse } from '../protocol/errors.ts';
import type { Handler } from './call.ts';

export const listPolicy: Handler<'policy.list'> = async () => refuse('bad-request', 'not built yet');
export const checkPolicy: Handler<'policy.check'> = async () => refuse('bad-request', 'not built yet');
export const applyPolicy: Handler<'policy.apply'> = async () => refuse('bad-request', 'not built yet');
export const rollbackPolicy: Handler<'policy.rollback'> = async () => refuse('bad-request', 'not built yet');
export const trialPolicy: Handler<'policy.trial'> = async () => refuse('bad-request', 'not built yet');
export const testPolicy: Handler<'policy.test'> = async () => refuse('bad-request', 'not built yet');
