import { expect, test } from 'vitest';
import { asShown, withFlags } from './audit-query.ts';

test('heartbeats and seals are out of sight until a query asks for types, codes or numbers, or speaks of them', () => {
  expect(asShown('')).toBe('-type:audit.heartbeat,state.sealed');
  expect(asShown('actor:uma since:2h')).toBe('actor:uma since:2h -type:audit.heartbeat,state.sealed');
  expect(asShown('actor:uma OR actor:omar')).toBe('(actor:uma OR actor:omar) -type:audit.heartbeat,state.sealed');
  for (const asked of ['type:audit.*', 'code:V0002I', '-type:login.*', '(seq:1..9)', 'heartbeat', 'x'.repeat(500)])
    expect(asShown(asked)).toBe(asked);
});

test('S71: flags stand for terms, whatever is in them', () => {
  expect(withFlags('', {})).toBe('');
  expect(withFlags('', { action: 'deploy.*', at: 'tue 15:00±30m' })).toBe('action:"deploy.*" at:"tue 15:00±30m"');
  expect(withFlags('actor:uma OR actor:omar', { at: 'today" x' })).toBe('(actor:uma OR actor:omar) at:"today x"');
});
