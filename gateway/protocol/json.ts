// The one strict way from JSON text to a value (TRUST B2): bounded in size and depth, no duplicate keys, no `__proto__`; then a schema.
// JSON.parse alone keeps the last duplicate silently, so two readers of one message could disagree.
import * as v from 'valibot';
import { type Result, refuse } from './errors.ts';

export const maxJsonDepth = 16;
/** Largest control message, in UTF-16 units. */
export const maxJsonLength = 256 * 1024;

/** The first reason this (already well-formed) JSON text is not acceptable, if any. One pass, linear. */
function objection(source: string): string | undefined {
  const keys: (Set<string> | undefined)[] = [];
  let expectKey = false;
  for (let i = 0; i < source.length; i += 1) {
    const c = source.charCodeAt(i);
    if (c === 0x22) {
      const start = i;
      for (i += 1; source.charCodeAt(i) !== 0x22; i += 1) if (source.charCodeAt(i) === 0x5c) i += 1;
      const open = keys.at(-1);
      if (expectKey && open !== undefined) {
        const key: unknown = JSON.parse(source.slice(start, i + 1));
        if (typeof key === 'string') {
          if (key === '__proto__') return 'a key named __proto__';
          if (open.has(key)) return 'a key that stands twice';
          open.add(key);
        }
        expectKey = false;
      }
    } else if (c === 0x7b || c === 0x5b) {
      keys.push(c === 0x7b ? new Set() : undefined);
      if (keys.length > maxJsonDepth) return `more than ${maxJsonDepth} levels`;
      expectKey = c === 0x7b;
    } else if (c === 0x7d || c === 0x5d) {
      keys.pop();
      expectKey = false;
    } else if (c === 0x2c) {
      expectKey = keys.at(-1) !== undefined;
    }
  }
  return undefined;
}

/** Strict JSON. Errors: `too-large`, `bad-message`. */
export function parseJson(source: string, most: number = maxJsonLength): Result<unknown> {
  if (source.length > most) return refuse('too-large', `${source.length} characters`);
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    return refuse('bad-message', 'not JSON');
  }
  const wrong = objection(source);
  return wrong === undefined ? { ok: true, value } : refuse('bad-message', wrong);
}

/** Where in a value a schema did not fit, in words; never the value itself, which may be a secret. */
export function issuePath(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? []).map((item) => String(item.key).slice(0, 40)).join('.');
  return `${path === '' ? 'the message' : path}: expected ${(issue.expected ?? issue.message).slice(0, 120)}`;
}

/** A value that fits the schema, or `bad-message` naming the place. */
export function fit<S extends v.GenericSchema>(schema: S, value: unknown): Result<v.InferOutput<S>> {
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  return parsed.success ? { ok: true, value: parsed.output } : refuse('bad-message', issuePath(parsed.issues[0]));
}

/** Strict JSON that fits the schema. Errors: those of {@link parseJson} and {@link fit}. */
export function fitJson<S extends v.GenericSchema>(
  schema: S,
  source: string,
  most: number = maxJsonLength,
): Result<v.InferOutput<S>> {
  const parsed = parseJson(source, most);
  return parsed.ok ? fit(schema, parsed.value) : parsed;
}
