// Windows on the servers, as they are asked for: what is typed is waited for a moment, so that a word is one question; one who scrolls has one
// question under way at a time. The newest wins, the others are never sent.
import type { ListWindow } from '../../gateway/protocol/operator.ts';
import type { Link } from '../link/link.ts';

export type Looks = { readonly look: (window: ListWindow) => void };

/** Between two letters, ms: the longer the line, the more a needless answer costs. */
const leastPauseMs = 20;
const mostPauseMs = 150;

export function openLooks(link: Pick<Link, 'request' | 'roundTripMs'>): Looks {
  let pending: ListWindow | undefined;
  let pause: NodeJS.Timeout | undefined;
  let underWay = false;
  let filter = '';

  const send = (): void => {
    pause = undefined;
    const window = pending;
    if (window === undefined) return;
    pending = undefined;
    filter = window.filter;
    underWay = true;
    // A line that is down asks for everything anew when it is back.
    void link.request('subscribe', { topic: 'servers', window }).then(() => {
      underWay = false;
      if (pause === undefined) send();
    });
  };
  return {
    look(window) {
      pending = window;
      if (window.filter !== filter) {
        clearTimeout(pause);
        pause = setTimeout(send, Math.min(mostPauseMs, Math.max(leastPauseMs, (link.roundTripMs() ?? 0) / 2)));
      } else if (!underWay && pause === undefined) send();
    },
  };
}
