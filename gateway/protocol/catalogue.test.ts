import { expect, test } from 'vitest';
import { catalogue } from './catalogue.ts';
import { eventTypes } from './events.ts';

test('S72: the catalogue is closed: every type has one stable code of its own, a weight, a meaning, and fields in plain words', () => {
  const all = catalogue();
  expect(all.map(({ type }) => type).toSorted()).toEqual([...eventTypes].toSorted());
  expect(new Set(all.map(({ code }) => code)).size).toBe(all.length);
  const endings = { info: 'I', warning: 'W', alert: 'A' } as const;
  for (const { code, severity, meaning, type, data, personal } of all) {
    expect(code, type).toMatch(/^[A-Z]\d{4}[IWA]$/);
    expect(code.at(-1), type).toBe(endings[severity as keyof typeof endings]);
    expect(meaning, type).toMatch(/^[A-Z].*\.$/);
    for (const { form, name } of [...data, ...personal])
      expect(form, `${type}.${name}`).not.toMatch(/undefined|object Object|^$/);
  }
});

test('S72: what could name a person stands only in the erasable part', () => {
  const personal = /^(email|address|machine|subject|claim)$/;
  expect(
    catalogue().flatMap(({ type, data }) => data.filter(({ name }) => personal.test(name)).map(({ name }) => `${type}.${name}`)),
  ).toEqual([]);
});
