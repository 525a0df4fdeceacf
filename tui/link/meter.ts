// What a line carries, for the status line: bytes since it began, over every connection, and how many come in a second now.
import type { Socket } from 'node:net';

export type LineFigures = {
  /** Smoothed; undefined while the line is down. */
  readonly roundTripMs: number | undefined;
  /** Of the sockets, TLS and all connections of this link included; IP and TCP headers are not in it. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Bytes that came in per second, over the last 5 s. */
  readonly goodput: number;
};

/** What came by when: the rate over the last {@link goodputMs}. Pure; the time is an argument, ms. */
export type Rate = {
  /** `total` = bytes that have come in all. */
  readonly note: (total: number, now: number) => void;
  readonly perSecond: (total: number, now: number) => number;
};

export const goodputMs = 5_000;
/** Samples nearer together than this are one. */
const sampleMs = 100;

export function openRate(): Rate {
  /** Oldest first; the first may be older than the window, so that the window is always covered. */
  let samples: { readonly at: number; readonly total: number }[] = [];
  const forget = (now: number): void => {
    let gone = 0;
    while (gone + 1 < samples.length && (samples[gone + 1]?.at ?? now) <= now - goodputMs) gone += 1;
    if (gone > 0) samples = samples.slice(gone);
  };
  return {
    note: (total, now) => {
      const last = samples.at(-1);
      if (last !== undefined && now - last.at < sampleMs) return;
      samples.push({ at: now, total });
      forget(now);
    },
    perSecond: (total, now) => {
      forget(now);
      const first = samples[0];
      if (first === undefined) return 0;
      const idle = now - (samples.at(-1)?.at ?? now) >= goodputMs;
      return idle ? 0 : Math.max(0, Math.round(((total - first.total) * 1000) / Math.max(goodputMs, now - first.at)));
    },
  };
}

export type SocketBytes = { readonly in: number; readonly out: number };

/** Bytes of a socket as they are on the network. Of a TLS socket node counts what is inside; the socket beneath it is not in its types. */
export function socketBytes(socket: Socket): SocketBytes {
  const beneath = (socket as { readonly _handle?: { readonly _parent?: { bytesRead?: unknown; bytesWritten?: unknown } } | null })
    ._handle?._parent;
  if (typeof beneath?.bytesRead === 'number' && typeof beneath.bytesWritten === 'number')
    return { in: beneath.bytesRead, out: beneath.bytesWritten };
  return { in: socket.bytesRead, out: socket.bytesWritten };
}
