// What the state of the line does to the face: who one is, what to subscribe to, when to ask for a sign-in.
import type { LinkState } from '../link/link.ts';
import type { Effect, Step } from './action.ts';
import { step } from './action.ts';
import { emptyTail } from './audit-tail.ts';
import { beginEnrolment } from './enrolment.ts';
import { emptyListing } from './listing.ts';
import { emptyLists } from './lists.ts';
import { firstWindow } from './looking.ts';
import { say } from './messages.ts';
import type { Model } from './model.ts';
import { serverKind, sessionKind } from './row-kinds.ts';
import { beginSignIn } from './signing-in.ts';
import { readAgain } from './told.ts';
import { asked } from './trail.ts';

export function lineChanged(model: Model, state: LinkState): Step {
  switch (state.state) {
    case 'connecting':
      return step({ ...model, line: { line: 'connecting', attempt: state.attempt } });
    case 'waiting': {
      const { attempt, retryAt, problem } = state;
      return step({ ...model, line: { line: 'waiting', attempt, retryAt, problem } });
    }
    case 'refused':
      return step({ ...model, line: { line: 'refused', problem: state.problem } });
    case 'open':
      return opened(
        { ...model, line: { line: 'open' }, gatewayName: state.welcome.name },
        state,
        model.line.line !== 'open' || model.self?.login !== state.self?.login,
      );
    default:
      return state satisfies never;
  }
}

/** `anew`: another connection or another sign-in than before, so nothing is subscribed to yet. */
function opened(model: Model, state: Extract<LinkState, { state: 'open' }>, anew: boolean): Step {
  const { self } = state;
  if (self === undefined) {
    // The driver of a running sign-in goes on by itself over the new connection.
    const signingIn = model.stage.stage === 'sign-in' && model.stage.signIn.signIn !== 'failed';
    return signingIn ? step({ ...model, self }) : beginSignIn({ ...model, self, overlay: undefined }, state.problem);
  }
  if (!anew) return step({ ...model, self });
  const known = model.listsOf === undefined || model.listsOf === self.person ? model : forgetRows(model);
  const inside: Model = {
    ...known,
    self,
    listsOf: self.person,
    refusals: {},
    stage: known.stage.stage === 'connecting' || known.stage.stage === 'sign-in' ? { stage: 'workspace' } : known.stage,
    // Nothing is followed on a new line until it is asked for.
    followsAudit: false,
  };
  const window = firstWindow(inside, (model.looking?.asked.number ?? 0) + 1);
  const begun: Model = { ...asked(inside), looking: { asked: window, heard: 0, late: false } };
  const subscribe: Effect = { effect: 'subscribe', window, glass: self.role !== 'user' };
  const also: readonly Effect[] = [...readAgain(begun), { effect: 'witness' }];
  // Without a factor nothing that matters opens: set it up first; esc leaves it for later.
  const fresh = model.stage.stage === 'connecting' || model.stage.stage === 'sign-in';
  if (self.factor !== 'none' || !fresh || model.readonly) {
    // T23: said beforehand, so that the first challenge is no surprise.
    if (self.deviceKnown || !fresh || self.factor === 'none') return step(begun, subscribe, ...also);
    return say(begun, model.now, 'plain', 'This device is new here: your first shell will ask for a code.', subscribe, ...also);
  }
  const enrolling = beginEnrolment(begun, undefined);
  return step(enrolling.model, subscribe, ...also, ...enrolling.effects);
}

/** What was somebody's is nobody's any more. */
export function forgetRows(model: Model): Model {
  return {
    ...model,
    listsOf: undefined,
    servers: emptyListing(serverKind),
    sessions: emptyListing(sessionKind),
    audit: emptyTail(''),
    lists: emptyLists(),
    policySet: undefined,
    trail: { ...model.trail, status: undefined },
    sealedLeft: undefined,
    whose: undefined,
    calls: [],
    greeted: false,
    spokenOf: undefined,
  };
}
