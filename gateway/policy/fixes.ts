// Commands that would change an answer, the nearest first: what the person can do alone, then what somebody must approve, then what an administrator
// would change. Words in capitals are for whoever runs them to fill in. Pure.
import { levelRank } from '../access/standing.ts';
import type { Level } from '../protocol/nouns.ts';
import type { Action } from './actions.ts';
import type { Decision } from './decision.ts';
import type { Facts } from './facts.ts';

export type Around = {
  /** The person it is about, and whether it is the one asking. */
  readonly person: string;
  readonly self: boolean;
  /** What it is about, as a command names it. */
  readonly target: string | undefined;
  /** The server concerned, and whether the person may ask for access there. */
  readonly server: string | undefined;
  readonly mayRequest: boolean;
  /** Groups that give a shell on the server and the person is not in, with their members: only for who may change groups. */
  readonly groups: readonly { readonly name: string; readonly members: readonly string[]; readonly level: Level }[];
  /** Locks in the way: only for who may take them off. */
  readonly locks: readonly string[];
  /** What the one asking may change. */
  readonly may: { readonly people: boolean; readonly addresses: boolean; readonly policies: boolean };
};

const whyWords = '--why WORDS';

/** How the same is tried again: it asks for the code then. */
const again: Partial<Readonly<Record<Action, string>>> = {
  'shell.open': 'attach',
  'session.watch': 'watch',
  'session.join': 'join',
  'session.kill': 'sessions kill',
  'session.history': 'sessions history',
  'recording.export': 'recordings export',
};

/** Empty for what is allowed, and where nobody who asks can do anything. */
export function fixesFor(
  decision: Pick<Decision, 'verdict' | 'missing' | 'policies' | 'hidden'>,
  action: Action,
  facts: Facts,
  around: Around,
  added: ReadonlySet<string>,
): readonly string[] {
  if (decision.verdict === 'allow') return [];
  const { person, self, target, server, may } = around;
  const { context, principal, resource } = facts;
  const spoke = new Set(decision.policies);
  const fixes: string[] = [];

  const factor = decision.missing.some((words) => words.startsWith('a second factor'));
  if ((factor || spoke.has('a-second-factor-is-required')) && !context.factor.enrolled) fixes.push('sallyport totp enroll');
  else if (decision.verdict === 'challenge' && self)
    fixes.push(
      again[action] === undefined || target === undefined
        ? 'run it again, and enter the code that your authenticator shows'
        : `sallyport ${again[action]} ${target}${action === 'session.kill' ? ` ${whyWords}` : ''}   (and enter the code that your authenticator shows)`,
    );
  if (action === 'session.attach' && resource.kind === 'session' && !resource.keyboard && target !== undefined)
    fixes.push(`sallyport join ${target}`, `sallyport sessions take ${target}`);

  const wanted = wantedLevel(action, facts);
  const reached = context.reach.at(-1) ?? 'none';
  if (wanted !== undefined && server !== undefined && levelRank(reached) < levelRank(wanted)) {
    if (around.mayRequest) fixes.push(`sallyport request ${server} --level ${wanted} --for 1h ${whyWords}`);
    for (const group of around.groups)
      if (levelRank(group.level) >= levelRank(wanted))
        fixes.push(`sallyport groups set ${group.name} --members ${[...group.members, person].join(',')}`);
  } else if (decision.verdict === 'ask' && server !== undefined && around.mayRequest)
    fixes.push(`sallyport request ${server} --level ${wanted ?? 'terminal'} --for 1h ${whyWords}`);
  if (action === 'grant.extend' && server !== undefined)
    fixes.push(`sallyport request ${server} --level LEVEL --for 1h ${whyWords}`);
  if (spoke.has('nobody-approves-themselves'))
    fixes.push('sallyport requests ls   (somebody else who may review it approves it)');

  for (const lock of around.locks) fixes.push(`sallyport locks rm ${lock} ${whyWords}`);
  if (context.outside && may.addresses && context.address !== undefined)
    fixes.push(`sallyport allowlist add ${context.address} --note WORDS`);
  if (may.people) {
    if (principal.status === 'suspended') fixes.push(`sallyport users set ${person} --status active ${whyWords}`);
    for (const words of decision.missing) {
      const role = /^the role (user|staff|superuser)$/.exec(words)?.[1];
      if (role !== undefined) fixes.push(`sallyport users set ${person} --role ${role} ${whyWords}`);
    }
  }
  if (may.policies) for (const id of spoke) if (added.has(id)) fixes.push(`sallyport policy show ${id}   (an admin added it)`);
  return fixes;
}

/** The level on the server that an action takes; undefined where none would help. */
function wantedLevel(action: Action, { resource }: Facts): Exclude<Level, 'none'> | undefined {
  switch (action) {
    case 'server.see':
      return 'read-only';
    case 'shell.open':
      return 'terminal';
    case 'session.attach':
    case 'session.join':
    case 'session.take-over':
      return resource.kind === 'session' && resource.level === 'full' ? 'full' : 'terminal';
    case 'session.watch':
      return resource.kind === 'session' && resource.own ? 'terminal' : undefined;
    default:
      return undefined;
  }
}
