// The ways the dashboard lends its terminal (attach-port.ts), as programs here. Wall and replay are loaded when they are wanted: blessed is not small.
import type { AttachPort } from '../attach-port.ts';
import { measureTerminal } from './measure.ts';
import { driveSession, watchSession } from './visit.ts';

export const attachPort: AttachPort = {
  measure: async (tty) => (await measureTerminal(tty)).profile,
  drive: driveSession,
  watch: watchSession,
  replay: async (tty, link, given) => {
    const { replayFetched } = await import('../wall/replay-fetched.ts');
    return replayFetched(tty, link, given);
  },
  wall: async (tty, link, sessions, how) => {
    const { showWall } = await import('../wall/wall.ts');
    return showWall(tty, link, sessions, how);
  },
};
