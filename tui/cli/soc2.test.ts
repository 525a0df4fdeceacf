import { expect, test } from 'vitest';
import { globFits } from '../../gateway/audit/glob.ts';
import { parseQuery } from '../../gateway/audit/query.ts';
import { eventTypes } from '../../gateway/protocol/events.ts';
import { csvLine } from './csv.ts';
import { controls, periodOf, within } from './soc2-controls.ts';

const now = Date.parse('2026-11-23T12:00:00Z');
const spanOf = (given: string) => {
  const period = periodOf(given, now);
  return period.ok ? `${period.value.from} ${period.value.to}` : period.problem.code;
};

test('S82: a period is a quarter, the last that has begun, or two days, both included', () => {
  expect(spanOf('Q3')).toBe('2026-07-01 2026-09-30');
  expect(spanOf('q4')).toBe('2026-10-01 2026-12-31');
  expect(periodOf('Q4', Date.parse('2026-03-01T00:00:00Z'))).toMatchObject({ value: { from: '2025-10-01', to: '2025-12-31' } });
  expect(spanOf('2024-Q1')).toBe('2024-01-01 2024-03-31');
  expect(spanOf('2026-07-01..2026-07-01')).toBe('2026-07-01 2026-07-01');
  for (const bad of ['', 'Q5', '2026', '2026-02-30..2026-03-01', '2026-07-02..2026-07-01', '2026-07-01..', 'a..b'])
    expect(spanOf(bad)).toBe('usage');
});

test('S82: each query of a control is one, and each type in it is in the catalogue', () => {
  for (const { query } of controls) {
    expect(parseQuery(within({ from: '2026-07-01', to: '2026-09-30' }, query), now)).toMatchObject({ ok: true });
    for (const types of query.matchAll(/type:(\S+)/g))
      for (const pattern of (types[1] ?? '').split(','))
        expect({ pattern, known: eventTypes.some((type) => globFits(pattern, type)) }).toEqual({ pattern, known: true });
  }
  expect(new Set(controls.flatMap(({ criteria }) => criteria))).toEqual(new Set(['CC6.1', 'CC6.2', 'CC6.3', 'CC7.1', 'CC7.2']));
  expect(new Set(controls.map(({ file }) => file)).size).toBe(controls.length);
});

test('X5: a cell of a CSV begins no formula, ends no row and drives no terminal', () => {
  expect(csvLine(['=1+1', '+49', '-x', '@a', '\tb', 'plain', -5, 7])).toBe("'=1+1,'+49,'-x,'@a,'␉b,plain,-5,7");
  expect(csvLine(['a"b', 'c,d', 'e\r\nf', '\x1b[31m'])).toBe('"a""b","c,d",e␍␊f,␛[31m');
});
