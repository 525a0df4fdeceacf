import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sceneAt, sceneAudit, sceneServers, sceneSessions } from '../../fixtures/shots/scenery.ts';
import { auditColumns } from './audit.ts';
import { serverColumns } from './servers.ts';
import { sessionColumns } from './sessions.ts';
import { type Line, lineCells } from './span.ts';
import { type Column, placeColumns, rowLine, titleLine } from './table.ts';

const text = (line: Line) => line.map((piece) => piece.text).join('');
const view = { now: sceneAt, wanted: new Map([['ses_x', 'moderator']]) };
const server = sceneServers()[0];
if (server === undefined) throw new Error('no scene');

test('columns never take more than there is, and the dearest stay longest', () => {
  const check = <R>(columns: readonly Column<R, typeof view>[]) =>
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 400 }), (width) => {
        const placed = placeColumns(columns, width);
        const used = placed.reduce((sum, p) => sum + p.width, 0) + 2 * (placed.length - 1);
        if (placed.length > 1) expect(used).toBeLessThanOrEqual(width);
        const dropped = columns.filter((c) => !placed.some((p) => p.column === c));
        for (const gone of dropped) for (const { column } of placed) expect(column.keep).toBeGreaterThan(gone.keep);
      }),
    );
  check(serverColumns);
  check(sessionColumns);
  check(auditColumns);
});

test('[E47] wide characters and emoji in a name do not move the columns beside it', () => {
  const placed = placeColumns(serverColumns, 78);
  const plain = text(rowLine(placed, server, view));
  for (const name of ['データベース', '🗄️ db', 'd\u0301b', 'x'.repeat(60)]) {
    const line = rowLine(placed, { ...server, name }, view);
    expect(lineCells(line)).toBe(plain.length);
    expect(text(line).slice(-40)).toBe(plain.slice(-40));
  }
});

test('[X1] what a server says of itself cannot drive the terminal', () => {
  const placed = placeColumns(sessionColumns, 200);
  const [row] = sceneSessions(sceneServers());
  if (row === undefined) throw new Error('no scene');
  const shown = text(rowLine(placed, { ...row, title: 'x\u001B[2J\u0007\u202E' }, view));
  expect(shown).toContain('x␛[2J␇⟨202E⟩');
  expect(shown).not.toMatch(/[\u0000-\u001F\u007F-\u009F\u202E]/);
});

test('the column one sorts by is marked', () => {
  expect(text(titleLine(placeColumns(serverColumns, 78), 'name'))).toContain('NAME↓');
});

test('a record that was refused or failed says so without colour', () => {
  const placed = placeColumns(auditColumns, 78);
  const lines = sceneAudit(15, 15).map((row) => text(rowLine(placed, { row }, view)));
  expect(lines.filter((line) => line.includes('⊘ '))).toHaveLength(1);
  expect(lines.filter((line) => line.includes('✗ '))).toHaveLength(4);
  expect(lines.filter((line) => line.includes('◆'))).toHaveLength(1);
});
