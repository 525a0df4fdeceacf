// `sallyport-gateway backup` and `restore`: what their words mean, and what they print.
import { fail, print, readText } from './console.ts';
import { type Result, refuse } from './protocol/errors.ts';
import { jsonSafe, safeText } from './protocol/safe-text.ts';

type Values = {
  readonly data?: string | undefined;
  readonly out?: string | undefined;
  readonly keys?: string | undefined;
  readonly verify?: boolean | undefined;
  readonly 'passphrase-file'?: string | undefined;
  readonly 'without-keys'?: boolean | undefined;
};

/** The first line of the file; undefined when none was named. */
async function passphraseIn(values: Values): Promise<Result<string | undefined>> {
  const file = values['passphrase-file'];
  if (file === undefined) return { ok: true, value: undefined };
  const read = await readText(file);
  return read.ok ? { ok: true, value: read.value.split('\n')[0]?.trim() ?? '' } : read;
}

export async function backup(data: string, values: Values, json: boolean): Promise<number> {
  const { out } = values;
  if (out === undefined) return fail(refuse('usage', 'backup needs --out FILE').problem, json);
  const passphrase = await passphraseIn(values);
  if (!passphrase.ok) return fail(passphrase.problem, json);
  if ((passphrase.value === undefined) !== (values['without-keys'] === true))
    return fail(refuse('usage', 'backup needs --passphrase-file FILE or --without-keys, one of the two').problem, json);
  const { makeBackup } = await import('./outside/backup.ts');
  const { realChance } = await import('./outside/chance.ts');
  const { realClock } = await import('./outside/clock.ts');
  const made = await makeBackup({ data, out, passphrase: passphrase.value, chance: realChance, now: realClock.now });
  if (!made.ok) return fail(made.problem, json);
  const { files, bytes, size, hash, keys } = made.value;
  if (json) print(jsonSafe(made.value));
  else {
    print(`${safeText(out)}: ${files} files, ${bytes} bytes; the log up to record ${size - 1}, ${hash}.`);
    print(
      keys === 'sealed'
        ? 'The keys in it are sealed with the passphrase: without it nothing of this can be used.'
        : `The keys are not in it: keep a copy of ${safeText(data)}/keys somewhere else.`,
    );
  }
  return 0;
}

export async function restore(words: readonly string[], values: Values, json: boolean): Promise<number> {
  const [file, ...more] = words;
  const { data, keys } = values;
  if (file === undefined || more.length > 0) return fail(refuse('usage', 'restore needs one FILE').problem, json);
  if (data === undefined && values.verify !== true)
    return fail(refuse('usage', 'restore needs --data NEW, or --verify to only look').problem, json);
  const passphrase = await passphraseIn(values);
  if (!passphrase.ok) return fail(passphrase.problem, json);
  const { restoreBackup } = await import('./outside/restore.ts');
  const { realChance } = await import('./outside/chance.ts');
  const done = await restoreBackup({ file, data, passphrase: passphrase.value, keys, chance: realChance });
  if (!done.ok) return fail(done.problem, json);
  const { madeAt, verified } = done.value;
  if (json) print(jsonSafe({ ...done.value, ...(data === undefined ? {} : { data }) }));
  else {
    print(`Made ${new Date(madeAt).toISOString()}; its log is ${verified.verdict}: ${verified.records} records.`);
    if (data === undefined) print('It can be restored. Nothing was put in place.');
    else
      print(
        `The workspace is in ${safeText(data)}. What happened after the backup is not in it.\nAgents and people who saw that remember it, and open nothing here until somebody on each machine says: sallyport-agent witness forget, sallyport audit witness forget\nNext: sallyport-gateway serve --data ${safeText(data)}`,
      );
  }
  return 0;
}
