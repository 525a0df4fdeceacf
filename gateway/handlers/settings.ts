import { refuse } from '../protocol/errors.ts';
import type { Handler } from './call.ts';

export const showSettings: Handler<'settings.show'> = async () => refuse('bad-request', 'not built yet');
export const setSettings: Handler<'settings.set'> = async () => refuse('bad-request', 'not built yet');
export const rollbackSettings: Handler<'settings.rollback'> = async () => refuse('bad-request', 'not built yet');
export const deleteWorkspace: Handler<'workspace.delete'> = async () => refuse('bad-request', 'not built yet');
