// What is laid over a session: passing notices, words of a person, pages until a key, and lines that stay while something is the matter. Takes no
// input (B1): the person's own answers to their own questions are read elsewhere.

import type { Tone } from './banner.ts';
import type { Banner } from './glass.ts';
import { type Words, wordsText } from './strip.ts';

/** How long a notice stays, ms; help and facts stay until a key. */
export const passingMs = 6_000;
const pageMs = 60_000;
/** Words of a person stay until a key, but a hand that is typing has not read them yet. */
const leastReadMs = 2_000;
const mostReadMs = 10_000;
/** Passing lines shown at a time; the newest. */
const mostPassing = 3;

/** Higher places stand nearer to the session. */
const places = ['break-glass', 'session', 'ending', 'line', 'presence', 'question'] as const;
export type Place = (typeof places)[number];

export type Passing = {
  readonly tone?: Tone;
  readonly ms?: number;
  /** Takes the place of another about the same. */
  readonly about?: string;
};

export type Notices = {
  /** Shown for some seconds, above what stays. */
  readonly pass: (words: Words, how?: Passing) => void;
  /** What was about that is over. */
  readonly drop: (about: string) => void;
  /** What a person wrote: stays until a key or ten seconds. */
  readonly message: (words: Words) => void;
  /** Several lines until the next key. */
  readonly page: (lines: readonly Words[]) => void;
  /** A line that stays until it is undefined. */
  readonly stay: (place: Place, words: Words | undefined, tone?: Tone) => void;
  /** A key was typed: a page goes, and messages that were there long enough. True = a page was there. */
  readonly key: () => boolean;
  readonly close: () => void;
};

type Line = Banner['lines'][number];
type Shown = {
  readonly line: Line;
  readonly about: string | undefined;
  readonly message: boolean;
  readonly since: number;
  timer: NodeJS.Timeout;
};

export function openNotices(show: (banner: Banner | undefined) => void): Notices {
  let page: { readonly lines: readonly Line[]; readonly timer: NodeJS.Timeout } | undefined;
  let passing: readonly Shown[] = [];
  const staying = new Map<Place, Line>();
  let said = '[]';
  let closed = false;

  const put = (): void => {
    if (closed) return;
    const stays = places.flatMap((place) => staying.get(place) ?? []);
    const lines = [...(page?.lines ?? []), ...passing.map(({ line }) => line), ...stays];
    const now = JSON.stringify(lines);
    if (now === said) return;
    said = now;
    show(lines.length === 0 ? undefined : { lines });
  };
  const forget = (gone: (one: Shown) => boolean): void => {
    for (const one of passing) if (gone(one)) clearTimeout(one.timer);
    passing = passing.filter((one) => !gone(one));
  };
  const endPage = (): boolean => {
    if (page === undefined) return false;
    clearTimeout(page.timer);
    page = undefined;
    return true;
  };
  const add = (line: Line, ms: number, about: string | undefined, message: boolean): void => {
    const text = wordsText(line.words);
    forget((one) => (about !== undefined && one.about === about) || wordsText(one.line.words) === text);
    const oldest = passing.slice(0, Math.max(0, passing.length + 1 - mostPassing));
    forget((one) => oldest.includes(one));
    const timer = setTimeout(() => {
      forget((one) => one === shown);
      put();
    }, ms);
    const shown: Shown = { line, about, message, since: performance.now(), timer };
    passing = [...passing, shown];
    put();
  };
  return {
    pass: (words, { tone = 'plain', ms = passingMs, about } = {}) => add({ words, tone }, ms, about, false),
    drop: (about) => {
      forget((one) => one.about === about);
      put();
    },
    message: (words) => add({ words, tone: 'bad' }, mostReadMs, undefined, true),
    page: (lines) => {
      endPage();
      const timer = setTimeout(() => {
        endPage();
        put();
      }, pageMs);
      page = { lines: lines.map((words) => ({ words, tone: 'plain' })), timer };
      put();
    },
    stay: (place, words, tone = 'bad') => {
      if (words === undefined || wordsText(words) === '') staying.delete(place);
      else staying.set(place, { words, tone });
      put();
    },
    key: () => {
      const had = endPage();
      const now = performance.now();
      forget((one) => one.message && now - one.since >= leastReadMs);
      put();
      return had;
    },
    close: () => {
      closed = true;
      endPage();
      forget(() => true);
    },
  };
}
