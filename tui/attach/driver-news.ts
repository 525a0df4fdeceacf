// What the gateway tells the driver about their session: who comes and asks, what stops the keys and lets them go, what is about to happen. Said in
// lines over the session (B1: none takes input), and as gates for the keys.
import type { ParticipantId } from '../../gateway/protocol/ids.ts';
import type { SessionRow } from '../../gateway/protocol/nouns.ts';
import type { Push } from '../../gateway/protocol/operator.ts';
import { openChanges } from './changes.ts';
import { askingLine, type Company, companyOf, missingLine } from './company.ts';
import type { Notices } from './notices.ts';
import type { Words } from './strip.ts';

/** How long somebody's wish stands over the session, and the end that is announced, ms. */
const askedMs = 20_000;
const endingMs = 30_000;

/** What stops keys beside the line to the gateway. */
export type Stop = 'agent' | 'frozen';
export type News = Extract<Push, { readonly type: 'session.company' | 'session.notice' }>;

export type DriverNews = {
  readonly heard: (push: News) => void;
  readonly company: () => Company;
  /** The line was cut: what was the matter is said anew on return. */
  readonly forget: () => void;
  readonly back: (session: SessionRow, me: ParticipantId) => void;
  /** The end was put off. */
  readonly extended: () => void;
  readonly close: () => void;
};

export type Hears = {
  readonly stopped: (by: Stop) => void;
  readonly goesOn: (after: Stop) => void;
  /** The program wants to write to the clipboard. */
  readonly clipboard: () => void;
  /** Policies advise against the line that stands there; it waits for an answer (S43). */
  readonly advised: (text: string) => void;
};

export function openDriverNews(session: SessionRow, participant: ParticipantId, notices: Notices, hears: Hears): DriverNews {
  const changes = openChanges(notices);
  let me = participant;
  let company = companyOf(session);
  /** The gateway has said who is here, not only the row of the list. */
  let met = false;
  /** Why it takes no keys, as the gateway says it; pending = nothing runs yet. */
  let frozen: { readonly pending: boolean; readonly text: string } | undefined;
  let away: string | undefined;
  let ending: NodeJS.Timeout | undefined;

  const sayMatter = (): void => notices.stay('session', frozen === undefined ? away : frozenWords(frozen, company));
  const calmEnding = (): void => {
    clearTimeout(ending);
    notices.stay('ending', undefined);
  };
  const heardCompany = (now: Company): void => {
    const before = met ? company : undefined;
    const asked = before?.asking ?? [];
    met = true;
    company = now;
    changes.heard(before, now, me);
    const asking = askingLine(now);
    if (asking === undefined) notices.drop('asked');
    else if (now.asking.some((id) => !asked.includes(id))) notices.pass(asking, { ms: askedMs, about: 'asked' });
    sayMatter();
  };
  const heardNotice = ({ notice, text }: Extract<News, { type: 'session.notice' }>): void => {
    switch (notice) {
      case 'clipboard':
        return hears.clipboard();
      case 'advised':
        return hears.advised(text);
      case 'agent-away':
        away = text;
        hears.stopped('agent');
        return sayMatter();
      case 'frozen':
      case 'pending':
        frozen = { pending: notice === 'pending', text };
        hears.stopped('frozen');
        return sayMatter();
      case 'agent-back':
      case 'resumed': {
        const after = notice === 'resumed' ? 'frozen' : 'agent';
        const was = after === 'frozen' ? frozen : away;
        if (after === 'frozen') frozen = undefined;
        else away = undefined;
        sayMatter();
        // That a shell opens as it should is no news.
        if (was !== undefined) notices.pass(text);
        return hears.goesOn(after);
      }
      case 'watched':
      case 'unwatched':
        // The company says it with names and colours.
        return met ? undefined : notices.pass(text, { about: 'company' });
      case 'asked':
        return met ? undefined : notices.pass(`${text} · ~g gives it`, { ms: askedMs, about: 'asked' });
      case 'message':
        return notices.message(text);
      case 'ending-soon':
        clearTimeout(ending);
        ending = setTimeout(calmEnding, endingMs);
        return notices.stay('ending', `${text} · ~x for more time`);
      case 'break-glass':
        return notices.stay('break-glass', text, 'bad');
      case 'handed':
      case 'presence':
        // For peers, and for moderators.
        return undefined;
      default:
        return notice satisfies never;
    }
  };
  return {
    heard: (push) => (push.type === 'session.company' ? heardCompany(push) : heardNotice(push)),
    company: () => company,
    forget: () => {
      frozen = undefined;
      away = undefined;
      met = false;
      sayMatter();
    },
    back: (row, as) => {
      me = as;
      company = companyOf(row);
    },
    extended: calmEnding,
    close: () => clearTimeout(ending),
  };
}

/** A session that waits to begin names exactly who is missing (E2); otherwise the gateway's own words hold. */
function frozenWords({ pending, text }: { readonly pending: boolean; readonly text: string }, company: Company): Words {
  const missing = pending ? missingLine(company) : undefined;
  if (missing === undefined) return text;
  return [{ text: 'Nothing runs yet: ', look: 'bold' }, { text: `${missing} · they have been called · ~. leaves` }];
}
