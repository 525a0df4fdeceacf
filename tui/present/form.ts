// Boxes one fills in or chooses from: ending, freezing, writing to, prolonging, taking over, inviting, locking; a session of one's own that goes on;
// the code of an invitation.

import type { LockKind } from '../../gateway/protocol/nouns.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import type { Form } from '../model/form.ts';
import type { FormField } from '../model/form-field.ts';
import type { Model, Overlay } from '../model/model.ts';
import type { Resume } from '../model/resuming.ts';
import { accessFormWords, type FormWords } from './access-form.ts';
import { bigText } from './big-text.ts';
import { boxed } from './box.ts';
import { fieldSpans } from './prompt.ts';
import { blank, cells, cutLine, type Hue, type Line, span, strong, wrapWords } from './span.ts';
import { age, clock } from './times.ts';

const kept = 'The reason is shown to everybody in it and kept in the log.';

function wordsOf(model: Model, { purpose }: Form): FormWords {
  const back = 'back';
  switch (purpose.purpose) {
    case 'kill':
      return {
        title: 'End a session',
        says: `This ends ${purpose.who}’s session on ${purpose.name}, and whatever runs in it.`,
        also: kept,
        does: 'end it',
        leaves: 'leave it running',
        hue: 'bad',
      };
    case 'freeze':
      return {
        title: 'Freeze',
        says: `Nobody can type in ${purpose.who}’s session on ${purpose.name} until it is freed. What runs in it goes on.`,
        also: kept,
        does: 'freeze it',
        leaves: back,
        hue: 'accent',
      };
    case 'message':
      return {
        title: 'Message',
        says: `Everybody in ${purpose.who}’s session on ${purpose.name} reads it above their screen.`,
        does: 'send it',
        leaves: back,
        hue: 'accent',
      };
    case 'extend':
      return {
        title: 'More time',
        says: `Puts off the end of ${purpose.who}’s session on ${purpose.name}, as far as the workspace allows.`,
        also: 'The reason is kept in the log.',
        does: 'put it off',
        leaves: back,
        hue: 'accent',
      };
    case 'take-over':
      return {
        title: 'Take over',
        says: `You get the keyboard of ${purpose.who}’s session on ${purpose.name}. Whoever has it now loses it, and is told that it was you.`,
        does: 'take it',
        leaves: 'leave it to them',
        hue: 'bad',
      };
    case 'invite':
      return {
        title: 'Invite',
        says: `One person, signed in as themselves, into ${purpose.who}’s session on ${purpose.name}.`,
        also: '←→ chooses as what: a peer may be handed the keyboard.',
        does: 'invite',
        leaves: back,
        hue: 'accent',
      };
    case 'lock':
      return {
        title: 'Lock',
        says: `${purpose.name} is shut out at once${purpose.kind === 'server' ? ': nobody comes in' : ''}. ${struck(model, purpose)}`,
        also: 'The reason is shown to whom it stops, and kept in the log.',
        does: 'lock',
        leaves: back,
        hue: 'bad',
      };
    case 'unlock':
      return {
        title: 'Take a lock off',
        says: `${purpose.name} may do again what policy allows.`,
        also: 'The reason is kept in the log.',
        does: 'take it off',
        leaves: 'leave it on',
        hue: 'accent',
      };
    default:
      return accessFormWords(purpose);
  }
}

/** Which live sessions a lock would end, as far as one sees them. */
function struck(model: Model, { kind, target }: { readonly kind: LockKind; readonly target: string }): string {
  if (kind !== 'person' && kind !== 'server') return 'Live sessions of everybody it is on end.';
  const rows = [...model.sessions.rows.values()].filter((row) => (kind === 'person' ? row.person : row.server) === target);
  if (rows.length === 0) return 'No live session that you see ends.';
  const names = [...new Set(rows.map((row) => (kind === 'person' ? row.serverName : row.personName)))].join(', ');
  return `${rows.length === 1 ? 'One live session ends' : `${rows.length} live sessions end`}: ${names}.`;
}

