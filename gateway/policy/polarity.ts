// More proof never turns an allow into a denial (D3): proving a factor, being approved, coming from a known device may open, and may not shut. A policy
// keeps that law when each fact of proof stands so that its growing makes a permit hold more, and a forbid less. Judged from the text alone, on the
// safe side: what is not understood is refused. Pure.
import { childrenOf, cutAt, type Expression, type Parsed, pathOf } from './expression.ts';

/** Facts that grow with proof. `context.reach` grows with an approval: it is a set of levels, each with all the weaker ones. */
const proofs: ReadonlySet<string> = new Set([
  'context.factor.enrolled',
  'context.factor.fresh',
  'context.approved',
  'context.device.trusted',
  'context.device.familiar',
  'context.reach',
  'resource.moderates',
]);
/** Whole records with such facts in them, and the context itself. */
const wholes: ReadonlySet<string> = new Set(['context', 'context.factor', 'context.device']);

/** +: grows with the fact; −: shrinks with it. */
type Sign = '+' | '-';
const turned = (sign: Sign): Sign => (sign === '+' ? '-' : '+');

/** The facts of proof whose growth could make this policy deny what it allowed; empty where the law is kept. */
export function turnedByProof({ effect, scope, conditions }: Parsed): readonly string[] {
  const wrong = new Set<string>();
  const right: Sign = effect === 'permit' ? '+' : '-';
  for (const whole of scope) look(whole, '+', right, wrong);
  for (const { kind, body } of conditions) look(body, kind === 'when' ? '+' : '-', right, wrong);
  return [...wrong];
}

function look(at: Expression, sign: Sign, right: Sign, wrong: Set<string>): void {
  const path = pathOf(at);
  if (path !== undefined) {
    if (wholes.has(path) || path === 'context.reach') wrong.add(`${path} read as a whole`);
    else if (proofs.has(path) && sign !== right) wrong.add(path);
    return;
  }
  if (at.op === 'call') {
    switch (at.name) {
      case '&&':
      case '||':
        for (const part of cutAt(at.name, at)) look(part, sign, right, wrong);
        return;
      case '!':
        for (const arg of at.args) look(arg, turned(sign), right, wrong);
        return;
      case 'contains':
      case 'containsAny':
      case 'containsAll':
      case 'isEmpty': {
        const [set, ...others] = at.args;
        if (set !== undefined && pathOf(set) === 'context.reach') {
          if ((at.name === 'isEmpty' ? turned(sign) : sign) !== right) wrong.add('context.reach');
          for (const other of others) either(other, wrong);
          return;
        }
        break;
      }
      case '==':
      case '!=': {
        const flag = at.args.find((arg) => arg.op === 'value' && typeof arg.value === 'boolean');
        const other = at.args.find((arg) => arg !== flag);
        if (flag?.op === 'value' && other !== undefined)
          return look(other, (flag.value === true) === (at.name === '==') ? sign : turned(sign), right, wrong);
        break;
      }
      default:
    }
  }
  if (at.op === 'if') {
    either(at.test, wrong);
    look(at.yes, sign, right, wrong);
    look(at.no, sign, right, wrong);
    return;
  }
  // Whether an attribute is there says nothing about how it is.
  if (at.op === 'has' && ['context', 'resource', 'principal'].includes(pathOf(at.of) ?? '')) return;
  for (const child of childrenOf(at)) either(child, wrong);
}

/** Where a fact of proof could count either way. */
function either(at: Expression, wrong: Set<string>): void {
  const path = pathOf(at);
  if (path !== undefined) {
    if (wholes.has(path)) wrong.add(`${path} read as a whole`);
    else if (proofs.has(path)) wrong.add(path);
    return;
  }
  for (const child of childrenOf(at)) either(child, wrong);
}
