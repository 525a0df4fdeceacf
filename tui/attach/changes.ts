// Who came and went, as one line over the session: all that changed since the line appeared. Who goes and is back meanwhile, as happens while the
// keyboard changes hands, is no news, and a crowd does not push other lines away.
import type { ParticipantId } from '../../gateway/protocol/ids.ts';
import type { ParticipantRow } from '../../gateway/protocol/nouns.ts';
import { type Company, changeLine } from './company.ts';
import { type Notices, passingMs } from './notices.ts';
import { wordsText } from './strip.ts';

export type Changes = {
  /** The gateway tells who is here now, and what was said of it before; undefined = nothing: who is there counts as come. */
  readonly heard: (before: Company | undefined, now: Company, me: ParticipantId) => void;
};

export function openChanges(notices: Notices): Changes {
  let since: { readonly company: Company | undefined; readonly at: number; readonly text: string } | undefined;
  let seen: readonly ParticipantRow[] = [];
  return {
    heard: (before, now, me) => {
      const at = performance.now();
      if (since !== undefined && at - since.at >= passingMs) since = undefined;
      if (since === undefined) seen = [];
      const from = since === undefined ? before : since.company;
      const line = changeLine(from, now, me, seen);
      seen = [...seen, ...now.participants];
      const text = line === undefined ? '' : wordsText(line);
      if (text === (since?.text ?? '')) return;
      since = { company: from, at: since?.at ?? at, text };
      if (line === undefined) notices.drop('company');
      else notices.pass(line, { about: 'company' });
    },
  };
}
