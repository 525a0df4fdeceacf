import { expect, test } from 'vitest';
import { wordBytes } from '../../fixtures/shots/cast-of-people.ts';
import { mintId } from '../../gateway/protocol/ids.ts';
import type { ParticipantRole, ParticipantRow } from '../../gateway/protocol/nouns.ts';
import { askingLine, type Company, changeLine, missingLine, whoIsHere } from './company.ts';
import { nameCodes, participantColours } from './participant-colours.ts';
import { wordsText } from './strip.ts';

const someone = (name: string, role: ParticipantRole, ordinal: number, seat = name): ParticipantRow => ({
  id: mintId('par', wordBytes(seat)),
  person: mintId('usr', wordBytes(name)),
  name,
  role,
  joinedAt: 0,
  ordinal,
});
const uma = someone('uma', 'driver', 1);
const omar = someone('omar', 'peer', 2);
const ana = someone('ana', 'observer', 3);
const here = (...participants: ParticipantRow[]): Company => ({ participants, asking: [] });
const text = (words: Parameters<typeof wordsText>[0] | undefined): string => (words === undefined ? '' : wordsText(words).trim());

test('[T28] who comes and goes is said with what they do; not oneself, and not who only changes the seat', () => {
  expect(text(changeLine(here(uma), here(uma, omar, ana), uma.id))).toBe('omar joined ·  ana watches');
  expect(text(changeLine(here(uma, omar, ana), here(uma, omar), uma.id))).toBe('ana no longer watches');
  expect(changeLine(here(uma), here(uma), uma.id)).toBeUndefined();
  expect(text(changeLine(undefined, here(uma, ana), uma.id))).toBe('ana watches');
  const driving = someone('omar', 'driver', 4, 'omar at the keyboard');
  expect(text(changeLine(here(omar, ana), here(driving, ana), ana.id))).toBe('omar drives');
  const back = someone('omar', 'peer', 5, 'omar again');
  expect(changeLine(here(uma, omar), here(uma, back), uma.id, [uma])).toBeUndefined();
  expect(text(changeLine(here(uma), here(uma), uma.id, [uma, omar]))).toBe('omar left');
  expect(changeLine(here(driving), here(driving), driving.id, [omar])).toBeUndefined();
});

test('~w: everybody with their role, the driver first, who asks, who is missing', () => {
  const moderation = { needs: 1, present: 0, eligible: ['ana', 'omar'] };
  const company: Company = { participants: [ana, omar, uma], asking: [omar.id], moderation };
  expect(whoIsHere(company, uma.id).map(text)).toEqual([
    'uma drives (you)',
    'omar is a peer, asks for the keyboard',
    'ana watches',
    'a moderator is missing: one of ana, omar',
  ]);
  expect(whoIsHere(here(uma), uma.id).map(text)).toEqual(['uma drives (you)', 'nobody else is here']);
});

test('who asks is named, and to whom ~g gives', () => {
  expect(text(askingLine({ participants: [uma, omar, ana], asking: [omar.id] }))).toBe(
    'omar asks for the keyboard · ~g gives it',
  );
  expect(text(askingLine({ participants: [uma, omar, ana], asking: [omar.id, ana.id] }))).toBe(
    'omar and ana ask for the keyboard · ~g gives it to omar',
  );
  expect(askingLine(here(uma, omar))).toBeUndefined();
});

test('[M12] the seat from which one asked oneself is no wish any more', () => {
  const driving = someone('omar', 'driver', 4, 'omar at the keyboard');
  expect(askingLine({ participants: [driving, omar], asking: [omar.id] })).toBeUndefined();
});

test('[E2] exactly who is missing is named', () => {
  const missing = (needs: number, present: number, eligible: string[]) =>
    missingLine({ participants: [], asking: [], moderation: { needs, present, eligible } });
  expect(missing(1, 0, ['omar'])).toBe('a moderator is missing: omar');
  expect(missing(2, 0, ['omar', 'ana', 'rob'])).toBe('2 moderators are missing: 2 of omar, ana, rob');
  expect(missing(1, 0, [])).toBe('a moderator is missing, and nobody in this workspace may be one');
  expect(missing(1, 1, [])).toBeUndefined();
});

test('[E47] a colour is that of the ordinal, as many as there are before one comes again, and none says that something is wrong', () => {
  for (const colours of [16, 256] as const) {
    const codes = Array.from({ length: participantColours }, (_, ordinal) => nameCodes(ordinal, colours));
    expect(new Set(codes).size).toBe(participantColours);
    expect(nameCodes(participantColours, colours)).toBe(codes[0]);
    expect(codes.some((code) => code.split(';').includes('31'))).toBe(false);
  }
  expect(nameCodes(1, 0)).toBe(nameCodes(2, 0));
});
