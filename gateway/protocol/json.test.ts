import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { fit, maxJsonDepth, parseJson } from './json.ts';

test('[J1] what JSON.parse reads without duplicates is read the same', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), (source) => {
      const parsed = parseJson(source);
      // Objects fast-check makes may hold __proto__; that one key is refused, everything else reads alike.
      if (parsed.ok) expect(parsed.value).toEqual(JSON.parse(source));
      else expect(source).toContain('__proto__');
    }),
  );
});

test.each([
  ['a key twice', '{"a":1,"a":2}'],
  ['a key twice, spelled differently', '{"a":1,"\\u0061":2}'],
  ['a key twice, deep', '{"x":[{"a":{}, "b":1, "a":0}]}'],
  ['__proto__', '{"__proto__":{"role":"superuser"}}'],
  ['__proto__ in escapes', '{"\\u005f_proto__":1}'],
  ['too deep', `${'['.repeat(maxJsonDepth + 1)}${']'.repeat(maxJsonDepth + 1)}`],
  ['not JSON', '{a:1}'],
  ['nothing', ''],
])('[J1] %s is refused', (_name, source) => {
  expect(parseJson(source)).toMatchObject({ ok: false, problem: { code: 'bad-message' } });
});

test('[J1] the same key in two objects, or inside a string, is fine', () => {
  expect(parseJson('[{"a":1},{"a":"\\"a\\":{"}]')).toEqual({ ok: true, value: [{ a: 1 }, { a: '"a":{' }] });
});

test('[J1] a 10 MB name is too large, before it is parsed', () => {
  expect(parseJson(JSON.stringify({ name: 'x'.repeat(10_000_000) }))).toMatchObject({
    ok: false,
    problem: { code: 'too-large' },
  });
});

test('[J2] an unknown key is refused, and the place is named without its value', () => {
  const schema = v.strictObject({ session: v.strictObject({ id: v.string() }) });
  const refused = fit(schema, { session: { id: 5 } });
  expect(refused).toMatchObject({ ok: false, problem: { code: 'bad-message', detail: 'session.id: expected string' } });
  expect(fit(schema, { session: { id: 'a', secret: 'hunter2' } })).toMatchObject({ ok: false });
  expect(JSON.stringify(fit(schema, { session: { id: 'a', secret: 'hunter2' } }))).not.toContain('hunter2');
});
