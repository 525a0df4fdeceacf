// The first line: name, gateway, screens. And the last: how the line is, who one is, what the clock says.
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { callWords, keyOf } from '../model/calls.ts';
import { countsInSeconds, firstToEnd, glassBroken, waitingForOne } from '../model/countdown.ts';
import { isListRoute } from '../model/lists.ts';
import { catchingUp } from '../model/looking.ts';
import type { Model, Route } from '../model/model.ts';
import { placeWords } from '../model/selector-words.ts';
import { glassBanner } from './breakglass.ts';
import { listViews } from './list-views.ts';
import { cutLine, endsLine, type Line, lineCells, span, strong } from './span.ts';
import { age, bytes, clock, countdown, grouped } from './times.ts';
import { conflictSpans, trailSpans, troubleSpans } from './trail.ts';

/** Screens with a key of their own. */
const tabs: readonly { readonly route: Route; readonly title: string }[] = [
  { route: 'servers', title: 'Servers' },
  { route: 'sessions', title: 'Sessions' },
  { route: 'audit', title: 'Audit' },
  { route: 'requests', title: 'Requests' },
  { route: 'grants', title: 'Grants' },
];

const mark: Line = [strong('▌sallyport', 'accent')];

/** `tabs` false: no list is in front. */
export function headerLine(model: Model, lists: boolean, width: number): Line {
  const name = model.gatewayName ?? '';
  const banner = glassBanner(glassBroken(model));
  const place: Line = name === '' ? [] : [span('  '), span(safeText(name), 'dim')];
  const alarm: Line = banner.length === 0 ? [] : [span(' '), ...banner];
  if (!lists) return cutLine([...mark, ...alarm, ...place], width);
  const { route } = model;
  const all = tabs.map((one, index) => ({ ...one, key: index + 1 }));
  const open = all.some((one) => one.route === route) ? all : [...all, { route, title: titleOf(route), key: undefined }];
  const few = open.filter((one) => one.key === undefined || one.key <= 4 || one.route === route);
  const front = open.filter((one) => one.route === route);
  const written = (some: typeof open, told: boolean): Line =>
    join(some.map((one) => tab(one.key, one.title, told ? tally(model, one.route) : '', one.route === route)));
  // The glass that is broken comes first, then the screens and how much is on them; where one is gives way.
  const ways: readonly (readonly [Line, Line])[] = [
    [place, written(open, true)],
    [[], written(open, true)],
    [[], written(few, true)],
    [place, written(open, false)],
    [[], written(open, false)],
    [[], written(few, false)],
    [[], written(front, true)],
  ];
  const head: Line = [...mark, ...alarm];
  for (const [more, right] of ways)
    if (lineCells(head) + lineCells(more) + lineCells(right) + 2 <= width)
      return endsLine([...head, ...more], [...right, span(' ')], width);
  // Where hardly anything fits, the glass that is broken is what stands there.
  return cutLine(lineCells(head) > width ? banner : [...head, span(' '), ...written(front, false)], width);
}

/** Of a screen that has no key. */
const titleOf = (route: Route): string => (isListRoute(route) ? listViews[route].title : route);

function tab(key: number | undefined, title: string, tally: string, front: boolean): Line {
  const name = key === undefined ? ` ${title} ` : ` ${key} ${title} `;
  const count = tally === '' ? '' : `${tally} `;
  return front ? [{ text: name + count, hue: 'accent', inverse: true, bold: true }] : [span(name, 'dim'), span(count)];
}

function tally(model: Model, route: Route): string {
  if (route === 'audit') return '';
  const waiting = route === 'requests' ? waitingForOne(model) : 0;
  if (waiting > 0) return `◆${grouped(waiting)}`;
  const list = isListRoute(route) ? model.lists[route] : model[route];
  // Who has no request and no grant has no number to read either.
  if (!list.loaded || (list.total === 0 && (route === 'requests' || route === 'grants'))) return '';
  if (list.filter === '') return grouped(list.total);
  // What is here may not be all that fits.
  return `${grouped(list.match)}${list.guessed ? '+' : ''}/${grouped(list.total)}`;
}

const join = (parts: readonly Line[]): Line => parts.flatMap((part, index) => (index === 0 ? part : [span(' '), ...part]));

