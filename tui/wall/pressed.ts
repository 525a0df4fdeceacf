// What a key does to the wall. Pure: the model after it, and what is to be done in the world.
import type { Result } from '../../gateway/protocol/errors.ts';
import type { SessionId } from '../../gateway/protocol/ids.ts';
import type { Press } from '../keys/press.ts';
import { emptyField, fieldOf, fieldText, typeInto } from '../model/text-field.ts';
import { actionOf, type Deed, doneSentence } from './deed.ts';
import { type Command, commandFor } from './keys.ts';
import { neighbour } from './layout.ts';
import {
  choose,
  chosenOf,
  type Entry,
  filtered,
  type Prompt,
  pageOf,
  saying,
  sayingProblem,
  shownOf,
  type Wall,
} from './model.ts';

export type Effect =
  | { readonly effect: 'do'; readonly deed: Deed }
  /** Asks again for what was not given, or was taken away. */
  | { readonly effect: 'look'; readonly deed: Extract<Deed, { readonly deed: 'watch' }> }
  | { readonly effect: 'prove'; readonly code: string; readonly action: string; readonly target: string | undefined }
  | { readonly effect: 'leave'; readonly next?: { readonly go: 'attach' | 'take-over' | 'watch'; readonly session: SessionId } };

export type Step = { readonly wall: Wall; readonly effect?: Effect };
const step = (wall: Wall, effect?: Effect): Step => (effect === undefined ? { wall } : { wall, effect });

export function pressed(before: Wall, press: Press): Step {
  const wall: Wall = before.said === undefined ? before : { ...before, said: undefined };
  if (wall.prompt !== undefined) return typed(wall, wall.prompt, press);
  if (wall.help) {
    if (press === 'ctrl+c') return step(wall, { effect: 'leave' });
    return step({ ...wall, help: false });
  }
  const command = commandFor(press, wall.zoomed, wall.readonly);
  return command === undefined ? step(wall) : commanded(wall, command, press);
}

/** A click chooses a tile; on the chosen one it zooms. */
export function clicked(wall: Wall, at: number): Step {
  const page = pageOf(wall);
  if (wall.zoomed || wall.prompt !== undefined || wall.help || at >= page.entries.length) return step(wall);
  return at === page.at ? pressed(wall, 'enter') : step(choose(wall, page.entries[at]));
}

function commanded(wall: Wall, command: Command, press: Press): Step {
  const page = pageOf(wall);
  const shown = shownOf(wall);
  const entry = chosenOf(wall);
  switch (command) {
    case 'left':
    case 'right':
    case 'up':
    case 'down':
      return step(choose(wall, page.entries[neighbour(page.rects, page.at, command)]));
    case 'next':
    case 'previous': {
      const at = shown.findIndex((one) => one === entry) + (command === 'next' ? 1 : -1);
      return step(choose(wall, shown.at(at % Math.max(1, shown.length))));
    }
    case 'page-next':
    case 'page-previous': {
      const number = page.number + (command === 'page-next' ? 1 : -1);
      return step(number < 0 || number >= page.pages ? wall : choose(wall, shown[number * page.perPage]));
    }
    case 'choose':
      return step(choose(wall, page.entries[Number(press) - 1]));
    case 'zoom':
      return entry === undefined ? step(wall) : zoomed(wall, entry);
    case 'back':
      if (wall.zoomed) return step({ ...wall, zoomed: false });
      return wall.filter === '' ? step(wall, { effect: 'leave' }) : step(filtered(wall, ''));
    case 'help':
      return step({ ...wall, help: true });
    case 'leave':
      return step(wall, { effect: 'leave' });
    case 'filter':
      return step({ ...wall, prompt: { prompt: 'filter', field: fieldOf(wall.filter), before: wall.filter } });
    case 'watch':
    case 'take-over':
    case 'attach': {
      if (entry === undefined || entry.over !== undefined) return step(wall);
      if (command === 'attach' && !entry.row.mine) return step(saying(wall, 'bad', 'that session is not yours; w watches it'));
      return step(wall, { effect: 'leave', next: { go: command, session: entry.row.id } });
    }
    case 'freeze':
    case 'kill':
    case 'extend':
    case 'lock':
    case 'mark':
    case 'message': {
      if (entry === undefined || entry.over !== undefined) return step(wall);
      const { row } = entry;
      const held = row.freezes.some(({ cause }) => cause === 'held');
      const kind = command === 'freeze' && held ? 'release' : command;
      return step({ ...wall, prompt: { prompt: 'words', kind, session: row.id, name: nameOf(entry), field: emptyField } });
    }
    default:
      return command satisfies never;
  }
}

