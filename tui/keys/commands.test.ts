import { expect, test } from 'vitest';
import { completions, readLine, words } from './commands.ts';

const names = { servers: ['db-1', 'db-2', 'web-1'], sessions: ['web-1', 'omar'], people: ['uma'], sorts: ['name', 'load'] };

test('[E27] a word, its other names and an unambiguous beginning mean the same', () => {
  for (const typed of ['sessions', 'ses', 'sess', 'sessio'])
    expect(readLine(typed, false)).toEqual({ line: 'command', command: 'sessions' });
  expect(readLine('q', false)).toEqual({ line: 'command', command: 'quit' });
  expect(readLine('s', false)).toEqual({ line: 'unknown', word: 's' });
});

test('every word on the help screen means something', () => {
  for (const { word } of words) expect(readLine(word, false).line, word).not.toBe('unknown');
});

test('arguments are kept as typed', () => {
  expect(readLine('attach db-1', false)).toEqual({ line: 'attach', name: 'db-1' });
  expect(readLine('logout all', false)).toEqual({ line: 'logout', all: true });
  expect(readLine('sort load', false)).toEqual({ line: 'sort', by: 'load' });
});

test('[E28] with --readonly the words that change something are unknown and not completed', () => {
  expect(readLine('attach db-1', true)).toEqual({ line: 'unknown', word: 'attach' });
  expect(completions('', names, true)).not.toContain('attach');
});

test('tab completes words, then the names a word takes', () => {
  expect(completions('wa', names, false)).toEqual(['watch', 'wall']);
  expect(completions('attach db', names, false)).toEqual(['attach db-1', 'attach db-2']);
  expect(completions('sort l', names, false)).toEqual(['sort load']);
});
