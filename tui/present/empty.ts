// What stands in an empty list: why it is empty.
import { problemSentence } from '../../gateway/protocol/errors.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import type { Model } from '../model/model.ts';
import { type Line, span } from './span.ts';

export function emptyLine(model: Model): Line {
  const refused = model.refusals[model.route];
  if (refused !== undefined) return [span(safeText(problemSentence(refused)), 'bad')];
  if (model.route === 'audit') {
    if (model.audit.through === undefined) return [span('Reading the audit log …', 'dim')];
    return [
      span(
        model.audit.query === '' ? 'Nothing is recorded yet.' : `No record fits ${safeText(model.audit.query)}: esc shows all.`,
        'dim',
      ),
    ];
  }
  const list = model[model.route];
  if (!list.loaded) return [span(model.line.line === 'open' ? 'Loading …' : 'Waiting for the gateway …', 'dim')];
  if (list.filter !== '') return [span(`Nothing fits ${safeText(list.filter)}: esc shows all ${list.rows.size}.`, 'dim')];
  return [
    span(
      model.route === 'servers'
        ? 'No server you may see is enrolled. An admin adds one: sallyport servers add NAME'
        : 'No live session. Enter on a server opens one.',
      'dim',
    ),
  ];
}
