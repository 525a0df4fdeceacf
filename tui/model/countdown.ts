// What of one's own runs out: the grant that ends first, and the break-glass that lasts. Minutes are told by the minute, the last ones by the second:
// an idle dashboard with a grant of hours writes nothing between its minutes.
import type { BreakGlassRow, GrantRow } from '../../gateway/protocol/access-nouns.ts';
import type { Model } from './model.ts';

/** From here on seconds are told, ms. */
const secondsFromMs = 15 * 60_000;

/** Of one's own that hold now, the one that ends first. */
export function firstToEnd({ lists, now }: Model): GrantRow | undefined {
  let first: GrantRow | undefined;
  for (const row of lists.grants.rows.values())
    if (row.mine && row.state === 'open' && row.until > now && (first === undefined || row.until < first.until)) first = row;
  return first;
}

export function countsInSeconds(model: Model): boolean {
  const grant = firstToEnd(model);
  return grant !== undefined && grant.until - model.now <= secondsFromMs;
}

/** Requests that wait for the one who looks. */
export const waitingForOne = ({ lists }: Model): number =>
  [...lists.requests.rows.values()].filter((row) => row.state === 'pending' && row.mayReview && !row.mine).length;

/** Who is in past the provider, as far as one knows, and until when: oneself first. */
export function glassBroken({ self, lists, now }: Model): readonly { readonly who: string; readonly until: number }[] {
  const own =
    self?.breakGlass === undefined || self.breakGlass.until <= now ? [] : [{ who: 'you', until: self.breakGlass.until }];
  const others = [...lists.breakglass.rows.values()].flatMap((row: BreakGlassRow) =>
    row.state === 'open' && row.until !== undefined && row.until > now && row.person !== self?.person
      ? [{ who: row.personName, until: row.until }]
      : [],
  );
  return [...own, ...others];
}
