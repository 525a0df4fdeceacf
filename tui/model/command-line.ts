// The `:` line: typing, completion, history, and doing what was typed.
import { completions, readLine } from '../keys/commands.ts';
import type { Press } from '../keys/press.ts';
import type { Step } from './action.ts';
import { step } from './action.ts';
import { ask } from './asking.ts';
import { commanded, sorted } from './commanded.ts';
import { beginEnrolment } from './enrolment.ts';
import { openForm } from './form.ts';
import { goTo } from './going.ts';
import { isListRoute, kinds } from './lists.ts';
import { say } from './messages.ts';
import type { Model, Overlay, Route } from './model.ts';
import { onNamed, sessionsNamed } from './on-session.ts';
import { openOn } from './resuming.ts';
import { serverKind, sessionKind } from './row-kinds.ts';
import { beginSignIn } from './signing-in.ts';
import { fieldOf, fieldText, typeInto } from './text-field.ts';

type CommandLine = Extract<Overlay, { overlay: 'command' }>;
const mostHistory = 50;

/** What tab would put there, best first. */
export function completionsFor(model: Model, typed: string): readonly string[] {
  const names = {
    servers: model.servers.shown.map((row) => row.name),
    sessions: [...new Set(model.sessions.shown.flatMap((row) => [row.serverName, row.personName]))],
    people: [...new Set([...model.lists.people.rows.values()].map((row) => row.name))],
    sorts: sortNames(model.route),
  };
  return completions(typed, names, model.readonly);
}

const sortNames = (route: Route): readonly string[] => {
  const { sorts } = isListRoute(route) ? kinds[route] : route === 'sessions' ? sessionKind : serverKind;
  return sorts.map(({ name }) => name);
};

export function commandLinePressed(model: Model, overlay: CommandLine, press: Press): Step {
  const typed = fieldText(overlay.field);
  switch (press) {
    case 'esc':
      return step({ ...model, overlay: undefined });
    case 'backspace':
      // On an empty line it leads back, as in vi.
      if (typed === '') return step({ ...model, overlay: undefined });
      break;
    case 'tab': {
      const [first] = completionsFor(model, typed);
      // Once more on a word that takes a name: on to the names.
      const best = first === typed && !typed.includes(' ') ? (completionsFor(model, `${typed} `)[0] ?? typed) : first;
      return best === undefined ? step(model) : step({ ...model, overlay: { ...overlay, field: fieldOf(best) } });
    }
    case 'up':
    case 'down': {
      const past = overlay.past + (press === 'up' ? 1 : -1);
      const line = past === 0 ? '' : model.history.at(-past);
      if (past < 0 || line === undefined) return step(model);
      return step({ ...model, overlay: { ...overlay, past, field: fieldOf(line) } });
    }
    case 'enter':
      return done({ ...model, overlay: undefined }, typed.trim());
    default:
  }
  const field = typeInto(overlay.field, press);
  return step(field === overlay.field ? model : { ...model, overlay: { ...overlay, field, past: 0 } });
}

function done(before: Model, typed: string): Step {
  if (typed === '') return step(before);
  const history = [...before.history.filter((line) => line !== typed), typed].slice(-mostHistory);
  const model: Model = { ...before, history };
  const line = readLine(typed, model.readonly);
  switch (line.line) {
    case 'command':
      return commanded(model, line.command);
    case 'sort':
      return sorted(model, line.by === '' ? undefined : line.by);
    case 'attach': {
      const row = [...model.servers.rows.values()].find((server) => server.name === line.name);
      if (line.name === '') return say(model, model.now, 'bad', 'Which server? :attach NAME');
      // A server that is not in the window: one's own sessions there tell its id, and the gateway finds it by its name.
      return openOn(model, row?.id ?? sessionsNamed(model, line.name)[0]?.server ?? line.name, line.name);
    }
    case 'session':
      return onNamed(model, line.command, line.name);
    case 'join':
      return joined(model, line.name);
    case 'request':
      return openForm(model, { purpose: 'request', name: line.name, level: 'terminal' });
    case 'of':
      return goTo(model, line.route, line.name === '' ? undefined : line.name);
    case 'explain':
      return openForm(model, { purpose: 'explain', name: '', action: 'shell.open' });
    case 'batch':
      return openForm(model, { purpose: 'batch', name: '' });
    case 'login':
      return beginSignIn(model, undefined);
    case 'logout':
      return step(model, { effect: 'sign-out', all: line.all });
    case 'totp':
      return beginEnrolment(model, undefined);
    case 'codes':
      return ask(model, { ask: 'codes' });
    case 'unknown':
      return say(model, model.now, 'bad', `There is no command ${line.word}. :help shows all.`);
    default:
      return line satisfies never;
  }
}

/** A session in the list as a peer; whatever else is typed is the code of an invitation, which names the role. */
function joined(model: Model, name: string): Step {
  if (name === '' || sessionsNamed(model, name).length > 0) return onNamed(model, 'join-peer', name);
  return ask(model, { ask: 'join', session: name, name, role: undefined });
}
