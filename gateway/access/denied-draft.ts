// A rule drafted from denials that look alike (S80): Cedar text that would have opened them, as narrow as what they have in common allows, and a comment
// that says how much wider it is than what was asked for. Pure: it drafts; whoever reads it decides, and `policy apply` checks it.
//
// Only a permit is drafted: what a policy forbids stays forbidden whatever else permits it, so for that there is no rule, and it says so.
import { digestOf } from '../identity/digest.ts';
import { type Role, roles } from '../protocol/nouns.ts';
import type { DeniedGroup, DeniedPerson, DeniedPlace, DeniedThing } from './denied.ts';
import { levelRank } from './standing.ts';

/** Everybody and every server there is, as policies see them: against what the reach of a rule is measured. */
export type Fleet = { readonly people: readonly DeniedPerson[]; readonly servers: readonly DeniedPlace[] };

/** Actions that open a shell: a permit for one says the level. */
const shells: Readonly<Record<string, true>> = {
  'shell.open': true,
  'session.attach': true,
  'session.join': true,
  'session.take-over': true,
};
/** What makes a thing visible: one acts on nothing that one does not see. */
const sights: Readonly<Record<string, string>> = { server: 'server.see', session: 'session.see', recording: 'recording.see' };

const mostNamed = 8;
const mostLabels = 8;

/** The text, ready to be read and applied; only a comment where no rule would help. At most 4,096 characters. */
export function draftRule(group: DeniedGroup, fleet: Fleet): string {
  const people = [...group.people.values()];
  const things = [...group.targets.values()].map(({ thing }) => thing);
  const said = story(group);
  const thing = things[0] ?? ({ kind: 'workspace' } as const);
  if (group.closedBy.length > 0)
    return comment([
      ...said,
      `No rule opens this: it is forbidden by ${group.closedBy.join(', ')}, and a forbid wins over every permit.`,
    ]);
  if (!group.open) return comment([...said, 'By now it is allowed, or what it was about is gone: nothing is missing.']);
  if (thing.kind === 'nothing') return comment([...said, 'There was no such thing: no rule opens it.']);

  const who = scopeOf(people, fleet);
  const where = conditionsOf(thing, things, fleet);
  const sight = sights[thing.kind];
  const acted = group.hidden && sight !== undefined && sight !== group.action ? [sight, group.action] : [group.action];
  const level = shells[group.action] === true ? `@level("${levelOf(things)}")\n` : '';
  const id = `drafted-${digestOf(JSON.stringify([acted, who.scope, who.when, where.type, where.when])).slice(0, 8)}`;
  const when = [...who.when, ...where.when];
  const notes = [
    ...said,
    ...reach(people, who.fits, things, where.fits),
    'Read it before you apply it; for once, a request is enough.',
  ];
  const head = `@id("${id}")\n${level}permit (\n  ${who.scope},\n  ${actionScope(acted)},\n  resource${where.type}\n)`;
  const tail = when.length === 0 ? ';' : `\nwhen\n{\n  ${when.join(' &&\n  ')}\n};`;
  return `${comment(notes)}\n${head}${tail}\n`;
}

const actionScope = (acted: readonly string[]): string =>
  acted.length === 1
    ? `action == Action::"${acted[0]}"`
    : `action in [${acted.map((action) => `Action::"${action}"`).join(', ')}]`;

/** Each line of a comment of its own; nothing in it can end the comment or the paragraph. */
const comment = (lines: readonly string[]): string =>
  lines.map((line) => `// ${line.replace(/[^\x20-\x7e]/g, '?')}`.slice(0, 256)).join('\n');

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
const named = (names: readonly string[]): string =>
  names.slice(0, mostNamed).join(', ') + (names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '');

function story({ action, count, firstAt, lastAt, people, targets }: DeniedGroup): readonly string[] {
  const who = named([...people.values()].map(({ name }) => name));
  const what = named([...targets.values()].map(({ name }) => name));
  const dates = day(firstAt) === day(lastAt) ? `on ${day(firstAt)}` : `from ${day(firstAt)} to ${day(lastAt)}`;
  return [
    `Drafted from ${plural(count, 'denial', 'denials')} of ${action} ${dates}.`,
    `To ${who || 'nobody who is still here'}${what === '' ? '' : `; about ${what}`}.`,
  ];
}

function reach(
  people: readonly DeniedPerson[],
  fits: number,
  things: readonly DeniedThing[],
  on: number | undefined,
): readonly string[] {
  const lines = [`It speaks of ${plural(fits, 'person', 'people')}; ${people.length} asked.`];
  if (on !== undefined) lines.push(`It speaks of ${plural(on, 'server', 'servers')} of now; ${things.length} were asked about.`);
  return lines;
}

type Scope = { readonly scope: string; readonly when: readonly string[]; readonly fits: number };