/** What one may not see yet is asked for instead; where that takes a code, the gateway says so. */
function zoomed(wall: Wall, entry: Entry): Step {
  const { row } = entry;
  const deed = { deed: 'watch', session: row.id, name: nameOf(entry) } as const;
  if (entry.over !== undefined) return step({ ...wall, zoomed: true });
  return row.needs === 'nothing' ? step({ ...wall, zoomed: true }, { effect: 'look', deed }) : asks(wall, deed);
}

/** One thing at a time: while an answer is out, nothing else is asked. */
function asks(wall: Wall, deed: Deed): Step {
  if (wall.asked !== undefined) return step(saying(wall, 'bad', 'still waiting for the last answer'));
  return step({ ...wall, asked: deed }, { effect: 'do', deed });
}

export const nameOf = ({ row }: Entry): string => `${row.serverName} · ${row.personName}`;

function typed(wall: Wall, prompt: Prompt, press: Press): Step {
  if (press === 'ctrl+c' || press === 'esc') {
    const closed: Wall = { ...wall, prompt: undefined };
    return step(prompt.prompt === 'filter' ? filtered(closed, prompt.before) : closed);
  }
  if (press === 'enter') return entered(wall, prompt);
  if (prompt.prompt === 'code' && prompt.checking) return step(wall);
  const field = typeInto(prompt.field, press);
  if (field === prompt.field) return step(wall);
  const next: Wall = {
    ...wall,
    prompt: prompt.prompt === 'code' ? { ...prompt, field, problem: undefined } : { ...prompt, field },
  };
  return step(prompt.prompt === 'filter' ? filtered(next, fieldText(field)) : next);
}

/** Stands in the log where somebody was in a hurry. */
const noReason = 'no reason given';

function entered(wall: Wall, prompt: Prompt): Step {
  const closed: Wall = { ...wall, prompt: undefined };
  const words = fieldText(prompt.field).trim();
  switch (prompt.prompt) {
    case 'filter':
      return step(filtered(closed, words));
    case 'code': {
      const code = words.replaceAll(' ', '');
      if (code === '' || prompt.checking) return step(wall);
      const { action, target } = prompt.challenge;
      return step({ ...wall, prompt: { ...prompt, checking: true } }, { effect: 'prove', code, action, target });
    }
    case 'words': {
      const { kind, session, name } = prompt;
      switch (kind) {
        case 'freeze':
        case 'release':
          return asks(closed, { deed: kind, session, name, why: words === '' ? noReason : words });
        case 'lock': {
          const person = wall.entries.find(({ row }) => row.id === session)?.row.personName;
          return words === '' || person === undefined
            ? step(wall)
            : asks(closed, { deed: kind, session, name, person, why: words });
        }
        case 'kill':
        case 'extend':
          return words === '' ? step(wall) : asks(closed, { deed: kind, session, name, why: words });
        case 'mark':
        case 'message':
          return words === '' ? step(wall) : asks(closed, { deed: kind, session, name, text: words });
        default:
          return kind satisfies never;
      }
    }
    default:
      return prompt satisfies never;
  }
}

/** What the gateway said. A challenge asks for the code and, when it was right, for the very same thing again. */
export function answered(before: Wall, deed: Deed, result: Result<unknown>): Step {
  const wall: Wall = { ...before, asked: undefined };
  if (result.ok) {
    if (deed.deed !== 'watch') return step(saying(wall, 'good', doneSentence(deed)));
    // The list may say later than the gateway did that nothing is missing any more.
    const entries = wall.entries.map((entry) =>
      entry.row.id === deed.session ? { ...entry, row: { ...entry.row, needs: 'nothing' as const } } : entry,
    );
    return step({ ...wall, entries, chosen: deed.session, zoomed: true });
  }
  const { problem } = result;
  if (problem.code !== 'step-up' || wall.prompt !== undefined) return step(sayingProblem(wall, problem));
  const { decision } = problem;
  return step({
    ...wall,
    prompt: {
      prompt: 'code',
      deed,
      challenge: { action: decision?.action ?? actionOf(deed), target: decision === undefined ? deed.session : decision.target },
      field: emptyField,
      checking: false,
      problem: undefined,
    },
  });
}

export function proven(wall: Wall, result: Result<unknown>): Step {
  const { prompt } = wall;
  // Left meanwhile: the proof stands at the gateway, and nothing is done behind somebody's back.
  if (prompt?.prompt !== 'code') return step(wall);
  if (result.ok) return asks({ ...wall, prompt: undefined }, prompt.deed);
  const said = sayingProblem(wall, result.problem).said?.text;
  return step({ ...wall, prompt: { ...prompt, field: emptyField, checking: false, problem: said } });
}
