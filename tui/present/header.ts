// The first line: name, gateway, screens. And the last: how the line is, who one is, what the clock says.
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { callWords, keyOf } from '../model/calls.ts';
import { catchingUp } from '../model/looking.ts';
import type { Model, Route } from '../model/model.ts';
import { cutLine, endsLine, type Line, lineCells, span, strong } from './span.ts';
import { bytes, clock, countdown, grouped } from './times.ts';

const titles: readonly { readonly route: Route; readonly title: string }[] = [
  { route: 'servers', title: 'Servers' },
  { route: 'sessions', title: 'Sessions' },
  { route: 'audit', title: 'Audit' },
];

const mark: Line = [strong('▌sallyport', 'accent')];

/** `tabs` false: a screen that is not one of the three. */
export function headerLine(model: Model, tabs: boolean, width: number): Line {
  const name = model.gatewayName ?? '';
  const left: Line = [...mark, ...(name === '' ? [] : [span('  '), span(safeText(name), 'dim')])];
  if (!tabs) return cutLine(left, width);
  const long = join(titles.map(({ route, title }, index) => tab(index + 1, title, tally(model, route), model.route === route)));
  const short = join(titles.map(({ route, title }, index) => tab(index + 1, title, '', model.route === route)));
  const right = lineCells(left) + lineCells(long) + 2 <= width ? long : short;
  // The screens matter more than where one is.
  return lineCells(left) + lineCells(right) + 2 <= width
    ? endsLine(left, [...right, span(' ')], width)
    : cutLine([...mark, span(' '), ...right], width);
}

function tab(key: number, title: string, tally: string, front: boolean): Line {
  const name = ` ${key} ${title} `;
  const count = tally === '' ? '' : `${tally} `;
  return front ? [{ text: name + count, hue: 'accent', inverse: true, bold: true }] : [span(name, 'dim'), span(count)];
}

function tally(model: Model, route: Route): string {
  if (route === 'audit') return '';
  const list = model[route];
  if (!list.loaded) return '';
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
    lineSpans(model),
    ...callSpans(model),
    ...(self === undefined ? [] : [[span(safeText(self.name)), span(` ${self.role}`, 'dim')]]),
    ...(model.readonly ? [[span('read-only', 'warn')]] : []),
    ...(failing ? [[span('✗ REC FAILED', 'bad')]] : recording > 0 ? [[span('●', 'bad'), span(` REC ${recording}`)]] : []),
    ...(model.audit.through === undefined || !model.followsAudit
      ? []
      : [[span('audit ', 'dim'), span(`#${grouped(model.audit.through)}`, 'dim')]]),
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
