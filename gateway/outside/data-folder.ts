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
    state: path.join(data, 'state.json'),
    vault: path.join(data, 'vault.json'),
    audit: path.join(data, 'audit'),
    head: path.join(data, 'head.json'),
    recordings: path.join(data, 'recordings'),
  } as const;
}
