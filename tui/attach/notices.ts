// What is laid over a session: passing notices for some seconds, and lines that stay while something is the matter. Takes no input (B1), save
// that the driver's own answers to its own questions are read elsewhere.

import type { Tone } from './banner.ts';
import type { Banner } from './glass.ts';

/** How long a notice stays, ms; help and facts stay until a key. */
const passingMs = 6_000;

export type Notices = {
  /** Shown for some seconds, above what stays. */
  readonly pass: (line: string, tone?: Tone) => void;
  /** Several lines until the next key. */
  readonly page: (lines: readonly string[]) => void;
  /** A line that stays until it is undefined. Higher places stand nearer to the session. */
  readonly stay: (place: 'line' | 'session' | 'question', line: string | undefined) => void;
  /** A key was typed: pages go. */
  readonly key: () => void;
  readonly close: () => void;
};

export function openNotices(show: (banner: Banner | undefined) => void): Notices {
  let passing: { readonly lines: readonly string[]; readonly tone: Tone; readonly page: boolean } | undefined;
  const staying: { line?: string; session?: string; question?: string } = {};
  let timer: NodeJS.Timeout | undefined;
  let said = '';

  const put = (): void => {
    const stays = [staying.session, staying.line, staying.question].filter((line) => line !== undefined);
    const lines = [...(passing?.lines ?? []), ...stays];
    const tone = stays.length > 0 ? 'bad' : (passing?.tone ?? 'plain');
    const now = `${tone}\n${lines.join('\n')}`;
    if (now === said) return;
    said = now;
    show(lines.length === 0 ? undefined : { lines, tone });
  };
  const pass = (next: typeof passing, ms: number): void => {
    clearTimeout(timer);
    passing = next;
    timer = setTimeout(() => {
      passing = undefined;
      put();
    }, ms);
    put();
  };
  return {
    pass: (line, tone = 'plain') => pass({ lines: [line], tone, page: false }, passingMs),
    page: (lines) => pass({ lines, tone: 'plain', page: true }, 10 * passingMs),
    stay: (place, line) => {
      if (line === undefined) delete staying[place];
      else staying[place] = line;
      put();
    },
    key: () => {
      if (passing?.page !== true) return;
      clearTimeout(timer);
      passing = undefined;
      put();
    },
    close: () => clearTimeout(timer),
  };
}
