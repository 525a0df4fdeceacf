// The line above the status: what is typed, what was said, or which keys help here.
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { wordsFor } from '../keys/commands.ts';
import { bindingsAt, type Place, pressName } from '../keys/keymap.ts';
import { askWords } from '../model/ask.ts';
import { completionsFor } from '../model/command-line.ts';
import { moreBelow } from '../model/commanded.ts';
import { remedyOf, serverAsked } from '../model/explaining.ts';
import type { Model, Tone } from '../model/model.ts';
import { fieldText, type TextField } from '../model/text-field.ts';
import { cutLine, endsLine, type Hue, type Line, lineCells, span, strong } from './span.ts';

const toneHue: Readonly<Record<Tone, Hue>> = { good: 'good', bad: 'bad', plain: 'accent' };
const toneGlyph: Readonly<Record<Tone, string>> = { good: '✓', bad: '✗', plain: '▸' };

/** A text field as it looks: the cell under the cursor inverse, the end kept in sight. */
export function fieldSpans(field: TextField, width: number): Line {
  const safe = field.text.map((character) => safeText(character));
  const from = Math.max(0, field.cursor - Math.max(1, width - 2));
  const before = safe.slice(from, field.cursor).join('');
  const under = safe[field.cursor] ?? ' ';
  const after = safe.slice(field.cursor + 1).join('');
  return cutLine(
    [...(before === '' ? [] : [span(before)]), { text: under, inverse: true }, ...(after === '' ? [] : [span(after)])],
    width,
  );
}

export function promptLine(model: Model, place: Place | undefined, width: number): Line {
  const { overlay } = model;
  if (overlay?.overlay === 'command') return commandPrompt(model, overlay.field, width);
  if (overlay?.overlay === 'filter') {
    const hint = model.route === 'audit' ? 'enter asks the gateway, esc back' : 'words, !not; enter keeps, esc back';
    return endsLine([strong(' /', 'accent'), ...fieldSpans(overlay.field, width - 4)], [span(`${hint} `, 'dim')], width);
  }
  const said = model.messages.find((message) => message.id === model.toast);
  if (said !== undefined) {
    const text: Line = [
      span(` ${toneGlyph[said.tone]} `, toneHue[said.tone]),
      span(safeText(said.text), said.tone === 'bad' ? 'bad' : 'plain'),
    ];
    // What does not fit is whole among the messages.
    const rest: Line = [span('  '), strong('m'), span(' all of it ', 'dim')];
    const fits = lineCells(text) <= width || width < 40;
    return fits ? cutLine(text, width) : [...cutLine(text, width - lineCells(rest)), ...rest];
  }
  if (model.asking !== undefined)
    return cutLine([span(' … ', 'accent'), span(safeText(`asking to ${askWords(model.asking)}`), 'dim')], width);
  return place === undefined ? [] : hintLine(model, place, width);
}

function commandPrompt(model: Model, field: TextField, width: number): Line {
  const typed = fieldText(field);
  const [best = '', ...more] = completionsFor(model, typed);
  const [first = '', ...rest] = best.startsWith(typed) && field.cursor === field.text.length ? best.slice(typed.length) : '';
  const says = wordsFor(model.readonly).find((word) => word.word === best.split(' ')[0]);
  const right =
    says === undefined
      ? ''
      : more.length > 0 && typed === ''
        ? more.slice(0, 4).join(' ')
        : `${says.takes ?? ''} ${says.says}`.trim();
  const entry = fieldSpans(field, width - 4);
  // The cursor stands on the first letter of what tab would add.
  const shown: Line =
    first === ''
      ? entry
      : [span(safeText(typed)), { text: safeText(first), inverse: true }, span(safeText(rest.join('')), 'dim')];
  return endsLine([strong(' :', 'accent'), ...shown], [span(`${safeText(right)} `, 'dim')], width);
}

/** Asking takes a line, and after a refusal something that can be asked for. */
const asksFor = (model: Model, place: Place): boolean => {
  const { overlay, line } = model;
  if (place !== 'refused') return line.line !== 'waiting' && line.line !== 'refused';
  return overlay?.overlay === 'refused' && serverAsked(model, overlay.ask) !== undefined;
};

/** Enter on an explanation does nothing where no step can be taken from here. */
const leadsOn = (model: Model): boolean => {
  const { overlay } = model;
  return overlay?.overlay === 'card' && overlay.card.card === 'explained' && remedyOf(model, overlay.card) !== undefined;
};

/** The keys worth knowing here, as many as fit, and always the one that shows the others; drawn from the keymap. */
export function hintLine(model: Model, place: Place, width: number): Line {
  const disconnected = model.line.line === 'waiting' || model.line.line === 'refused';
  const signingIn = place === 'sign-in' || place === 'waiting';
  const worth = bindingsAt(place, model.readonly).filter(
    ({ hint, command }) =>
      hint !== undefined &&
      (command !== 'remedy' || leadsOn(model)) &&
      (command !== 'retry' || disconnected || signingIn) &&
      (command !== 'ask-for' || asksFor(model, place)) &&
      (command !== 'down' || moreBelow(model) > 0),
  );
  const pieceOf = ({ command, hint = '', presses: [press = ''] }: (typeof worth)[number]): Line => {
    const word = command === 'follow' && !model.audit.following ? 'follow' : hint;
    return [span('   '), strong(pressName(press)), span(` ${word}`, 'dim')];
  };
  const help = worth.filter(({ command }) => command === 'help').flatMap(pieceOf);
  let out: Line = [];
  for (const binding of worth) {
    const more = binding.command === 'help' ? [] : pieceOf(binding);
    if (lineCells([...out, ...more, ...help]) - 2 > width) break;
    out = [...out, ...more];
  }
  // The gap before the first one is the margin.
  return cutLine([span(' '), ...[...out, ...help].slice(1)], width);
}
