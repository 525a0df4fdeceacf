// `sallyport-gateway`. The prototype setter goes before anything of ours or of a library is loaded: a parsed `__proto__` can then grant nothing (TRUST B2).
Reflect.deleteProperty(Object.prototype, '__proto__');
process.umask(0o077);

const { runCommand } = await import('./cli.ts');
process.exitCode = await runCommand(process.argv.slice(2));
// What was said is on its way first: a pipe takes 64 KiB at a time, and leaving drops the rest.
for (const stream of [process.stdout, process.stderr]) await new Promise<void>((resolve) => stream.write('', () => resolve()));
// What still lives (a socket that lingers, a timer) must not keep a finished command from ending.
process.exit();
