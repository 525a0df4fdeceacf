import { refuse } from '../protocol/errors.ts';
import type { Handler } from './call.ts';

export const batchFactor: Handler<'factor.batch'> = async () => refuse('bad-request', 'not built yet');
