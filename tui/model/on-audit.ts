// What the keys of the audit tail do to the chosen record (S83, E41).
import type { AuditRow } from '../../gateway/protocol/nouns.ts';
import type { PivotCommand } from '../keys/keymap.ts';
import { type Step, step } from './action.ts';
import { ask } from './asking.ts';
import { chosenRow, foldTail, followTail } from './audit-tail.ts';
import { pageRows } from './layout.ts';
import { say } from './messages.ts';
import type { Model } from './model.ts';
import { type Pivot, pivoted } from './pivot.ts';

const pivotOf: Readonly<Record<PivotCommand, Pivot>> = {
  'same-actor': 'actor',
  'same-server': 'server',
  'same-address': 'address',
  'same-session': 'session',
};

/** The query that asks for records like the chosen one; or why there is none. */
export function pivotOn(
  model: Model,
  command: PivotCommand,
): { readonly refilter: string } | { readonly refilter?: undefined; readonly step: Step } {
  const row = chosenRow(model.audit);
  if (row === undefined) return { step: step(model) };
  const to = pivoted(model.audit.query, row, pivotOf[command]);
  return 'query' in to ? { refilter: to.query } : { step: say(model, model.now, 'bad', to.lacks) };
}

export function foldChosen(model: Model): Step {
  if (model.route !== 'audit') return step(model);
  const audit = foldTail(model.audit, pageRows(model.size));
  if (audit !== model.audit) return step({ ...model, audit });
  return chosenRow(audit) === undefined ? step(model) : say(model, model.now, 'plain', 'This record stands alone.');
}

/** Where it was recorded: the session at that moment, or the session itself while it lives. Records without one are shown whole. */
export function openRecord(before: Model): Step {
  const row = chosenRow(before.audit);
  if (row === undefined) return step(before);
  const session = sessionOf(row);
  if (session === undefined) return showRecord(before);
  // Whoever comes back finds the record where it was.
  const model: Model = { ...before, audit: followTail(before.audit, false, pageRows(before.size)) };
  const live = model.sessions.rows.get(session);
  if (live !== undefined && live.state !== 'ended') {
    const said = say(model, model.now, 'plain', `The session on ${live.serverName} is live: you watch it as it is now.`);
    const asked = ask(said.model, { ask: 'watch', session, name: live.serverName });
    return { model: asked.model, effects: [...said.effects, ...asked.effects] };
  }
  return ask(model, { ask: 'replay', session, name: serverOf(model, row, session), at: row.at });
}

/** All of the chosen record. Of a session that is over, the whole of it too. */
export function showRecord(model: Model): Step {
  const row = chosenRow(model.audit);
  if (row === undefined) return step(model);
  const shown: Model = { ...model, overlay: { overlay: 'card', card: { card: 'record', row, records: undefined }, top: 0 } };
  return row.type === 'session.ended' && row.session !== undefined
    ? step(shown, { effect: 'session-records', session: row.session })
    : step(shown);
}

const sessionOf = (row: AuditRow): string | undefined => {
  const said = row.data['session'];
  return row.session ?? (typeof said === 'string' ? said : undefined);
};

/** Where the session was, as this or another record of it says; the session itself where none does. */
function serverOf(model: Model, row: AuditRow, session: string): string {
  const named = (one: AuditRow): boolean => one.target?.id.startsWith('srv_') === true;
  if (named(row)) return row.target?.name ?? session;
  for (const entry of model.audit.entries)
    if (entry.entry === 'row' && entry.row.session === session && named(entry.row)) return entry.row.target?.name ?? session;
  return session;
}
