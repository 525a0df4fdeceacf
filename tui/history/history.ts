// The history of one's live session in a pager (`~h`): every line it has shown, the skipped ones among them, fetched by number as they are looked at. What
// is typed here goes to nobody (B1); the session goes on underneath. Draws screens of cells, owns no terminal.
import { type Problem, problemSentence } from '../../gateway/protocol/errors.ts';
import type { SessionRow, TerminalSize } from '../../gateway/protocol/nouns.ts';
import type { Gives, Takes } from '../../gateway/protocol/operator.ts';
import { openCrop } from '../../gateway/screen/crop.ts';
import { openFinder } from '../../gateway/screen/find.ts';
import type { Row } from '../../gateway/screen/row.ts';
import type { Screen } from '../../gateway/screen/screen.ts';
import { openPresses, type Pressed } from '../attach/presses.ts';
import { openQuestions } from '../attach/questions.ts';
import type { Strip } from '../attach/strip.ts';
import { requestWithCode } from '../attach/with-code.ts';
import type { Link } from '../link/link.ts';
import { type HistoryCommand, historyCommand, historyHints } from './history-keys.ts';
import { grouped, heightOf, historyPage } from './history-page.ts';
import { openLineCache, type Span } from './line-cache.ts';
import { openLineRows } from './line-rows.ts';

/** Lines asked for at once, at most: what the gateway gives. */
const mostAsked = 200;
const sideStep = 0.5;
const longestText = 200;

type Answer = Gives<'session.history'>;
type Search = { readonly text: string; readonly back: boolean };

export type HistoryParts = {
  readonly link: Link;
  readonly session: () => SessionRow;
  readonly size: () => TerminalSize;
  /** Rows of ours to be laid over the lines. */
  readonly over: () => readonly Row[];
  readonly draw: (screen: Screen) => void;
  readonly bell: () => void;
  /** The person goes back to the session; or there is no history for them, and why. */
  readonly leave: (problem?: Problem) => void;
  /** What was typed behind the key that left, where the page reads the bytes itself. */
  readonly typedOn?: (bytes: Uint8Array) => void;
};

export type History = {
  /** What was typed. */
  readonly feed: (bytes: Uint8Array) => void;
  readonly pressed: (pressed: Pressed) => void;
  readonly draw: () => void;
  readonly close: () => void;
};

