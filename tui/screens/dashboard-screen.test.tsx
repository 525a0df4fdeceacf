import fc from 'fast-check';
import { renderToString } from 'ink';
import { expect, test } from 'vitest';
import { aSelf } from '../../fixtures/shots/cast-of-people.ts';
import { line, open } from '../../fixtures/shots/happenings.ts';
import { sceneAt, sceneAudit, sceneServers, sceneSessions } from '../../fixtures/shots/scenery.ts';
import { cellWidth } from '../../gateway/protocol/cell-width.ts';
import { fine, refuse } from '../../gateway/protocol/errors.ts';
import { bindings } from '../keys/keymap.ts';
import type { Action } from '../model/action.ts';
import { isTooSmall } from '../model/layout.ts';
import { beginModel, type Model } from '../model/model.ts';
import { update } from '../model/update.ts';
import { DashboardScreen } from './dashboard-screen.tsx';

const servers = sceneServers();
const hostile = 'x\u001B[2J\u202E字👩‍🚀'.repeat(9);
const opened = line(open(aSelf({ name: hostile }), { name: hostile }));
const happenings: readonly Action[] = [
  opened,
  { action: 'audit-page', query: '', older: false, page: { events: sceneAudit(60, 9), head: 60 } },
  {
    action: 'line',
    roundTripMs: undefined,
    now: sceneAt,
    state: { state: 'waiting', attempt: 3, retryAt: sceneAt + 9_000, problem: { code: 'unreachable', detail: hostile } },
  },
  {
    action: 'push',
    push: { type: 'servers.changed', whole: true, rows: servers.map((row) => ({ ...row, groups: [hostile] })), gone: [] },
    now: sceneAt,
  },
  {
    action: 'push',
    push: {
      type: 'sessions.changed',
      whole: true,
      rows: sceneSessions(servers).map((row) => ({ ...row, title: hostile, personName: hostile })),
      gone: [],
    },
    now: sceneAt,
  },
  {
    action: 'push',
    push: {
      type: 'audit.appended',
      from: 60,
      head: 70,
      rows: sceneAudit(70, 5).map((row) => ({ ...row, summary: hostile, data: { [hostile]: hostile } })),
    },
    now: sceneAt,
  },
  { action: 'answered', ask: { ask: 'open', server: 's', name: hostile }, result: refuse('step-up'), now: sceneAt },
  { action: 'answered', ask: { ask: 'codes' }, result: fine({ ask: 'codes', codes: [hostile, 'b', 'c'] }), now: sceneAt },
  { action: 'proven', result: refuse('code-throttled', undefined, { retryAfterMs: 9_000 }), now: sceneAt },
  {
    action: 'sign-in-code',
    code: { userCode: hostile, address: `https://${hostile}`, expiresAt: sceneAt + 1, peer: hostile, machine: hostile },
    now: sceneAt,
  },
  { action: 'sign-in-over', result: refuse('login-denied', hostile), now: sceneAt },
  { action: 'enrolment-begun', result: fine({ secret: hostile, uri: hostile }) },
  { action: 'refused-list', route: 'servers', problem: { code: 'denied', detail: hostile } },
];
const keys = [...new Set(bindings.flatMap((b) => b.presses)), 'x', '字', 'tab', 'backspace', 'login', 'totp'];
const action = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...keys).map((press): Action => ({ action: 'press', press })) },
  { weight: 2, arbitrary: fc.constantFrom(...happenings) },
  fc
    .record({ cols: fc.integer({ min: 1, max: 200 }), rows: fc.integer({ min: 1, max: 60 }) })
    .map((size): Action => ({ action: 'resized', size })),
);

test('whatever happens in whatever order, a frame is never larger than the screen and never drives the terminal (X1)', () => {
  const fresh = beginModel({ now: sceneAt, size: { cols: 80, rows: 24 }, readonly: false, url: 'https://gate' });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 25 }), (actions) => {
      const model = actions.reduce<Model>(
        (before, a) => ({ ...update(before, a).model, away: false }),
        update(fresh, opened).model,
      );
      const frame = renderToString(<DashboardScreen model={model} />, { columns: model.size.cols });
      const lines = frame.replaceAll(/\u001B\[[\d;]*m/g, '').split('\n');
      expect(lines.length).toBeLessThanOrEqual(model.size.rows);
      for (const line of lines) {
        expect(cellWidth(line)).toBeLessThanOrEqual(model.size.cols);
        expect(line).not.toMatch(/[\u0000-\u001F\u007F-\u009F\u202E]/);
      }
      if (!isTooSmall(model.size)) expect(lines).toHaveLength(model.size.rows);
    }),
    { numRuns: 150 },
  );
});
