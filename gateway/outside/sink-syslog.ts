// Events to a syslog receiver. Taken = the system has taken them for the connection: syslog acknowledges nothing (syslog.ts says what that can lose).
import type { Receiver } from '../audit/sink.ts';
import type { Syslog } from './syslog.ts';

/** @param host what this gateway calls itself there */
export const openSinkSyslog = (syslog: Syslog, host: string): Receiver => ({
  async deliver(lines) {
    const sent = await syslog.send(
      lines.map(({ severity, at, type, seq, hash, text }) => ({ severity, at, host, id: type, facts: { seq, hash }, text })),
    );
    return sent.ok ? { taken: true } : { taken: false, cause: sent.problem.detail ?? sent.problem.code, final: false };
  },
  close: () => syslog.close(),
});
