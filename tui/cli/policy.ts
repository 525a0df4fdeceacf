// Why something is allowed or not (law 4).
import { jsonSafe } from '../../gateway/protocol/safe-text.ts';
import type { Run } from './command.ts';
import { ask, onLine } from './connect.ts';
import { readArgs } from './globals.ts';
import { verbs } from './verbs.ts';

const explain: Run = async (face, args) => {
  const read = readArgs(args, { person: { type: 'string' } }, { least: 1, most: 2 });
  if (!read.ok) return read;
  const [action = '', target] = read.value.words;
  const { person } = read.value.values;
  return onLine(face, async ({ link }) => {
    const explained = await ask(face, link, 'policy.explain', {
      action,
      ...(target === undefined ? {} : { target }),
      ...(person === undefined ? {} : { person }),
    });
    if (!explained.ok) return explained;
    const { decision, signals, policyText } = explained.value;
    face.document(explained.value);
    face.line(`${decision.verdict}: ${decision.action}${decision.target === undefined ? '' : ` on ${decision.target}`}`);
    face.line(`decided by  ${decision.policies.join(', ') || 'no policy: what nothing allows is denied'}`);
    for (const missing of decision.missing) face.line(`missing     ${missing}`);
    for (const [name, value] of Object.entries(signals)) face.line(`signal      ${name} = ${jsonSafe(value)}`);
    for (const policy of policyText) {
      face.line('');
      for (const line of policy.split('\n')) face.line(line);
    }
    return { ok: true, value: 0 };
  });
};

export const policy = verbs({ explain });