export function formLines(model: Model, form: Form, width: number): readonly Line[] {
  const words = wordsOf(model, form);
  const text = (sentence: string, hue: Hue = 'plain') =>
    wrapWords(safeText(sentence), width - 4).map((part): Line => [span(part, hue)]);
  const label = Math.max(0, ...form.fields.map((field) => field.label.length));
  return boxed(
    words.title,
    [
      ...text(words.says),
      ...(words.also === undefined ? [] : text(words.also, 'dim')),
      blank,
      ...form.fields.map((field, index) => fieldLine(field, index === form.at, label, width - 4, words.hue)),
      ...(form.fields.length === 0
        ? []
        : [form.lacks === undefined ? blank : [span(`✗ ${form.lacks}${form.lacks.includes(' ') ? '' : ' is missing'}`, 'bad')]]),
      [
        strong('enter'),
        span(` ${words.does}   `, 'dim'),
        ...(form.fields.length < 2 ? [] : [strong('tab'), span(' next   ', 'dim')]),
        strong('esc'),
        span(` ${words.leaves}`, 'dim'),
      ],
    ],
    width,
    words.hue,
  );
}

function fieldLine(field: FormField, here: boolean, label: number, width: number, hue: Hue): Line {
  const head: Line = [span(`${field.label.padEnd(label)} `, here ? hue : 'dim'), span(here ? '▸ ' : '  ', hue)];
  const room = width - label - 3;
  if (field.field === 'choice')
    return [
      ...head,
      ...field.options.flatMap(
        (option, index): Line => [
          index > 0 ? span('  ') : span(''),
          index === field.at ? { text: ` ${option} `, inverse: true } : span(` ${option} `, 'dim'),
        ],
      ),
    ];
  const empty = field.typed.text.length === 0;
  if (!here) return [...head, empty ? span(field.otherwise ?? '…', 'dim') : span(field.typed.text.map(safeText).join(''))];
  const typed = fieldSpans(field.typed, room);
  return empty && field.otherwise !== undefined ? [...head, ...typed, span(` ${field.otherwise}`, 'dim')] : [...head, ...typed];
}

/** A session of one's own goes on there: back to it, or another shell? */
export function resumeLines(model: Model, { sessions, name, at }: Resume, width: number): readonly Line[] {
  const room = width - 4;
  const rows: readonly string[] = [
    ...sessions.map((row) => {
      const left = row.detachedAt === undefined ? '' : `, left ${age(row.detachedAt, model.now)} ago`;
      return `back to the one since ${clock(row.startedAt)}${left}${row.title === '' ? '' : `: ${row.title}`}`;
    }),
    'a new shell',
  ];
  const many = sessions.length === 1 ? 'A session of yours goes' : `${sessions.length} sessions of yours go`;
  return boxed(
    'Go back?',
    [
      ...wrapWords(safeText(`${many} on at ${name}.`), room).map((part): Line => [span(part)]),
      blank,
      ...rows.map((row, index): Line => {
        const text = safeText(row);
        return cutLine(index === at ? [span('▸ ', 'accent'), { text, inverse: true }] : [span('  '), span(text)], room);
      }),
      blank,
      [strong('enter'), span(' go on   ', 'dim'), strong('n'), span(' new shell   ', 'dim'), strong('esc'), span(' back', 'dim')],
    ],
    width,
    'accent',
  );
}

/** The code of an invitation, to be told to the person it is for. */
export function invitedLines({ code, invite, name }: Extract<Overlay, { overlay: 'invited' }>, width: number): readonly Line[] {
  const text = (sentence: string, hue: Hue = 'plain') =>
    wrapWords(safeText(sentence), width - 4).map((part): Line => [span(part, hue)]);
  const big = bigText(code);
  const fits = big.every((row) => cells(row) <= width - 4);
  return boxed(
    'Invited',
    [
      ...text(
        `${invite.personName} may join on ${name} as ${invite.role} until ${clock(invite.expiresAt)}. Nobody else can use the code:`,
      ),
      blank,
      ...(fits ? big.map((row): Line => [span(row, 'accent')]) : []),
      [strong(`sallyport join ${safeText(code)}`)],
      blank,
      ...text('It is not shown again. They see the invitation on their dashboard, too.', 'dim'),
      [strong('enter'), span(' done', 'dim')],
    ],
    width,
    'accent',
  );
}
