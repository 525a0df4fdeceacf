// Why something may not be done, and what leads on: the card that a refusal and every row can open (law 4).
import { type Step, step } from './action.ts';
import type { Ask } from './ask.ts';
import { actionOf, targetOf } from './ask.ts';
import { ask } from './asking.ts';
import { beginEnrolment } from './enrolment.ts';
import { openForm } from './form.ts';
import { chosenOf } from './listing.ts';
import type { Card, Model, Overlay } from './model.ts';

type Explained = Extract<Card, { card: 'explained' }>;

/** What is explained on a screen: what one would do to the chosen row, or why one does not see the list. */
function questionOf(model: Model): { readonly action: string; readonly target: string | undefined; readonly name: string } {
  const { route, lists } = model;
  switch (route) {
    case 'servers': {
      const row = chosenOf(model.servers);
      return row === undefined ? whole('enrolment.make', 'adding a server') : on('shell.open', row.id, `a shell on ${row.name}`);
    }
    case 'sessions': {
      const row = chosenOf(model.sessions);
      if (row === undefined) return whole('audit.read', 'the sessions');
      return on(row.mine ? 'session.attach' : 'session.watch', row.id, `the session on ${row.serverName}`);
    }
    case 'audit':
      return whole('audit.read', 'reading the audit log');
    case 'requests': {
      const row = chosenOf(lists.requests);
      return row === undefined
        ? whole('access.see', 'seeing every request')
        : on('request.review', row.id, `reviewing the request of ${row.personName}`);
    }
    case 'grants': {
      const row = chosenOf(lists.grants);
      return row === undefined
        ? whole('access.see', 'seeing every grant')
        : on(row.mine ? 'grant.extend' : 'grant.revoke', row.id, `the grant of ${row.personName}`);
    }
    case 'people': {
      const row = chosenOf(lists.people);
      return row === undefined ? whole('person.list', 'seeing people') : on('person.manage', row.id, `managing ${row.name}`);
    }
    case 'groups':
      return chosenOf(lists.groups) === undefined
        ? whole('group.list', 'seeing groups')
        : whole('group.manage', 'managing groups');
    case 'policies':
      return chosenOf(lists.policies) === undefined
        ? whole('policy.see', 'seeing policies')
        : whole('policy.manage', 'applying policies');
    case 'locks':
      return chosenOf(lists.locks) === undefined ? whole('lock.see', 'seeing locks') : whole('lock.manage', 'managing locks');
    case 'devices':
    case 'logins': {
      const row = route === 'devices' ? chosenOf(lists.devices) : chosenOf(lists.logins);
      return row === undefined || row.mine
        ? whole('self.manage', 'your devices and sign-ins')
        : on('person.manage', row.person, `the devices and sign-ins of ${row.personName}`);
    }
    case 'breakglass': {
      const row = chosenOf(lists.breakglass);
      if (row === undefined) return whole('breakglass.see', 'seeing break-glass');
      const action = row.state === 'waiting' ? 'breakglass.approve' : 'breakglass.review';
      return on(action, row.person, `the break-glass of ${row.personName}`);
    }
    case 'reviews': {
      const row = chosenOf(lists.reviews);
      return row === undefined
        ? whole('review.see', 'seeing reviews')
        : on('review.answer', row.person, `the review of ${row.personName}`);
    }
    default:
      return route satisfies never;
  }
}

const whole = (action: string, name: string) => ({ action, target: undefined, name });
const on = (action: string, target: string, name: string) => ({ action, target, name });

/** Of the chosen row, or of the list that is not shown. */
export function explainChosen(model: Model): Step {
  const { action, target, name } = questionOf(model);
  return ask(model, { ask: 'explain', person: undefined, action, target, name });
}

/** Of what was refused. */
export function explainRefused(model: Model, { ask: what, problem }: Extract<Overlay, { overlay: 'refused' }>): Step {
  const { decision } = problem;
  return ask(model, {
    ask: 'explain',
    person: undefined,
    action: decision?.action ?? actionOf(what),
    target: decision?.target ?? targetOf(what),
    name: 'name' in what ? what.name : 'this',
  });
}

/** What enter does on the card: the nearest step that can be taken from here. */
export type Remedy = 'request' | 'enrol' | 'again';

/** The one thing to do that leads on from this card; undefined = there is nothing one can do here. */
export function remedyOf(model: Model, card: Explained): Remedy | undefined {
  const { given, again } = card;
  const { verdict } = given.decision;
  const [nearest = ''] = given.fixes;
  if (model.readonly) return undefined;
  if (nearest.startsWith('sallyport totp enroll')) return 'enrol';
  if (verdict === 'challenge' && model.self?.factor === 'none') return 'enrol';
  if (verdict === 'challenge' || verdict === 'allow') return again === undefined ? undefined : 'again';
  return requestOf(model, card) === undefined ? undefined : 'request';
}

/** What to ask for: as the gateway proposes it, else the server it is about where an approval would do. */
function requestOf(model: Model, { given, again }: Explained): { readonly servers: string; readonly level: string } | undefined {
  const proposed = requestIn(given.fixes);
  if (proposed !== undefined || given.decision.verdict !== 'ask') return proposed;
  const target = model.servers.rows.get(given.decision.target ?? '')?.name;
  const servers = (again === undefined ? undefined : serverAsked(model, again)) ?? target;
  return servers === undefined ? undefined : { servers, level: 'terminal' };
}

/** `sallyport request SELECTOR --level L …`, wherever it stands among the commands that help. */
function requestIn(fixes: readonly string[]): { readonly servers: string; readonly level: string } | undefined {
  for (const fix of fixes) {
    const [, servers] = /^sallyport request (\S+)/.exec(fix) ?? [];
    if (servers === undefined) continue;
    const [, level = 'terminal'] = /--level (\S+)/.exec(fix) ?? [];
    return { servers, level };
  }
  return undefined;
}

/** Does what remedyOf says. */
export function remedied(model: Model, card: Explained): Step {
  const closed: Model = { ...model, overlay: undefined };
  const remedy = remedyOf(model, card);
  switch (remedy) {
    case 'request': {
      const { servers = '', level = 'terminal' } = requestOf(model, card) ?? {};
      return openForm(closed, { purpose: 'request', name: servers, level });
    }
    case 'enrol':
      return beginEnrolment(closed, card.again);
    case 'again':
      return card.again === undefined ? step(closed) : ask(closed, card.again);
    case undefined:
      return step(model);
    default:
      return remedy satisfies never;
  }
}

/** What a refusal is about, when asking for more would help: the server one could not open. */
export function serverAsked(model: Model, what: Ask): string | undefined {
  switch (what.ask) {
    case 'open':
      return what.name;
    case 'attach':
    case 'watch':
    case 'join':
    case 'take-over':
      return model.sessions.rows.get(what.session)?.serverName;
    default:
      return undefined;
  }
}
