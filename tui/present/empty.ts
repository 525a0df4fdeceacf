// What stands in an empty list: why it is empty.
import { problemSentence } from '../../gateway/protocol/errors.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { isListRoute, type ListRoute } from '../model/lists.ts';
import type { Model } from '../model/model.ts';
import { type Line, span, wrapWords } from './span.ts';
import { grouped } from './times.ts';

export function emptyLines(model: Model, width: number): readonly Line[] {
  const refused = model.refusals[model.route];
  const text = refused === undefined ? reason(model) : `${safeText(problemSentence(refused))} y says why.`;
  return wrapWords(text, Math.max(8, width)).map((part): Line => [span(part, refused === undefined ? 'dim' : 'bad')]);
}

function reason(model: Model): string {
  if (model.route === 'audit') {
    if (model.audit.through === undefined) return 'Reading the audit log …';
    const { lookedTo } = model.audit;
    if (lookedTo !== undefined && lookedTo > 0)
      return `No record from ${grouped(lookedTo)} on fits ${safeText(model.audit.query)}: PgUp looks further back, esc shows all.`;
    return model.audit.query === ''
      ? 'Nothing is recorded yet.'
      : `No record fits ${safeText(model.audit.query)}: esc shows all.`;
  }
  const { route } = model;
  const list = isListRoute(route) ? model.lists[route] : model[route];
  if (!list.loaded) return model.line.line === 'open' ? 'Loading …' : 'Waiting for the gateway …';
  if (list.filter !== '')
    return list.guessed
      ? `Looking for ${safeText(list.filter)} …`
      : `Nothing fits ${safeText(list.filter)}: esc shows all ${list.total}.`;
  if (isListRoute(route)) return nothing[route];
  return route === 'servers'
    ? 'No server you may see is enrolled. An admin adds one: sallyport servers add NAME'
    : 'No live session. Enter on a server opens one.';
}

const nothing: Readonly<Record<ListRoute, string>> = {
  requests: 'Nobody asks for access. r on a server asks for it there.',
  grants: 'Nobody holds a grant. r on a server asks for one there.',
  people: 'Nobody is here.',
  groups: 'There is no group. An admin makes one: sallyport groups add NAME',
  policies: 'No policy is in force: nothing is allowed.',
  locks: 'No lock is set. L sets one on a server, a session, a person or a group.',
  devices: 'No device is known.',
  logins: 'Nobody is signed in.',
  breakglass: 'Nobody ever came in past the provider.',
  reviews: 'No review was ever begun. n begins one.',
};
