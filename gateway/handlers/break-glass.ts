import { refuse } from '../protocol/errors.ts';
import type { Handler, OpenHandler } from './call.ts';

export const startBreakGlass: OpenHandler<'breakglass.start'> = async () => refuse('bad-request', 'not built yet');
export const finishBreakGlass: OpenHandler<'breakglass.finish'> = async () => refuse('bad-request', 'not built yet');
export const listBreakGlass: Handler<'breakglass.list'> = async () => refuse('bad-request', 'not built yet');
export const sealBreakGlass: Handler<'breakglass.seal'> = async () => refuse('bad-request', 'not built yet');
export const approveBreakGlass: Handler<'breakglass.approve'> = async () => refuse('bad-request', 'not built yet');
export const reviewBreakGlass: Handler<'breakglass.review'> = async () => refuse('bad-request', 'not built yet');
