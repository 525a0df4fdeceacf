// Whether moderators are there (E3): each shows it with a key now and then, is called before their time is up, and leaves when it is. A line that
// went dead says nothing, so nobody is counted as present for longer than this.
import type { Clock } from '../ports.ts';
import type { Seat } from './seat.ts';

/** Before the end of the time, somebody is called so long ahead. */
const callMs = 15_000;

export type Watchfulness = {
  /** A moderator sat down: that counts as being there. */
  began(seat: Seat): void;
  /** A key. Gives for how long it serves, ms, and whether it is worth a record (one a quarter of the time). */
  proven(seat: Seat): { readonly forMs: number; readonly record: boolean };
  ended(seat: Seat): void;
  stop(): void;
};

export function openWatchfulness(clock: Clock, presenceMs: number, absent: (seat: Seat) => void): Watchfulness {
  type Row = { provenAt: number; recordedAt: number; callOff: () => void };
  const rows = new Map<Seat, Row>();

  const wait = (seat: Seat, row: Row): void => {
    row.callOff();
    row.callOff = clock.after(Math.max(0, presenceMs - callMs), () => {
      seat.notice('presence', `Are you there? Press a key within ${Math.ceil(Math.min(callMs, presenceMs) / 1000)} seconds.`);
      row.callOff = clock.after(Math.min(callMs, presenceMs), () => {
        rows.delete(seat);
        absent(seat);
      });
    });
  };
  return {
    began(seat) {
      const now = clock.mono();
      const row: Row = { provenAt: now, recordedAt: now, callOff: () => undefined };
      rows.set(seat, row);
      wait(seat, row);
    },
    proven(seat) {
      const row = rows.get(seat);
      const now = clock.mono();
      if (row === undefined) return { forMs: 0, record: false };
      row.provenAt = now;
      const record = now - row.recordedAt >= presenceMs / 4;
      if (record) row.recordedAt = now;
      wait(seat, row);
      return { forMs: presenceMs, record };
    },
    ended(seat) {
      rows.get(seat)?.callOff();
      rows.delete(seat);
    },
    stop() {
      for (const { callOff } of rows.values()) callOff();
      rows.clear();
    },
  };
}
