import { refuse } from '../protocol/errors.ts';
import type { Handler } from './call.ts';

export const resetFactor: Handler<'factor.reset'> = async () => refuse('bad-request', 'not built yet');