export function openHistory(parts: HistoryParts): History {
  const { link } = parts;
  const cache = openLineCache();
  const rows = openLineRows();
  const crop = openCrop();
  let total = 0;
  let top = 0;
  /** What was pressed before the first lines came. */
  let early: Pressed[] | undefined = [];
  let left = 0;
  /** Which way one moves: what comes next is asked for before it is looked at. */
  let heading: 1 | -1 = -1;
  let said = 'asking for the history…';
  let search: Search | undefined;
  let match: number | undefined;
  let searching: object | undefined;
  let asking = false;
  let over = false;
  let drawn: TerminalSize = parts.size();

  const newest = (): Takes<'session.history'> => ({ session: parts.session().id, count: Math.min(mostAsked, height()) });
  const height = (): number => heightOf(parts.size().rows);
  const lastTop = (): number => Math.max(0, total - height());
  const status = (): Strip => {
    const { cols } = parts.size();
    const field = questions.field(cols - 2);
    if (field !== undefined) return [{ text: ' ' }, ...field];
    if (said !== '') return [{ text: ' ' }, { text: said, look: 'bold' }];
    const hint = historyHints.find((one) => [...one].length + 2 <= cols) ?? historyHints[historyHints.length - 1];
    return [{ text: ` ${hint ?? ''}` }];
  };
  const draw = (): void => {
    if (over) return;
    drawn = parts.size();
    const { cols, rows: lines } = drawn;
    const finder = search && { find: openFinder(search.text), length: search.text.length };
    const view = {
      serverName: parts.session().serverName,
      top,
      left,
      total,
      line: cache.get,
      finder,
      status: status(),
      over: parts.over(),
    };
    parts.draw(historyPage(view, cols, lines, crop));
  };
  const questions = openQuestions(draw);

  const take = (answer: Answer): void => {
    const atEnd = top >= lastTop();
    total = answer.total;
    cache.put(answer.from, answer.lines.map(rows.rowOf), answer.settled);
    top = Math.min(top, lastTop());
    if (atEnd && heading > 0) top = lastTop();
  };
  const failed = (problem: Problem): void => {
    said = problem.code === 'unreachable' ? 'the line is down; what is here can still be read' : problemSentence(problem);
  };
  /** What is looked at, and then what comes next, a screen each way. */
  const wanted = (): Span | undefined => {
    const lines = height();
    const span = (from: number): Span => ({ from: Math.max(0, from), to: Math.min(total, from + lines) });
    const seen = cache.missing(span(top));
    return seen ?? cache.missing(span(top + heading * lines)) ?? cache.missing(span(top - heading * lines));
  };
  const fetch = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    for (let span = wanted(); span !== undefined && !over && searching === undefined; span = wanted()) {
      const { from, to } = span;
      const answer = await link.request('session.history', {
        session: parts.session().id,
        from,
        count: Math.min(mostAsked, to - from),
      });
      if (over) return;
      if (!answer.ok) {
        failed(answer.problem);
        draw();
        break;
      }
      const before = total;
      take(answer.value);
      cache.trim(top);
      draw();
      if (answer.value.lines.length === 0 && answer.value.total === before) break;
    }
    asking = false;
  };
  const look = (to: number): void => {
    const next = Math.min(Math.max(0, to), lastTop());
    if (next === top && to !== top) parts.bell();
    heading = to >= top ? 1 : -1;
    top = next;
    draw();
    void fetch();
  };
  /** The newest lines may have moved on. */
  const last = async (): Promise<void> => {
    cache.refresh();
    heading = 1;
    const answer = await link.request('session.history', newest());
    if (over) return;
    if (answer.ok) take(answer.value);
    else failed(answer.problem);
    look(lastTop());
  };

  const callOff = (): boolean => {
    const was = searching !== undefined;
    searching = undefined;
    return was;
  };
  /** From there on, and from the other end when nothing is left. */
  const find = async ({ text, back }: Search, begin: number): Promise<void> => {
    callOff();
    const mine = {};
    searching = mine;
    let from = begin;
    let round = false;
    for (;;) {
      said = `looking for “${text}” ${back ? 'before' : 'from'} line ${grouped(from + 1)} · Esc calls it off`;
      draw();
      const answer = await link.request('session.history', {
        session: parts.session().id,
        from,
        count: height(),
        find: { text, ...(back ? { back } : {}) },
      });
      if (over || searching !== mine) return;
      if (!answer.ok) {
        failed(answer.problem);
        break;
      }
      const { found, searched = 0 } = answer.value;
      total = answer.value.total;
      if (found !== undefined && !(round && (back ? found < begin : found >= begin) && begin > 0 && found === match)) {
        said = round ? `found from the ${back ? 'end' : 'beginning'} on` : '';
        match = found;
        cache.put(answer.value.from, answer.value.lines.map(rows.rowOf), answer.value.settled);
        if (found < top || found >= top + height()) top = Math.min(Math.max(0, found - Math.floor(height() / 4)), lastTop());
        break;
      }
      const done = back ? searched <= 0 : searched >= total;
      if (!done) from = searched;
      else if (round || (back ? begin >= total : begin <= 0)) {
        said = `“${text}” is nowhere in this history`;
        break;
      } else {
        round = true;
        from = back ? total : 0;
      }
    }
    searching = undefined;
    draw();
    void fetch();
  };
  const ask = async (back: boolean): Promise<void> => {
    const typed = await questions.line(back ? 'find before here' : 'find');
    if (over || typed === undefined) return draw();
    const text = typed === '' ? search?.text : typed.slice(0, longestText);
    if (text === undefined) return draw();
    search = { text, back };
    match = undefined;
    void find(search, back ? top + height() : top);
  };
  const again = (reverse: boolean): void => {
    if (search === undefined) {
      said = 'nothing was looked for yet: / and a text';
      return draw();
    }
    const back = search.back !== reverse;
    const seen = match !== undefined && match >= top && match < top + height() ? match : undefined;
    void find({ ...search, back }, back ? (seen ?? top + height()) : seen === undefined ? top : seen + 1);
  };

  const obey = (command: HistoryCommand): void => {
    switch (command) {
      case 'leave':
        return parts.leave();
      case 'up':
        return look(top - 1);
      case 'down':
        return look(top + 1);
      case 'page-up':
        return look(top - height());
      case 'page-down':
        return look(top + height());
      case 'half-up':
        return look(top - Math.ceil(height() / 2));
      case 'half-down':
        return look(top + Math.ceil(height() / 2));
      case 'left':
      case 'right': {
        const step = Math.floor(parts.size().cols * sideStep);
        left = Math.min(Math.max(0, left + (command === 'left' ? -step : step)), 500 - step);
        return draw();
      }
      case 'first':
        return look(0);
      case 'last':
        return void last();
      case 'find':
        return void ask(false);
      case 'find-back':
        return void ask(true);
      case 'again':
        return again(false);
      case 'again-back':
        return again(true);
      default:
        return command satisfies never;
    }
  };
  const pressed = (one: Pressed): void => {
    if (over) return;
    if (questions.open()) {
      if (!questions.take(one)) parts.bell();
      return;
    }
    if ('pasted' in one) return parts.bell();
    const command = historyCommand(one.press);
    if (early !== undefined && command !== 'leave') return void early.push(one);
    said = '';
    if (callOff() && command === 'leave') return draw();
    if (command === undefined) {
      parts.bell();
      return draw();
    }
    obey(command);
  };
  const presses = openPresses(pressed, (text) => parts.typedOn?.(Buffer.from(text)));
  const stopStates = link.onState((state) => {
    if (over || state.state !== 'open' || early !== undefined) return;
    said = '';
    draw();
    void fetch();
  });

  const begin = async (): Promise<void> => {
    const first = await requestWithCode(link, 'session.history', newest, (label) => questions.line(label, 'secret'));
    if (over) return;
    if (!first.ok) return parts.leave(first.problem);
    said = '';
    take(first.value);
    top = lastTop();
    const pressedEarly = early ?? [];
    early = undefined;
    draw();
    void fetch();
    for (const one of pressedEarly) pressed(one);
  };

  draw();
  void begin();
  return {
    feed: presses.feed,
    pressed,
    draw: () => {
      const { cols, rows: lines } = parts.size();
      const resized = cols !== drawn.cols || lines !== drawn.rows;
      top = Math.min(top, lastTop());
      draw();
      // Only then: what could not be had is not asked for again at every picture of the session.
      if (resized && early === undefined) void fetch();
    },
    close: () => {
      if (over) return;
      over = true;
      stopStates();
      presses.close();
      questions.close();
      rows.close();
    },
  };
}
