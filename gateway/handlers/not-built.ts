// Requests of the trail whose handlers are being built.

import { refuse } from '../protocol/errors.ts';
import type { RequestType } from '../protocol/operator.ts';
import type { Handler } from './call.ts';

export const notBuilt =
  <T extends RequestType>(): Handler<T> =>
  async () =>
    refuse('bad-request', 'not built yet');
