// What is said of sinks and alerts, and the test of a sink (E40). They are set in config.json and nowhere else (A4).
import { personActor } from '../identity/happening.ts';
import { fine } from '../protocol/errors.ts';
import { causeFrom } from '../protocol/trail-nouns.ts';
import { workspace } from './administration.ts';
import type { Handler } from './call.ts';

export const listSinks: Handler<'sink.list'> = async ({ parts, caller, request }) => {
  const allowed = await parts.enforcer.enforce(caller, 'audit.read', workspace, request);
  return allowed.ok ? fine({ sinks: [...(parts.signals?.sinks.rows() ?? [])] }) : allowed;
};

export const testSink: Handler<'sink.test'> = async ({ parts, caller, request }, { sink }) => {
  const allowed = await parts.enforcer.enforce(caller, 'sink.test', workspace, request);
  if (!allowed.ok) return allowed;
  const tested = await parts.signals?.sinks.test(sink);
  if (tested?.ok !== true) return parts.enforcer.unknown(caller, 'sink.test', request);
  const { taken: delivered } = tested.value;
  await parts.log.commit(() => ({
    events: [
      {
        type: 'sink.tested',
        actor: personActor(caller.login, caller.device),
        outcome: delivered ? 'ok' : 'failed',
        request,
        data: { sink, delivered },
        personal: {},
      },
    ],
    answer: undefined,
  }));
  return fine({ delivered, ...(tested.value.taken ? {} : { cause: causeFrom(tested.value.cause) }) });
};

export const listAlerts: Handler<'alert.list'> = async ({ parts, caller, request }) => {
  const allowed = await parts.enforcer.enforce(caller, 'audit.read', workspace, request);
  return allowed.ok ? fine({ alerts: [...(parts.signals?.rules ?? [])] }) : allowed;
};
