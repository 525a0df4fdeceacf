// Guessed echo over a session's screen: the engine with a clock, and a place on the glass. Off, it costs nothing.
import type { Screen } from '../../gateway/screen/screen.ts';
import type { Layer } from './glass.ts';
import { openPrediction, type PredictionFigures } from './prediction.ts';
import { type PredictMode, predictModes } from './prediction-trigger.ts';

/** What is chosen by name, on the command line first, then by SALLYPORT_PREDICT; adaptive where nothing known is. */
export function predictMode(env: NodeJS.ProcessEnv, chosen?: string): PredictMode {
  const named = (name: string | undefined): PredictMode | undefined => predictModes.find((mode) => mode === name);
  return named(chosen) ?? named(env['SALLYPORT_PREDICT']) ?? 'adaptive';
}

export type PredictionLayer = Layer & {
  /** Keys that were sent now, the first at `offset`. */
  readonly type: (offset: number, bytes: Uint8Array) => void;
  /** Guesses are shown at this pace of the line: then a key is drawn before it is sent, otherwise sending comes first. */
  readonly shows: () => boolean;
  /** Input between these offsets is drawn already. */
  readonly foresees: (from: number, to: number) => boolean;
  /** What input up to `offset` brings is in what was shown. */
  readonly ack: (offset: number) => void;
  /** The line was cut, or keys were thrown away. `had` = what the program is known to have had, where that is new. */
  readonly reset: (had?: number) => void;
  readonly figures: () => PredictionFigures;
  readonly close: () => void;
};

export type PredictionParts = {
  readonly mode: PredictMode;
  /** Input offset of the first key to come. */
  readonly start: number;
  readonly roundTripMs: () => number | undefined;
  readonly screen: () => Screen;
  /** Lays the layer anew: at once, or with whatever comes in this turn. */
  readonly refresh: (when: 'now' | 'soon') => void;
  /** ms, monotonic. */
  readonly now: () => number;
};

const off: PredictionLayer = {
  over: (screen) => screen,
  waits: () => false,
  type: () => undefined,
  shows: () => false,
  foresees: () => false,
  ack: () => undefined,
  reset: () => undefined,
  figures: () => ({ keys: 0, shown: 0, wrong: 0 }),
  close: () => undefined,
};

export function openPredictionLayer({ mode, start, roundTripMs, screen, refresh, now }: PredictionParts): PredictionLayer {
  if (mode === 'never') return off;
  const prediction = openPrediction(start, mode);
  let timer: NodeJS.Timeout | undefined;
  const plan = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const dueAt = prediction.dueAt();
    if (dueAt !== undefined) timer = setTimeout(() => refresh('now'), Math.max(1, Math.ceil(dueAt - now())));
  };
  return {
    over: (confirmed) => {
      prediction.pace(roundTripMs());
      const shown = prediction.look(confirmed, now());
      plan();
      return shown;
    },
    waits: prediction.waits,
    type: (offset, bytes) => {
      prediction.pace(roundTripMs());
      prediction.type(offset, bytes, screen(), now());
      refresh('now');
    },
    shows: prediction.shows,
    foresees: prediction.foresees,
    ack: (offset) => {
      prediction.ack(offset);
      if (prediction.waits()) refresh('soon');
    },
    reset: (had) => {
      prediction.reset(had);
      clearTimeout(timer);
      refresh('now');
    },
    figures: prediction.figures,
    close: () => clearTimeout(timer),
  };
}
