// What the keys of the lists of access control do to the chosen row.
import type { AccessCommand } from '../keys/keymap.ts';
import { type Step, step } from './action.ts';
import { explainChosen, explainRefused, remedied, serverAsked } from './explaining.ts';
import type { Purpose } from './form.ts';
import { openForm } from './form.ts';
import { chosenOf } from './listing.ts';
import { isListRoute, type ListRoute, type Lists } from './lists.ts';
import { say } from './messages.ts';
import type { Model } from './model.ts';
import { approve, boundTo, narrowed, openReview } from './reviewing.ts';
import { placeWords, termsWords } from './selector-words.ts';

export function onAccess(model: Model, command: AccessCommand): Step {
  const { overlay, lists } = model;
  switch (command) {
    case 'details':
      return details(model);
    case 'approve':
      if (overlay?.overlay === 'review') return approve(model, overlay);
      if (model.route === 'breakglass') return opened(model, purposeOf(lists, 'breakglass', 'approve'));
      return withRow(model, chosenOf(lists.requests), (row) => openReview(model, row));
    case 'deny': {
      const row = overlay?.overlay === 'review' ? overlay.request : chosenOf(lists.requests);
      return withRow(model, row, (request) => {
        if (request.state !== 'pending') return say(model, model.now, 'bad', 'That request waits for nobody any more.');
        const name = `${request.personName}’s request: ${termsWords(request)}`;
        return openForm(model, { purpose: 'deny', request: request.id, name, bound: boundTo(request.id, request.digest) });
      });
    }
    case 'withdraw':
      return withRow(model, chosenOf(lists.requests), (row) => {
        if (!row.mine) return say(model, model.now, 'bad', 'Only who asked can take it back: d denies it.');
        if (row.state !== 'pending') return say(model, model.now, 'bad', 'It waits for nobody any more.');
        return openForm(model, { purpose: 'withdraw', request: row.id, name: termsWords(row) });
      });
    case 'ask-for':
      return askFor(model);
    case 'revoke':
    case 'prolong':
    case 'change-role':
    case 'suspend':
    case 'find':
    case 'keep':
      return isListRoute(model.route) ? opened(model, purposeOf(lists, model.route, command)) : step(model);
    case 'start-review':
      return openForm(model, { purpose: 'start-review', name: '' });
    case 'batch': {
      const row = model.route === 'servers' ? chosenOf(model.servers) : undefined;
      return openForm(model, { purpose: 'batch', name: row?.name ?? '' });
    }
    case 'history':
      return step({ ...model, overlay: { overlay: 'card', card: { card: 'policy-history' }, top: 0 } });
    case 'ask-why':
      return openForm(model, { purpose: 'explain', name: '', action: 'shell.open' });
    case 'why':
      return overlay?.overlay === 'refused' ? explainRefused(model, overlay) : explainChosen(model);
    case 'remedy':
      return overlay?.overlay === 'card' && overlay.card.card === 'explained' ? remedied(model, overlay.card) : step(model);
    case 'weaker':
    case 'stronger':
      return overlay?.overlay === 'review'
        ? step({ ...model, overlay: narrowed(overlay, 'level', command === 'weaker' ? -1 : 1) })
        : step(model);
    case 'shorter':
    case 'longer':
      return overlay?.overlay === 'review'
        ? step({ ...model, overlay: narrowed(overlay, 'minutes', command === 'shorter' ? -1 : 1) })
        : step(model);
    default:
      return command satisfies never;
  }
}

const withRow = <R>(model: Model, row: R | undefined, go: (row: R) => Step): Step => (row === undefined ? step(model) : go(row));
const opened = (model: Model, purpose: Purpose | string | undefined): Step =>
  purpose === undefined
    ? step(model)
    : typeof purpose === 'string'
      ? say(model, model.now, 'bad', purpose)
      : openForm(model, purpose);

function details(model: Model): Step {
  const { route } = model;
  const row = isListRoute(route) ? chosenOf<{ readonly id: string }>(model.lists[route]) : undefined;
  if (row === undefined || !isListRoute(route)) return step(model);
  return step({ ...model, overlay: { overlay: 'card', card: { card: 'row', route, id: row.id }, top: 0 } });
}

/** More on the chosen server, on what was refused, or on what one types. */
function askFor(model: Model): Step {
  const { overlay } = model;
  if (overlay?.overlay === 'refused') {
    const name = serverAsked(model, overlay.ask);
    return name === undefined ? step(model) : openForm(model, { purpose: 'request', name, level: 'terminal' });
  }
  const row = model.route === 'servers' ? chosenOf(model.servers) : undefined;
  // A look at it is there already: more than that is what one asks for.
  const level = row?.level === 'terminal' || row?.level === 'full' ? 'full' : 'terminal';
  return openForm(model, { purpose: 'request', name: row?.name ?? '', level });
}

/** What a key would do to the chosen row; a sentence where it cannot. */
function purposeOf(lists: Lists, route: ListRoute, command: AccessCommand): Purpose | string | undefined {
  switch (route) {
    case 'grants': {
      const row = chosenOf(lists.grants);
      if (row === undefined) return undefined;
      if (row.state === 'ended') return 'That grant is over.';
      const name = `${row.personName} on ${placeWords(row)}`;
      if (command === 'prolong')
        return row.mine ? { purpose: 'prolong', grant: row.id, name } : 'Only who holds a grant prolongs it.';
      return row.mayRevoke ? { purpose: 'revoke-grant', grant: row.id, name } : 'This grant is not yours to end: y says why.';
    }
    case 'people': {
      const row = chosenOf(lists.people);
      if (row === undefined) return undefined;
      const { id: person, name, role } = row;
      if (command === 'change-role') return { purpose: 'set-role', person, name, role };
      return { purpose: row.status === 'suspended' ? 'restore' : 'suspend', person, name };
    }
    case 'locks': {
      const row = chosenOf(lists.locks);
      return row && { purpose: 'unlock', lock: row.id, name: row.targetName };
    }
    case 'devices': {
      const row = chosenOf(lists.devices);
      return row && { purpose: 'revoke-device', device: row.id, name: `${row.machine} of ${row.personName}` };
    }
    case 'logins': {
      const row = chosenOf(lists.logins);
      return row && { purpose: 'revoke-login', login: row.id, name: `${row.personName} on ${row.machine}` };
    }
    case 'breakglass': {
      const row = chosenOf(lists.breakglass);
      if (row === undefined) return undefined;
      const { id: entrance, personName: name } = row;
      if (command === 'approve')
        return row.mayApprove ? { purpose: 'admit', entrance, name } : 'There is nothing here for you to let in: y says why.';
      return row.mayReview ? { purpose: 'find', entrance, name } : 'There is nothing here for you to review: y says why.';
    }
    case 'reviews': {
      const row = chosenOf(lists.reviews);
      if (row === undefined) return undefined;
      if (row.campaign.state === 'closed') return 'That review is closed.';
      if (!row.mayAnswer) return 'This is not yours to answer: y says why.';
      const answer = command === 'keep' ? 'keep' : 'revoke';
      return { purpose: 'judge', answer, campaign: row.campaign.id, item: row.id, name: `${row.personName}: ${row.what}` };
    }
    case 'requests':
    case 'groups':
    case 'policies':
      return undefined;
    default:
      return route satisfies never;
  }
}
