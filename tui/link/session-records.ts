// All records of one session, oldest first, in turns: for its summary (E43).
import { fine, type Result } from '../../gateway/protocol/errors.ts';
import type { AuditRow } from '../../gateway/protocol/nouns.ts';
import type { Gives, Takes } from '../../gateway/protocol/operator.ts';

const pageRows = 500;

/** `page` asks 'audit.page'. Errors: those of it (denied, unreachable …). */
export async function sessionRecords(
  page: (body: Takes<'audit.page'>) => Promise<Result<Gives<'audit.page'>>>,
  session: string,
): Promise<Result<readonly AuditRow[]>> {
  let rows: readonly AuditRow[] = [];
  for (let before: number | undefined; ; ) {
    const given = await page({ query: `session:${session}`, limit: pageRows, ...(before === undefined ? {} : { before }) });
    if (!given.ok) return given;
    const { events, looked } = given.value;
    rows = [...events, ...rows];
    before = looked?.from ?? 0;
    // Nothing of a session is before it was started.
    if (before === 0 || events[0]?.type === 'session.started') return fine(rows);
  }
}
