// What one viewer is shown, and how fast (D5, R8): bytes as they came while the line keeps up, otherwise paints of the newest picture at the
// pace of the line. No queue ever forms here: what does not fit is not kept, it is painted over later. Observers are always painted, cropped
// to their own terminal.
//
// A thin line costs by the packet: there the bytes of a moment go together, as long as they fit the credit; of a full-screen program, bytes or
// paint, whichever is smaller. What merely echoes keys that the client has drawn already waits longest for company (F6).
//
// A paint may begin at any place: neither the viewer's terminal nor the model was given part of a sequence or a character (the filter holds
// those back from both). Streaming begins again only where the filter holds nothing back.
// A picture too large for one frame comes in portions; all but the last say position 0, which no client can come back to.
import type { Clock } from '../ports.ts';
import type { Frame } from '../protocol/frames.ts';
import { isAlternate, type Screen } from '../screen/screen.ts';
import { openCredit } from './credit.ts';
import { portion } from './portion.ts';
import type { TrailRun } from './trail.ts';

/** Where frames go: the part of a Connection that a view needs. */
export type Outlet = {
  frame(frame: Frame): void;
  readonly bufferedBytes: number;
  readonly thin?: boolean;
  weigh?(frame: Frame): number;
};

/** What a view looks at; shared by all views of a session. */
export type Subject = {
  readonly version: number;
  readonly between: boolean;
  /** Output position of the picture. */
  position(): number;
  screen(): Screen;
};

/** Over this many bytes waiting in our own process for the network, nothing more is sent (R8: ≤ 1 MiB a viewer). */
export const mostBufferedBytes = 512 * 1024;
/** The first change after a pause waits this long for company, later ones until the interval has passed (LOWBAND §5.5). */
const leadMs = 2;
export const driverIntervalMs = 20;
/** Least time between frames when they have gone at the least time for a while. */
const sustainedMs = 33;
const sustainedAfter = 6;
/** So long an echo waits that the client has foreseen: after the last key, and in all while keys go on coming. */
export const companyMs = 250;
const mostCompanyMs = 1_000;
const mostForeseenBytes = 256;
/** Bytes that are not worth a second thought. */
const trifleBytes = 64;
/** A viewer whose terminal is ahead of the picture is left alone for so long; an agent that is away longer is worth an older picture. */
export const aheadMs = 20_000;
/** Nothing acknowledged for so long: the viewer is let go (LOWBAND §5.4). */
export const tooSlowAfterMs = 60_000;

const nothing = new Uint8Array();

export type View = {
  /** Before the model takes `length` bytes: a view without room for them gives up streaming while the picture is still the one it shows. */
  before(length: number): void;
  /** After it: `run` is what a streaming view sends. */
  after(run: TrailRun): void;
  /** The picture changed otherwise. `torn` = the viewer's terminal may show anything now (a resize). */
  changed(torn: boolean): void;
  /** Its viewer typed: the answer is waited for. `foreseen`: it shows these keys already. */
  keyed(foreseen: Uint8Array | undefined): void;
  /** Acknowledgement of payload bytes. False = of more than was sent. */
  seen(received: number): boolean;
  /** Bytes beside the stream (a clipboard write that was allowed). */
  aside(bytes: Uint8Array): void;
  /** Another part of the screen, or another size of the observer's terminal. */
  recrop(cut: (screen: Screen) => Screen): void;
  /** Least time between paints from now on, ms. */
  pace(intervalMs: number): void;
  /** Nothing is shown until `resume`, when a paint brings it up to date (a session that cannot be recorded shows nothing). */
  hold(): void;
  resume(): void;
  /** Output up to there is in what was sent. */
  readonly sentUpTo: number;
  /** What is not sent yet waits for company, and will go without anybody's doing. */
  readonly patient: boolean;
  /** All shown that there is. */
  readonly current: boolean;
  readonly mode: 'stream' | 'paint';
  readonly credit: number;
  close(): void;
};

export type ViewOptions = {
  readonly streams: boolean;
  /** Least time between paints, ms. */
  readonly intervalMs: number;
  readonly cut: (screen: Screen) => Screen;
  /** Asked once, when the first is sent: the runs that bring a viewer whose terminal is still right up to now. Without, it begins with a paint of everything. */
  readonly missed: (() => readonly TrailRun[] | undefined) | undefined;
  /**
   * Output position that the viewer's terminal shows rightly, beyond the picture's: a gateway that was killed had shown what was not yet on
   * disk, and the agent sends it again. Until then nothing is shown, so that no line stands there twice; not longer than {@link aheadMs}.
   */
  readonly ahead?: number | undefined;
  readonly tooSlow: () => void;
  /** A frame was sent. */
  readonly sent?: () => void;
};

