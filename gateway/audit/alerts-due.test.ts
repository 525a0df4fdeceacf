// What a start tells of a part of the log that nobody watched.
import { expect, test } from 'vitest';
import { alertWords, moreAlerts } from './alert-rules.ts';
import type { Raised } from './alerts.ts';
import { DueAlerts, mostAlerts } from './alerts-due.ts';

const minute = 60_000;
const raised = (seq: number, about: string, over: Partial<Raised['rule']> = {}): Raised => ({
  rule: { name: 'new-network', query: '', withinMs: minute, by: 'actor', severity: 'warning', ...over },
  count: 1,
  about,
  address: undefined,
  seqs: [seq],
});
const told = (due: DueAlerts): readonly string[] =>
  due.list().map(({ rule, about, count, seqs }) => `${rule.name} ${about ?? 'all'} ${count} ${seqs.at(-1)}`);

test('S78: of what nobody watched, one alert is told for each rule and whom it is about, per span of the log', () => {
  const due = new DueAlerts();
  for (let seq = 0; seq < 120; seq += 1) due.raise(raised(seq, seq % 2 === 0 ? 'uma' : 'ana'), seq * 1000);
  expect(told(due)).toEqual([
    'new-network uma 30 58',
    'new-network ana 30 59',
    'new-network uma 30 118',
    'new-network ana 30 119',
  ]);
  expect(due.list()[0]?.seqs).toEqual([40, 42, 44, 46, 48, 50, 52, 54, 56, 58]);
});

test('S78: of ten thousand a hundred are told, the most severe and the newest, and how many are not; a second start tells none of them again', () => {
  const all = (due: DueAlerts): void => {
    for (let seq = 0; seq < 10_000; seq += 1) {
      const severity = seq === 7_000 ? 'alert' : 'warning';
      due.raise(raised(seq, `usr ${seq}`, { severity }), seq);
    }
  };
  const first = new DueAlerts();
  all(first);
  const list = told(first);
  expect(list).toHaveLength(mostAlerts + 1);
  expect(list[0]).toBe('new-network usr 7000 1 7000');
  expect(list.at(-2)).toBe('new-network usr 9999 1 9999');
  expect(list.at(-1)).toBe('more-alerts all 9900 9900');
  expect(alertWords(moreAlerts.name)).toBeDefined();

  const second = new DueAlerts();
  all(second);
  for (const { rule, seqs } of first.list()) second.told({ rule: rule.name, seqs });
  expect(told(second)).toEqual([]);
  second.raise(raised(10_000, 'uma'), 10_000);
  expect(told(second)).toEqual(['new-network uma 1 10000']);
});

test('S78: what stands in the log as raised is not told again, nor what came after it in its span', () => {
  const due = new DueAlerts();
  due.raise(raised(1, 'uma'), 0);
  due.raise(raised(2, 'uma'), 1);
  due.told({ rule: 'new-network', seqs: [1, 2] });
  due.raise(raised(4, 'uma'), 2);
  expect(told(due)).toEqual([]);
  due.raise(raised(5, 'uma'), minute);
  expect(told(due)).toEqual(['new-network uma 1 5']);
});
