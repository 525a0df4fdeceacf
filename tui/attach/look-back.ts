// Looking back from the keyboard of a session (`~h`): its history covers the terminal, and every key is the page's from the very `h` on, so that nothing
// typed there reaches the program (B1).
import { type Problem, problemSentence } from '../../gateway/protocol/errors.ts';
import type { SessionRow, TerminalSize } from '../../gateway/protocol/nouns.ts';
import { type History, openHistory } from '../history/history.ts';
import type { Link } from '../link/link.ts';
import type { Colours } from '../parts/palette.ts';
import { bannerRows } from './banner.ts';
import type { Cover } from './cover.ts';
import type { Banner } from './glass.ts';
import type { Notices } from './notices.ts';

export type LookBackParts = {
  readonly cover: Cover;
  readonly link: Link;
  readonly session: SessionRow;
  readonly size: () => TerminalSize;
  readonly colours: Colours;
  readonly notices: () => Notices;
  readonly bell: () => void;
  /** What was typed behind the key that left the page. */
  readonly typedOn: (bytes: Uint8Array) => void;
  /** The page is gone: the session is to be drawn. */
  readonly back: () => void;
};

export type LookBack = {
  readonly open: () => boolean;
  readonly begin: () => void;
  readonly feed: (bytes: Uint8Array) => void;
  /** What the session says meanwhile stands over the page too. */
  readonly banner: (banner: Banner | undefined) => void;
  /** Another size, or a terminal that may show anything: true = the page was drawn. */
  readonly redraw: () => boolean;
  readonly end: () => void;
};

export function openLookBack(parts: LookBackParts): LookBack {
  const { cover, link, session, size, colours } = parts;
  let history: History | undefined;
  let banner: Banner | undefined;

  const end = (problem?: Problem): void => {
    history?.close();
    history = undefined;
    if (!cover.lift()) return;
    parts.back();
    if (problem !== undefined) parts.notices().pass(problemSentence(problem), { tone: 'bad' });
  };
  return {
    open: () => history !== undefined,
    begin: () => {
      if (history !== undefined) return;
      cover.lay();
      history = openHistory({
        link,
        session: () => session,
        size,
        over: () => (banner?.lines ?? []).flatMap(({ words, tone }) => bannerRows(words, size().cols, tone, colours)),
        draw: cover.draw,
        bell: parts.bell,
        leave: end,
        typedOn: parts.typedOn,
      });
    },
    feed: (bytes) => history?.feed(bytes),
    banner: (next) => {
      banner = next;
      history?.draw();
    },
    redraw: () => {
      if (history === undefined) return false;
      cover.torn();
      history.draw();
      return true;
    },
    end: () => end(),
  };
}
