// The sentences of access control: tell.ts asks here. Exhaustive by type.
import type { AccessTerms } from '../protocol/access-nouns.ts';
import type { Selector } from '../protocol/nouns.ts';
import { windowWords } from '../protocol/window-words.ts';
import type { AccessEvent } from './fold-access.ts';
import type { Names } from './names.ts';

const because = (why: string | undefined): string => (why === undefined || why === '' ? '' : `: ${why}`);

/** A selector in a few words. */
export const serversWords = ({ name, labels }: Selector): string =>
  [...(name === undefined ? [] : [name]), ...Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`)].join(' ') ||
  'every server';

/** Terms in a few words. */
export const termsWords = ({ servers, level, minutes, window }: AccessTerms): string =>
  `${level} on ${serversWords(servers)} for ${minutes} min${window === undefined ? '' : ` (${windowWords(window)})`}`;

const listed = (ids: readonly string[], names: Names): string => ids.map(names.person).join(' and ') || 'nobody';

/** What happened, in one sentence without its final stop. */
export function accessSentence(event: AccessEvent, who: string, names: Names): string {
  switch (event.type) {
    case 'policy.applied': {
      const { version, added, changed, removed, rollbackTo, why } = event.data;
      const how =
        rollbackTo === undefined
          ? `applied version ${version} of the policies`
          : `went back to version ${rollbackTo} of the policies (now ${version})`;
      return `${who} ${how}: ${added.length} added, ${changed.length} changed, ${removed.length} removed${because(why)}`;
    }
    case 'policy.trial-set':
      return `${who} ${event.data.policies === undefined ? 'ended the trial of policies' : 'put policies on trial'}`;
    case 'settings.set': {
      const { before, after, rollbackTo, why } = event.data;
      const changes = Object.keys(after).filter(
        (key) => JSON.stringify(Reflect.get(before, key)) !== JSON.stringify(Reflect.get(after, key)),
      );
      return `${who} ${rollbackTo === undefined ? 'set' : `went back to version ${rollbackTo} of the settings:`} ${changes.join(', ')}${because(why)}`;
    }
    case 'workspace.deletion-asked':
      return `${who} asked to delete the workspace${because(event.data.why)}`;
    case 'workspace.deleted':
      return `${names.person(event.data.with)} and ${names.person(event.data.by)} deleted the workspace${because(event.data.why)}`;
    case 'request.made':
      return `${names.person(event.data.person)} asked for ${termsWords(event.data.terms)}${because(event.data.why)}`;
    case 'request.approved':
      return `${who} approved ${names.any(event.data.request)}: ${termsWords(event.data.terms)}${because(event.data.why)}`;
    case 'request.denied':
      return `${who} denied ${names.any(event.data.request)}${because(event.data.why)}`;
    case 'request.ended':
      return `${names.any(event.data.request)} ${event.data.cause === 'withdrawn' ? 'was withdrawn' : event.data.cause === 'expired' ? 'expired' : 'is over'}`;
    case 'grant.made': {
      const { person, terms, by, why } = event.data;
      return `${names.person(person)} has ${termsWords(terms)}, approved by ${listed(by, names)}${because(why)}`;
    }
    case 'grant.extended':
      return `${names.any(event.data.grant)} was prolonged to ${new Date(event.data.until).toISOString()}${because(event.data.why)}`;
    case 'grant.turned':
      return `${names.any(event.data.grant)} ${event.data.open ? 'opened' : 'shut'} by its hours`;
    case 'grant.ended': {
      const { grant, cause, by, why } = event.data;
      if (cause === 'expired') return `${names.any(grant)} expired`;
      if (cause === 'review') return `${names.any(grant)} ended by an access review${because(why)}`;
      return `${by === undefined ? who : names.person(by)} ended ${names.any(grant)}${because(why)}`;
    }
    case 'device.revoked':
      return `${who} took away a device of ${names.person(event.data.person)}${because(event.data.why)}`;
    case 'factor.reset-asked':
      return `${who} asked to take the authenticator of ${names.person(event.data.person)}; a second person must${because(event.data.why)}`;
    case 'factor.reset': {
      const { person, by, with: other, why } = event.data;
      return `${names.person(other)} and ${names.person(by)} took away the authenticator of ${names.person(person)}${because(why)}`;
    }
    case 'address.added': {
      const { cidr, effect, servers, note, forced } = event.data;
      const where = servers === undefined ? '' : ` for ${serversWords(servers)}`;
      return `${who} ${effect === 'allow' ? 'allowed' : 'denied'} addresses ${cidr}${where}${forced ? ', being outside themselves' : ''}${because(note)}`;
    }
    case 'address.removed':
      return `${who} took away the rule for addresses ${event.data.cidr}${because(event.data.why)}`;
    case 'breakglass.sealed':
      return `${who} made ${event.data.digests.length} sealed codes for break-glass; earlier ones are dead`;
    case 'breakglass.asked':
      return `${names.person(event.data.person)} breaks the glass ${event.data.sealedDigest === undefined ? 'and waits for a second person' : 'with a sealed code'}${because(event.data.why)}`;
    case 'breakglass.approved':
      return `${who} lets ${names.any(event.data.entrance)} in${because(event.data.why)}`;
    case 'breakglass.refused':
      return `a break-glass${event.data.person === undefined ? '' : ` of ${names.person(event.data.person)}`} was refused: ${event.data.cause}`;
    case 'breakglass.opened': {
      const { person, how, by, why } = event.data;
      const by2 = how === 'sealed' ? 'with a sealed code' : `let in by ${by === undefined ? 'somebody' : names.person(by)}`;
      return `${names.person(person)} broke the glass, ${by2}${because(why)}`;
    }
    case 'breakglass.over':
      return `${names.any(event.data.entrance)} is over`;
    case 'breakglass.reviewed':
      return `${who} reviewed ${names.any(event.data.entrance)}${because(event.data.finding)}`;
    case 'campaign.started':
      return `${who} started the access review ${event.data.name} of ${event.data.items.length} rights${because(event.data.why)}`;
    case 'campaign.answered': {
      const { campaign, answer, by, why } = event.data;
      const done = `a right was ${answer === 'keep' ? 'kept' : 'revoked'} in ${names.any(campaign)}${because(why)}`;
      if (by === undefined) return done;
      return `${names.person(by)} ${answer === 'keep' ? 'kept' : 'revoked'} a right in ${names.any(campaign)}${because(why)}`;
    }
    case 'campaign.closed':
      return `the access review ${names.any(event.data.campaign)} closed: ${event.data.kept} kept, ${event.data.revoked} revoked, ${event.data.unanswered} of them for want of an answer`;
    default:
      return event satisfies never;
  }
}