export function openView(channel: number, outlet: Outlet, subject: Subject, clock: Clock, options: ViewOptions): View {
  const credit = openCredit(clock.mono());
  let cut = options.cut;
  let { intervalMs } = options;
  let mode: 'stream' | 'paint' = 'paint';
  let shown: Screen | undefined;
  let shownVersion = -1;
  let shownAt = 0;
  let nextRow = 0;
  let paintedAt = Number.NEGATIVE_INFINITY;
  let missed = options.missed;
  let ahead = options.ahead;
  let held = false;
  let closed = false;
  let cancel: (() => void) | undefined;

  /** Output since the last frame, while it is whole and fits; what the bytes of a moment are made of. */
  let gathered: TrailRun[] | undefined;
  let gatheredBytes = 0;
  let urgent = false;
  let streak = 0;
  /** Keys whose echo is awaited and drawn there already. */
  let foreseen: Uint8Array = nothing;
  /** Since when nothing but such echoes waits, and when the newest of them came. */
  let patientSince: number | undefined;
  let companyAt = 0;

  const send = (frame: Frame & { readonly bytes: Uint8Array }): void => {
    credit.sent(frame.bytes.length, clock.mono());
    outlet.frame(frame);
    options.sent?.();
  };
  const plan = (): void => {
    if (closed || held || cancel !== undefined || mode === 'stream') return;
    const now = clock.mono();
    const due =
      patientSince !== undefined
        ? Math.min(companyAt + companyMs, patientSince + mostCompanyMs)
        : urgent
          ? now
          : paintedAt + (streak >= sustainedAfter ? Math.max(sustainedMs, intervalMs) : intervalMs);
    cancel = clock.after(Math.max(leadMs, due - now), () => {
      cancel = undefined;
      pump();
    });
  };
  const planAnew = (): void => {
    cancel?.();
    cancel = undefined;
    plan();
  };
  /** A frame leaves: the next one waits its time. */
  const paced = (): void => {
    const now = clock.mono();
    streak = now - paintedAt < 2 * sustainedMs ? streak + 1 : 0;
    paintedAt = now;
    urgent = false;
    patientSince = undefined;
  };
  const stream = (run: TrailRun): void => {
    // What the filter swallowed whole still moves the position on, with the next bytes that do show.
    shownVersion = subject.version;
    shownAt = run.seq + run.span;
    send({ kind: 'stream', channel, seq: run.seq, span: run.span, bytes: run.bytes });
  };
  const gather = (run: TrailRun): void => {
    if (gathered === undefined) return;
    gatheredBytes += run.bytes.length;
    if (gatheredBytes > (streak >= sustainedAfter ? credit.window / 4 : credit.window)) gathered = undefined;
    else gathered.push(run);
  };
  const beginGathering = (): void => {
    gathered = options.streams && outlet.thin === true ? [] : undefined;
    gatheredBytes = 0;
  };
  /** What was gathered, as one run; undefined where only a paint will do. */
  const together = (): TrailRun | undefined => {
    const [first] = gathered ?? [];
    if (gathered === undefined || first === undefined || shown === undefined || first.seq !== shownAt) return undefined;
    if (credit.inFlight + gatheredBytes > credit.window) return undefined;
    return {
      seq: first.seq,
      span: subject.position() - first.seq,
      bytes: gathered.length === 1 ? first.bytes : Buffer.concat(gathered.map(({ bytes }) => bytes)),
    };
  };
  /** Bytes go straight through while everything shown is right, and at most a quarter of the window is owed. */
  const mayStream = (): boolean =>
    options.streams && outlet.thin !== true && subject.between && shown !== undefined && credit.inFlight <= credit.window / 4;
  const pump = (): void => {
    if (closed || held || mode === 'stream') return;
    if (ahead !== undefined && subject.position() < ahead) return;
    ahead = undefined;
    stopAhead();
    const runs = missed?.();
    missed = undefined;
    if (runs !== undefined) {
      const total = runs.reduce((sum, run) => sum + run.bytes.length, 0);
      if (total <= credit.window && subject.between) {
        mode = 'stream';
        for (const run of runs) stream(run);
        shownVersion = subject.version;
        shownAt = subject.position();
        return;
      }
    }
    if (shownVersion === subject.version && shown !== undefined) {
      if (mayStream()) startStream();
      patientSince = undefined;
      return;
    }
    // What is owed must fit twice, so that one paint travels while the one before is being drawn, and never more.
    if (credit.inFlight > credit.window / 2 || outlet.bufferedBytes > mostBufferedBytes) return;
    const keepsUp = mayStream() && subject.position() - shownAt <= credit.window / 8;
    const now = cut(subject.screen());
    const run = together();
    // Bytes leave a scrollback behind and a paint does not; a full-screen program has none.
    if (run !== undefined && (run.bytes.length <= trifleBytes || !isAlternate(now))) {
      shown = now;
      paced();
      stream(run);
      beginGathering();
      if (keepsUp) startStream();
      return;
    }
    const step = portion(shown, now, nextRow);
    const painting: Frame & { bytes: Uint8Array } = {
      kind: 'paint',
      channel,
      seq: step.whole ? subject.position() : 0,
      fresh: step.fresh,
      bytes: step.bytes,
    };
    shown = step.shown;
    nextRow = step.next;
    paced();
    if (run !== undefined && step.whole && weigh({ kind: 'stream', channel, ...run }) <= weigh(painting)) stream(run);
    else {
      if (step.whole) {
        shownAt = subject.position();
        shownVersion = subject.version;
      }
      send(painting);
    }
    if (step.whole) beginGathering();
    else gathered = undefined;
    if (!step.whole) plan();
    else if (keepsUp) startStream();
  };
  const weigh = (frame: Frame & { readonly bytes: Uint8Array }): number => outlet.weigh?.(frame) ?? frame.bytes.length;
  const startStream = (): void => {
    mode = 'stream';
    cancel?.();
    cancel = undefined;
    // The picture from here on is the model itself; a copy would only hold rows in memory.
    shown = undefined;
  };
  const fallBehind = (): void => {
    mode = 'paint';
    shown = shownVersion === subject.version ? cut(subject.screen()) : undefined;
    if (shown === undefined) gathered = undefined;
    else beginGathering();
    plan();
  };
  const watchdog = (): void => {
    stopWatch = clock.after(10_000, () => {
      if (closed) return;
      const since = credit.waitingSince;
      if (since !== undefined && clock.mono() - since >= tooSlowAfterMs) options.tooSlow();
      else watchdog();
    });
  };
  let stopWatch = (): void => {};
  watchdog();
  const stopAhead =
    ahead === undefined
      ? () => undefined
      : clock.after(aheadMs, () => {
          ahead = undefined;
          plan();
        });
  plan();

  return {
    before(length) {
      if (mode !== 'stream' || held) return;
      if (outlet.thin === true || credit.inFlight + length > credit.window || outlet.bufferedBytes > mostBufferedBytes)
        fallBehind();
    },
    after(run) {
      if (closed || held) return;
      if (mode === 'stream') return stream(run);
      gather(run);
      const { length } = run.bytes;
      const echo = length > 0 && length <= foreseen.length && Buffer.compare(run.bytes, foreseen.subarray(0, length)) === 0;
      foreseen = echo ? foreseen.subarray(length) : nothing;
      if (echo && (patientSince !== undefined || cancel === undefined)) {
        companyAt = clock.mono();
        patientSince ??= companyAt;
        planAnew();
      } else if (patientSince !== undefined) {
        patientSince = undefined;
        planAnew();
      } else if (urgent) planAnew();
      plan();
    },
    keyed(keys) {
      urgent = true;
      if (keys === undefined || !keys.every((byte) => byte >= 0x20 && byte !== 0x7f)) foreseen = nothing;
      else if (foreseen.length + keys.length <= mostForeseenBytes) foreseen = Buffer.concat([foreseen, keys]);
    },
    changed(torn) {
      if (closed) return;
      gathered = undefined;
      patientSince = undefined;
      if (torn) {
        mode = 'paint';
        shown = undefined;
        shownVersion = -1;
        missed = undefined;
        ahead = undefined;
      } else if (mode === 'stream') fallBehind();
      plan();
    },
    seen(received) {
      if (!credit.seen(received, clock.mono())) return false;
      plan();
      return true;
    },
    aside(bytes) {
      if (closed || !options.streams) return;
      const at = mode === 'stream' ? subject.position() : nextRow === 0 ? shownAt : 0;
      send({ kind: 'stream', channel, seq: at, span: 0, bytes });
    },
    pace(next) {
      intervalMs = next;
      // A picture that waits may wait less now.
      planAnew();
    },
    recrop(next) {
      cut = next;
      shownVersion = -1;
      plan();
    },
    hold() {
      if (held) return;
      if (mode === 'stream') fallBehind();
      held = true;
      gathered = undefined;
      cancel?.();
      cancel = undefined;
    },
    resume() {
      held = false;
      plan();
    },
    get patient() {
      return patientSince !== undefined;
    },
    get sentUpTo() {
      return shownVersion === subject.version ? subject.position() : shownAt;
    },
    get current() {
      return shownVersion === subject.version;
    },
    get mode() {
      return mode;
    },
    get credit() {
      return credit.window;
    },
    close() {
      closed = true;
      cancel?.();
      stopAhead();
      stopWatch();
    },
  };
}
