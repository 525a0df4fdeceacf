// What is done to one session from its row or by its name: some at once, some after a form.
import type { SessionRow } from '../../gateway/protocol/nouns.ts';
import type { SessionCommand } from '../keys/keymap.ts';
import type { Step } from './action.ts';
import { ask } from './asking.ts';
import { openForm } from './form.ts';
import { chosenOf } from './listing.ts';
import { say } from './messages.ts';
import type { Model } from './model.ts';

export function onSession(model: Model, command: SessionCommand, row: SessionRow): Step {
  const { id: session, serverName: name, personName: who } = row;
  switch (command) {
    case 'watch':
      return ask(model, { ask: 'watch', session, name });
    case 'join-peer':
      return ask(model, { ask: 'join', session, name, role: 'peer' });
    case 'join-moderator':
      return ask(model, { ask: 'join', session, name, role: 'moderator' });
    case 'freeze':
      // To free the keys takes no reason: the log keeps who did.
      return row.freezes.some((freeze) => freeze.cause === 'held')
        ? ask(model, { ask: 'freeze', session, name, freeze: false, why: '' })
        : openForm(model, { purpose: 'freeze', session, name, who });
    case 'kill':
    case 'message':
    case 'extend':
    case 'take-over':
    case 'invite':
      return openForm(model, { purpose: command, session, name, who });
    case 'lock':
      return openForm(model, { purpose: 'lock', kind: 'person', target: row.person, name: who });
    default:
      return command satisfies never;
  }
}

/** By server, person or id; nothing = the chosen one of the sessions screen. */
export function onNamed(model: Model, command: SessionCommand, name: string): Step {
  const chosen = model.route === 'sessions' ? chosenOf(model.sessions) : undefined;
  const found = name === '' ? (chosen === undefined ? [] : [chosen]) : sessionsNamed(model, name);
  const [row] = found;
  if (row === undefined)
    return say(model, model.now, 'bad', name === '' ? `Which session? :${command} SESSION` : `No live session fits ${name}.`);
  if (found.length > 1) return say(model, model.now, 'bad', `${found.length} sessions fit ${name}: choose one in the list.`);
  return onSession(model, command, row);
}

export const sessionsNamed = (model: Model, name: string): readonly SessionRow[] =>
  [...model.sessions.rows.values()].filter((row) => row.serverName === name || row.personName === name || row.id === name);
