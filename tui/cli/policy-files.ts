// Files that policy commands read: policies as Cedar text, and expectations as JSON lines or one array.
import { readFile } from 'node:fs/promises';
import { type PolicyExpectation, policiesText, policyExpectation } from '../../gateway/protocol/access-nouns.ts';
import { type Result, refuse } from '../../gateway/protocol/errors.ts';
import { fit } from '../../gateway/protocol/json.ts';

/** What is in them is checked and tried in slices, over everybody and everything: such a request may take its time. Ms. */
export const longMs = 30_000;

const mostBytes = 4_000_000;

async function read(file: string): Promise<Result<string>> {
  try {
    const text = await readFile(file, 'utf8');
    return text.length > mostBytes ? refuse('too-large', file) : { ok: true, value: text };
  } catch {
    return refuse('usage', `${file} cannot be read`);
  }
}

/** Policies as they are written. Errors: `usage`, `too-large`. */
export async function readText(file: string): Promise<Result<string>> {
  const text = await read(file);
  if (!text.ok) return text;
  const fitted = fit(policiesText, text.value);
  return fitted.ok ? fitted : refuse('too-large', `${file}: policies are at most 48 KiB`);
}

/** Errors: `usage`, naming the line. */
export async function readExpectations(file: string): Promise<Result<readonly PolicyExpectation[]>> {
  const text = await read(file);
  if (!text.ok) return text;
  const expectations: PolicyExpectation[] = [];
  for (const { at, json } of documentsIn(text.value)) {
    const fitted = fit(policyExpectation, json);
    if (!fitted.ok)
      return refuse('usage', `${file}, ${at}: ${json === undefined ? 'no JSON' : (fitted.problem.detail ?? 'no expectation')}`);
    expectations.push(fitted.value);
  }
  if (expectations.length === 0) return refuse('usage', `${file}: nothing is expected there`);
  if (expectations.length > 500) return refuse('usage', `${file}: more than 500 expectations; cut it in two`);
  return { ok: true, value: expectations };
}

type Found = { readonly at: string; readonly json: unknown };

/** One array of documents, or one document a line; blank lines and those that begin with # are left out. */
function documentsIn(text: string): readonly Found[] {
  if (text.trimStart().startsWith('[')) {
    const whole = parsed(text);
    return Array.isArray(whole)
      ? whole.map((json: unknown, at) => ({ at: `number ${at + 1}`, json }))
      : [{ at: 'all of it', json: undefined }];
  }
  return text.split('\n').flatMap((line, at) => {
    const bare = line.trim();
    return bare === '' || bare.startsWith('#') ? [] : [{ at: `line ${at + 1}`, json: parsed(bare) }];
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
