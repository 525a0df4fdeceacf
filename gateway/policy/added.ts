// Policies that admins add, read and judged before anything is done with them (S47, D3): each must parse, fit the schema, and be one that more proof
// never turns to a denial. What we do not know is refused, never ignored (A6). Pure.
import { roles } from '../protocol/nouns.ts';
import { type Action, actions } from './actions.ts';
import { misfits, type PolicyProblem, type PolicyText, paragraphsOf, readPolicy } from './cedar.ts';
import { expressionsOf, partsOf } from './expression.ts';
import { turnedByProof } from './polarity.ts';
import { annotationFault, holdsFor, type Policies, policySchema } from './policies.ts';

export type ReadPolicies = { readonly policies: readonly PolicyText[]; readonly problems: readonly PolicyProblem[] };

/** Most policies that admins may add. */
const most = 400;
/** Longest single policy with its comment: it travels whole. */
const longest = 4_000;
const problemsTold = 20;

const goodId = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** Entities of which policies only ever see one that has no name of its own. */
const nameless: ReadonlySet<string> = new Set(['Workspace', 'Server', 'Session', 'Recording', 'Request', 'Grant']);

/** Where an annotation that counts means something: the action it must be about, and the effect it must have. */
const counts: Readonly<Record<string, { readonly action: Action; readonly says: string }>> = {
  moderators: { action: 'shell.alone', says: 'a forbid about shell.alone' },
  approvals: { action: 'grant.single', says: 'a forbid about grant.single' },
  advice: { action: 'command.type', says: 'a forbid about command.type' },
};

/** So many are held against the schema at once: a few milliseconds. */
const atOnce = 8;

/** `base`: the built-in policies, which none may replace. Step by step, since a long text takes a good part of a second. */
export function* readingAdded(text: string, base: Policies): Generator<void, ReadPolicies> {
  const policies: PolicyText[] = [];
  const problems: PolicyProblem[] = [];
  const ids = new Set<string>();
  const paragraphs = paragraphsOf(text);
  if (paragraphs.length > most) return { policies: [], problems: [{ policy: undefined, message: `more than ${most} policies` }] };
  for (const [at, paragraph] of paragraphs.entries()) {
    yield;
    const read: ReturnType<typeof readPolicy> =
      paragraph.length > longest ? { policy: undefined, message: `longer than ${longest} characters` } : readPolicy(paragraph);
    if ('message' in read) {
      problems.push({ policy: undefined, message: `policy ${at + 1} (${firstLine(paragraph)}): ${read.message}` });
      continue;
    }
    for (const message of faultsOf(read, ids, base)) problems.push({ policy: read.id, message });
    ids.add(read.id);
    policies.push(read);
  }
  if (problems.length === 0)
    for (let from = 0; from < policies.length; from += atOnce) {
      yield;
      problems.push(...misfits(policySchema(), policies.slice(from, from + atOnce)));
    }
  return { policies, problems: problems.slice(0, problemsTold) };
}

/** The same without stopping in between. */
export function readAdded(text: string, base: Policies): ReadPolicies {
  const steps = readingAdded(text, base);
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

/** How many policies stand in a text. */
export const countAdded = (text: string): number => paragraphsOf(text).length;

const firstLine = (text: string): string =>
  (text.split('\n').find((line) => !line.trimStart().startsWith('//')) ?? '').slice(0, 48);

function* faultsOf(policy: PolicyText, ids: ReadonlySet<string>, base: Policies): Generator<string> {
  const { id, annotations, parsed } = policy;
  if (!goodId.test(id)) yield 'an @id is 1 to 64 of a-z 0-9 -';
  if (ids.has(id)) yield 'two policies have this @id';
  if (base.byId.has(id) && !base.added.has(id)) yield 'this is the @id of a built-in policy, which stays';
  const annotation = annotationFault(policy);
  if (annotation !== undefined) yield annotation;
  for (const [name, { action, says }] of Object.entries(counts))
    if (annotations[name] !== undefined && (parsed.effect !== 'forbid' || parsed.actions === 'all' || !holdsFor(policy, action)))
      yield `@${name} means something only on ${says}`;
  if (annotations['level'] !== undefined && parsed.effect !== 'permit') yield '@level means something only on a permit';
  if (parsed.actions !== 'all')
    for (const action of parsed.actions)
      if (!Object.hasOwn(actions, action)) yield `there is no action ${JSON.stringify(action)}`;
  for (const whole of expressionsOf(parsed))
    for (const part of partsOf(whole))
      if (part.op === 'entity' && nameless.has(part.type))
        yield `no policy sees which ${part.type.toLowerCase()} it is: name a group or a label of the server instead of ${part.type}::${JSON.stringify(part.id)}`;
  for (const whole of expressionsOf(parsed))
    for (const part of partsOf(whole))
      if (part.op === 'entity' && part.type === 'Role' && !roles.some((role) => role === part.id))
        yield `there is no role ${JSON.stringify(part.id)}: ${roles.join(', ')}`;
  yield* turnedByProof(parsed).map(
    (fact) =>
      `more proof would turn an allow into a denial: ${fact} may only help (in a permit as it is, in a forbid behind unless or !)`,
  );
}
