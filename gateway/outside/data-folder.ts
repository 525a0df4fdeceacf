// What stands where in a data folder: the one place that knows.
import path from 'node:path';

export function dataFolder(data: string) {
  return {
    root: data,
    config: path.join(data, 'config.json'),
    ca: path.join(data, 'ca.pem'),
    keys: path.join(data, 'keys'),
    signerKey: path.join(data, 'keys', 'gateway.key'),
    vaultKey: path.join(data, 'keys', 'vault.key'),
    epochKey: path.join(data, 'keys', 'epoch.key'),
    /** The key of the epoch to come, for as long as it takes to begin it. */
    nextEpochKey: path.join(data, 'keys', 'epoch.next'),
    /** Public half of epoch 0; absent in a workspace of 0.1.0, whose first record is bound to the gateway's own key. */
    rootKey: path.join(data, 'keys', 'root.pub'),
    state: path.join(data, 'state.json'),
    vault: path.join(data, 'vault.json'),
    audit: path.join(data, 'audit'),
    tree: path.join(data, 'audit', 'tree'),
    head: path.join(data, 'head.json'),
    recordings: path.join(data, 'recordings'),
    /** Heads that wait for anchors, and what those took; and heads kept for other gateways. */
    anchors: path.join(data, 'anchors'),
    anchored: path.join(data, 'anchored'),
    /** How far each sink has been fed. */
    sinks: path.join(data, 'sinks'),
    alertMemory: path.join(data, 'alerts.json'),
  } as const;
}
