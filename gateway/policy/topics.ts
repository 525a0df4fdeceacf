// What a policy speaks of that could change: proof, approval, level, role. A decision is asked again with one of them granted only where some
// policy that stands in the way, or would open the way, speaks of it.
import { expressionsOf, type Parsed, partsOf, pathOf } from './expression.ts';

export type Topic = 'factor' | 'approval' | 'role';

const pathsOf: Readonly<Record<Topic, RegExp>> = {
  factor: /^context(\.(factor|device))?$/,
  approval: /^context(\.(approved|reach))?$/,
  role: /^principal\.role$/,
};

/** The topics of a policy, from its text alone. */
export function topicsOf(policy: Parsed): ReadonlySet<Topic> {
  const found = new Set<Topic>();
  for (const whole of expressionsOf(policy))
    for (const part of partsOf(whole)) {
      if (part.op === 'entity' && part.type === 'Role') found.add('role');
      const path = part.op === 'attr' ? pathOf(part) : undefined;
      if (path !== undefined) for (const topic of topics) if (pathsOf[topic].test(path)) found.add(topic);
      // A context that is passed on whole may be anything.
      if (part.op === 'call' && part.args.some((arg) => arg.op === 'var' && arg.name === 'context'))
        for (const topic of topics) found.add(topic);
    }
  return found;
}
const topics: readonly Topic[] = ['factor', 'approval', 'role'];
