// A page about one thing: all of a row, the history of the policies, or what one may do and why (law 4).
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { type Remedy, remedyOf } from '../model/explaining.ts';
import type { ListRoute, Lists, Rows } from '../model/lists.ts';
import type { Card, Model } from '../model/model.ts';
import { recordCard } from './audit.ts';
import { type ListView, listViews } from './list-views.ts';
import { fact, heading } from './pane.ts';
import { policyHistory, sourceLines } from './policies.ts';
import { blank, cutLine, type Line, span, strong, wrapWords } from './span.ts';
import { verdicts } from './words.ts';

/** Widest a line of text is read comfortably. */
const mostCells = 96;

export function cardLines(model: Model, card: Card, cols: number): readonly Line[] {
  const width = Math.min(mostCells, cols);
  return linesOf(model, card, width).map((line) => cutLine(line, width));
}

function linesOf(model: Model, card: Card, width: number): readonly Line[] {
  switch (card.card) {
    case 'row':
      return rowCard(model.lists, card.route, card.id, model.now, width);
    case 'record':
      return recordCard(card.row, card.records, width);
    case 'policy-history':
      return policyHistory(model.policySet, model.now, width);
    case 'explained':
      return explainedLines(model, card, width);
    default:
      return card satisfies never;
  }
}

function rowCard<K extends ListRoute>(lists: Lists, route: K, id: string, now: number, width: number): readonly Line[] {
  const view: ListView<Rows[K]> = listViews[route];
  const row = lists[route].rows.get(id);
  return row === undefined ? [[span('It is gone from the list.', 'dim')]] : view.pane(row, now, width);
}

const remedyWords: Readonly<Record<Remedy, string>> = {
  request: 'asks for it',
  enrol: 'sets up an authenticator',
  again: 'tries again, with a code where it takes one',
};

function explainedLines(model: Model, card: Extract<Card, { card: 'explained' }>, width: number): readonly Line[] {
  const { decision, conditions, fixes, policyText, signals } = card.given;
  const verdict = verdicts[decision.verdict];
  // A request is named with the digest a code would be bound to: for whoever reads, the request is enough.
  const target = decision.target?.split('#')[0];
  const remedy = remedyOf(model, card);
  const words = (text: string, indent: number, hue: 'plain' | 'dim' = 'plain') =>
    wrapWords(safeText(text), Math.max(8, width - indent)).map((part): Line => [span(' '.repeat(indent)), span(part, hue)]);
  return [
    [strong(`${verdict.glyph} ${verdict.word}`, verdict.hue), span(': '), span(safeText(card.name))],
    [span(safeText(`${decision.action}${target === undefined ? '' : ` on ${target}`}`), 'dim')],
    ...(remedy === undefined ? [] : [[strong('enter'), span(` ${remedyWords[remedy]}`, 'accent')]]),
    ...titled(
      'Missing',
      decision.missing.flatMap((text) => words(text, 2)),
      width,
    ),
    ...titled(
      'Conditions that are not met',
      conditions.flatMap(({ policy, words: text }) => [[span(`  ${safeText(policy)}`, 'dim')], ...words(text, 4)]),
      width,
    ),
    ...titled(
      'What helps, the nearest first',
      fixes.flatMap((text) => words(text, 2)),
      width,
    ),
    ...titled(
      `Policies that spoke: ${decision.policies.length}`,
      decision.policies.length === 0
        ? words('None allows it, so it is denied.', 2, 'dim')
        : decision.policies.flatMap((id, index) => [
            [strong(`  ${safeText(id)}`)],
            ...sourceLines(policyText[index] ?? '', width - 4).map((line): Line => [span('    '), ...line]),
          ]),
      width,
    ),
    ...titled(
      'What it rests on',
      Object.entries(signals).flatMap(([key, value]) => fact(safeText(key), safeText(plain(value)), width)),
      width,
    ),
  ];
}

const titled = (title: string, lines: readonly Line[], width: number): readonly Line[] =>
  lines.length === 0 ? [] : [blank, ...heading(title, width), ...lines];
const plain = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
