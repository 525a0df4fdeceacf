// Starts a program of ours on a Node that is new enough, in JavaScript that any Node since 16 reads. The Node we ship comes as an
// optional dependency; a host whose own is new enough uses that.
import { spawn } from 'node:child_process';
import module from 'node:module';
import os from 'node:os';
import path from 'node:path';

const oldest = [22, 15];

/** Runs the built program at `main` (a file URL) in this process, or runs `bin` again on the Node we ship. */
export function launch(bin, main) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) {
    const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
    module.enableCompileCache(path.join(cache, 'sallyport', 'compiled'));
    import(main).catch((error) => {
      console.error(
        error.code === 'ERR_MODULE_NOT_FOUND' ? `Sallyport is not built yet (${error.message}). Run: npm run setup` : error,
      );
      process.exit(1);
    });
    return;
  }
  let node;
  try {
    node = module.createRequire(bin).resolve(`node-${process.platform}-${process.arch}/bin/node`);
  } catch {
    console.error(
      `Sallyport needs Node ${oldest.join('.')} or newer; this is ${process.versions.node}, and no newer one is installed beside it.`,
    );
    console.error('Install Node 24, or run npm install without --omit=optional.');
    process.exit(69);
  }
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'])
    process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
