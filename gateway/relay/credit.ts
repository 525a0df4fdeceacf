// How much one viewer may have under way (LOWBAND §5.3, D5): pure, the time is an argument (monotonic ms).
//
// window = clamp(1.25 × delivery rate × (least round trip + slack) + 1 KiB, 4 KiB, 256 KiB). The slack is the time a client may take to
// acknowledge and the emulator to draw; without it a good line, whose round trip is next to nothing, would never keep up with one burst.
// The rate is the best of the newest samples; a sample taken while there was little to send says nothing against the line.

export const leastWindowBytes = 4 * 1024;
export const mostWindowBytes = 256 * 1024;
/** Before anything is known: two seconds of the worst line we serve are too much, a shell prompt and a listing fit. */
export const firstWindowBytes = 8 * 1024;
/** Where the first acknowledgement came this fast, the line is good. */
const goodLineMs = 50;
const goodWindowBytes = 64 * 1024;
const slackMs = 40;
const sampleCount = 10;

export type Credit = {
  /** Bytes that may be under way. */
  readonly window: number;
  /** Bytes sent and not acknowledged. */
  readonly inFlight: number;
  readonly sentBytes: number;
  sent(bytes: number, now: number): void;
  /** Cumulative bytes the client has received. False = more than was ever sent: a lie. */
  seen(received: number, now: number): boolean;
  /** Since when nothing was acknowledged although something is under way; undefined = nothing is owed. */
  readonly waitingSince: number | undefined;
};

type Mark = {
  readonly size: number;
  readonly upTo: number;
  readonly at: number;
  /** Bytes acknowledged when it was sent, and when that acknowledgement came. */
  readonly acked: number;
  readonly ackedAt: number;
  readonly full: boolean;
};

export function openCredit(now: number): Credit {
  let window = firstWindowBytes;
  let sentBytes = 0;
  let acked = 0;
  let ackedAt = now;
  let leastTripMs = Number.POSITIVE_INFINITY;
  let waitingSince: number | undefined;
  let marks: Mark[] = [];
  /** Bytes a millisecond. */
  let samples: number[] = [];

  const sample = (rate: number, full: boolean): void => {
    const best = Math.max(0, ...samples);
    if (!full && rate <= best) return;
    samples = [...samples.slice(1 - sampleCount), rate];
  };
  const size = (): number => {
    const rate = Math.max(0, ...samples);
    const wanted = 1.25 * rate * (leastTripMs + slackMs) + 1024;
    return Math.round(Math.min(Math.max(wanted, leastWindowBytes), mostWindowBytes));
  };

  return {
    get window() {
      return window;
    },
    get inFlight() {
      return sentBytes - acked;
    },
    get sentBytes() {
      return sentBytes;
    },
    get waitingSince() {
      return waitingSince;
    },
    sent(bytes, at) {
      sentBytes += bytes;
      waitingSince ??= at;
      marks.push({
        size: bytes,
        upTo: sentBytes,
        at,
        acked,
        ackedAt: acked === sentBytes - bytes ? at : ackedAt,
        full: sentBytes - acked >= window / 2,
      });
    },
    seen(received, at) {
      if (received > sentBytes) return false;
      if (received <= acked) return true;
      const first = acked === 0;
      acked = received;
      ackedAt = at;
      waitingSince = acked === sentBytes ? undefined : at;
      let newest: Mark | undefined;
      let gone = 0;
      for (const mark of marks) {
        if (mark.upTo > received) break;
        newest = mark;
        gone += 1;
      }
      if (newest === undefined) return true;
      marks = marks.slice(gone);
      const tripMs = Math.max(1, at - newest.at);
      const rate = (received - newest.acked) / Math.max(1, at - newest.ackedAt);
      // A large run takes its time by itself: that is the rate, not the way.
      leastTripMs = Math.min(leastTripMs, Math.max(1, tripMs - (newest.full ? newest.size / rate : 0)));
      sample(rate, newest.full);
      if (first && tripMs <= goodLineMs) sample(goodWindowBytes / (1.25 * (leastTripMs + slackMs)), true);
      window = size();
      return true;
    },
  };
}