export function lineSpans(model: Model): Line {
  const { line } = model;
  switch (line.line) {
    case 'open':
      if (catchingUp(model)) return [span('◌ ', 'warn'), span('catching up')];
      return [
        span('● ', 'good'),
        span(model.roundTripMs === undefined ? 'connected' : `connected ${Math.max(1, Math.round(model.roundTripMs))} ms`),
      ];
    case 'connecting':
      return [span('◌ ', 'warn'), span(line.attempt === 0 ? 'connecting' : `connecting, attempt ${line.attempt + 1}`)];
    case 'waiting':
      return [
        span('○ ', 'bad'),
        span(`offline, attempt ${line.attempt + 1} in ${countdown(line.retryAt, model.now)}`, 'bad'),
        span(' (r now)', 'dim'),
      ];
    case 'refused':
      return [span('✗ refused', 'bad')];
    default:
      return line satisfies never;
  }
}

/** Who wants one: stays until it is answered, put away with esc, or over. */
function callSpans({ calls }: Model): readonly Line[] {
  const call = calls.at(-1);
  if (call === undefined) return [];
  const more = calls.length === 1 ? '' : ` (+${calls.length - 1})`;
  return [
    [
      strong('◆ ', 'accent'),
      span(`${safeText(callWords(call))}${more}`, 'accent'),
      span(' · ', 'dim'),
      strong('2 '),
      strong(keyOf(call.role)),
    ],
  ];
}

/** Requests that wait for one: stays until they are answered. */
function waitingSpans(model: Model): readonly Line[] {
  const waiting = waitingForOne(model);
  if (waiting === 0 || model.route === 'requests') return [];
  return [
    [
      strong('◆ ', 'accent'),
      span(waiting === 1 ? '1 request waits for you' : `${grouped(waiting)} requests wait for you`, 'accent'),
      span(' · ', 'dim'),
      strong('4'),
    ],
  ];
}

/** The grant of one's own that ends first: `full on db-1 · 12:04 left`. */
function grantSpans(model: Model): readonly Line[] {
  const grant = firstToEnd(model);
  if (grant === undefined) return [];
  const seconds = countsInSeconds(model);
  const left = seconds ? countdown(grant.until, model.now) : age(model.now, grant.until);
  return [
    [
      span(`${grant.terms.level} on ${safeText(placeWords(grant))}`, seconds ? 'warn' : 'plain'),
      span(' · ', 'dim'),
      span(`${left} left`, seconds ? 'warn' : 'plain'),
    ],
  ];
}

/** What comes in at the moment, and what the line has carried since the start. */
function figureSpans({ line, figures }: Model): readonly Line[] {
  if (line.line !== 'open' || figures === undefined || figures.bytesIn === 0) return [];
  const carried: Line = [span(`↓${bytes(figures.bytesIn)}B ↑${bytes(figures.bytesOut)}B`, 'dim')];
  return figures.goodput < 1 ? [carried] : [[span(`${bytes(figures.goodput)}B/s`, 'dim')], carried];
}

/** Least important last: what does not fit is left out whole, never cut. */
export function statusLine(model: Model, width: number): Line {
  const { self } = model;
  // What was recorded when the line broke is no news of now: no light is shown without a line (law 12).
  const heard = model.line.line === 'open' ? [...model.sessions.rows.values()] : [];
  const recording = heard.filter((row) => row.rec === 'on' || row.rec === 'behind').length;
  const failing = heard.some((row) => row.rec === 'failed');
  const parts: readonly Line[] = [
    ...conflictSpans(model),
    lineSpans(model),
    ...troubleSpans(model),
    ...callSpans(model),
    ...grantSpans(model),
    ...waitingSpans(model),
    ...(self === undefined ? [] : [[span(safeText(self.name)), span(` ${self.role}`, 'dim')]]),
    ...(model.readonly ? [[span('read-only', 'warn')]] : []),
    ...(failing ? [[span('✗ REC FAILED', 'bad')]] : recording > 0 ? [[span('●', 'bad'), span(` REC ${recording}`)]] : []),
    ...(model.audit.through === undefined || !model.followsAudit
      ? []
      : [[span('audit ', 'dim'), span(`#${grouped(model.audit.through)}`, 'dim')]]),
    ...trailSpans(model),
    ...figureSpans(model),
  ];
  const right: Line = [span(`${clock(model.now)} `, 'dim')];
  let left: Line = [span(' ')];
  for (const part of parts) {
    const more: Line = left.length === 1 ? [...left, ...part] : [...left, span('  ·  ', 'dim'), ...part];
    if (lineCells(more) + lineCells(right) + 1 <= width) left = more;
  }
  return endsLine(left, right, width);
}