/** The smallest group they are all in; else their role, or roles. */
function scopeOf(people: readonly DeniedPerson[], fleet: Fleet): Scope {
  const shared = (people[0]?.groups ?? []).filter((name) => people.every(({ groups }) => groups.includes(name)));
  const sized = shared
    .map((name) => ({ name, size: fleet.people.filter(({ groups }) => groups.includes(name)).length }))
    .toSorted((a, b) => a.size - b.size || (a.name < b.name ? -1 : 1));
  const group = sized[0];
  if (group !== undefined) return { scope: `principal in Group::"${group.name}"`, when: [], fits: group.size };
  const had = roles.filter((role) => people.some((person) => person.role === role));
  const fits = fleet.people.filter(({ role }) => had.includes(role)).length;
  const [only] = had;
  if (had.length === 1 && only !== undefined) return { scope: `principal in Role::"${only}"`, when: [], fits };
  const either = had.map((role: Role) => `principal in Role::"${role}"`).join(' || ');
  return { scope: 'principal', when: [`(${either || 'false'})`], fits };
}

type Where = { readonly type: string; readonly when: readonly string[]; readonly fits: number | undefined };

function conditionsOf(thing: DeniedThing, things: readonly DeniedThing[], fleet: Fleet): Where {
  switch (thing.kind) {
    case 'nothing':
    case 'workspace':
      return { type: ' is Workspace', when: [], fits: undefined };
    case 'self':
      return { type: '', when: ['resource == principal'], fits: undefined };
    case 'person':
      return {
        type: ' is Person',
        when: [`resource.role == "${thing.role}"`, `resource ${thing.own ? '==' : '!='} principal`],
        fits: undefined,
      };
    case 'server': {
      const placed = placedBy(things, fleet);
      return { type: '', when: placed.when, fits: placed.fits };
    }
    case 'session': {
      const placed = placedBy(things, fleet);
      return {
        type: '',
        when: [part('driver', thing.own), `resource.level == "${thing.level}"`, ...placed.when],
        fits: placed.fits,
      };
    }
    case 'recording': {
      const placed = placedBy(things, fleet);
      return { type: '', when: [part('driver', thing.own), ...placed.when], fits: placed.fits };
    }
    case 'request':
    case 'grant': {
      const of = part(thing.kind === 'request' ? 'requester' : 'holder', thing.own);
      return { type: '', when: [of, `resource.level == "${thing.level}"`, `resource.tier == "${thing.tier}"`], fits: undefined };
    }
    default:
      return thing satisfies never;
  }
}

const part = (who: string, own: boolean): string => `resource.${who} ${own ? '==' : '!='} principal`;

type Condition = { readonly text: string; readonly holds: (place: DeniedPlace) => boolean };

/** The tier always: it is what a server of tomorrow must not slip past. Then whatever of groups and labels makes the choice smaller, the narrowest first. */
function placedBy(things: readonly DeniedThing[], fleet: Fleet): { readonly when: readonly string[]; readonly fits: number } {
  const places = things.flatMap((thing) => ('tier' in thing && 'labels' in thing ? [thing] : []));
  const [first] = places;
  if (first === undefined) return { when: [], fits: fleet.servers.length };
  const tier: Condition = { text: `resource.tier == "${first.tier}"`, holds: (place) => place.tier === first.tier };
  const inGroups = first.groups
    .filter((name) => places.every(({ groups }) => groups.includes(name)))
    .map((name): Condition => ({ text: `resource in Group::"${name}"`, holds: ({ groups }) => groups.includes(name) }));
  const labelled = Object.entries(first.labels)
    .filter(([key, value]) => places.every(({ labels }) => labels[key] === value))
    .map(
      ([key, value]): Condition => ({
        text: `resource.hasTag("${key}") && resource.getTag("${key}") == "${value}"`,
        holds: ({ labels }) => labels[key] === value,
      }),
    );
  const taken = [tier];
  let fitting = fleet.servers.filter(tier.holds);
  const left = [...inGroups, ...labelled];
  while (left.length > 0 && taken.length <= mostLabels) {
    const best = left
      .map((condition) => ({ condition, fits: fitting.filter(condition.holds) }))
      .reduce((a, b) => (b.fits.length < a.fits.length ? b : a));
    // One at least, whatever servers there are today: a tier alone would take in every one of tomorrow.
    if (best.fits.length >= fitting.length && taken.length > 1) break;
    fitting = best.fits;
    taken.push(best.condition);
    left.splice(left.indexOf(best.condition), 1);
  }
  return { when: taken.map(({ text }) => text), fits: fitting.length };
}

/** The level that the shells concerned take: that of the sessions, else the least there is. */
const levelOf = (things: readonly DeniedThing[]): string =>
  things.reduce<'terminal' | 'full'>(
    (best, thing) => (thing.kind === 'session' && levelRank(thing.level) > levelRank(best) ? 'full' : best),
    'terminal',
  );
