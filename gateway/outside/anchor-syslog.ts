// An anchor at a syslog receiver: each head is a message. Nothing is acknowledged and nothing can be read back; what it keeps is between it and whoever
// verifies.
import os from 'node:os';
import type { Anchor } from '../audit/anchor.ts';
import { fine } from '../protocol/errors.ts';
import { jsonSafe } from '../protocol/safe-text.ts';
import type { Head } from '../protocol/trail-nouns.ts';
import { openSyslog, type SyslogPorts } from './syslog.ts';
import type { SyslogMessage } from './syslog-message.ts';

/** A head as a message: itself as JSON, and its numbers as facts that a receiver can sort by. */
const headMessage = (head: Head, host: string): SyslogMessage => ({
  severity: 'info',
  at: head.ts,
  host,
  id: 'audit.head',
  facts: { chain: head.chain, size: head.size, epoch: head.epoch, root: head.root },
  text: jsonSafe(head),
});

export function openSyslogAnchor(name: string, ports: SyslogPorts): Anchor {
  const syslog = openSyslog(ports);
  const host = os.hostname();
  return {
    name,
    kind: 'syslog',
    readsEasily: false,
    note: 'syslog acknowledges nothing, and is not read back',
    take: (heads) => syslog.send(heads.map((head) => headMessage(head, host))),
    newest: async () => fine({ held: 'unknown' }),
    close: () => syslog.close(),
  };
}
