// Law 7 for lines of ours over a session, under a watched one and in the borders of the wall: names, reasons, notices (X6, X11, B1).
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { escapes, harmless } from '../../fixtures/escapes.ts';
import { colour, objections } from '../../fixtures/inert.ts';
import { rowText, widthAt } from '../../gateway/screen/row.ts';
import { screenText } from '../../gateway/screen/screen.ts';
import { openTerminal } from '../../gateway/screen/terminal.ts';
import { textRow } from './banner.ts';
import { openGlass } from './glass.ts';
import { openNotices } from './notices.ts';

const cols = 60;
const ours = [colour, /^[\r\n\b\x0f]$/, /^\x1b\[\d*(?:;\d*)?[ABCDGHJKLMPX]$/, /^\x1b\[\?25[hl]$/];

test('[X6 X11] any text is one row of exactly the width, of cells without a control, a format character or a link', () => {
  for (const { name, bytes } of escapes)
    for (const width of [2, 11, cols]) {
      const row = textRow(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), width);
      expect({ name, found: objections(rowText(row), []), cells: row.cells.length / 3 }).toEqual({
        name,
        found: [],
        cells: width,
      });
      expect(widthAt(row, width - 1) < 2 || widthAt(row, width - 2) === 0).toBe(true);
      expect([...(row.decorations?.values() ?? [])].filter(({ link }) => link !== '')).toEqual([]);
    }
  for (const text of harmless) expect(rowText(textRow(text, cols)).trim()).toBe(text);
});

test('[B1 X6] a notice over a session writes our drawing only, and leaves the session as it was', async () => {
  const real = openTerminal({ cols, rows: 6 });
  let written: Uint8Array[] = [];
  const glass = openGlass({ write: (bytes, done) => (written.push(bytes), real.feed(bytes), done?.()) }, cols, 6, 1);
  const notices = openNotices(glass.banner);
  glass.show(Buffer.from('$ vi\r\nsecond line'), () => undefined);
  await turn();
  const before = screenText(real.screen());
  for (const { name, bytes } of escapes) {
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    written = [];
    notices.pass(text, { about: 'it' });
    notices.stay('session', text);
    notices.page([text, text]);
    await turn();
    expect({ name, found: objections(Buffer.concat(written), ours) }).toEqual({ name, found: [] });
    expect(screenText(real.screen()).slice(0, 2)).toEqual(before.slice(0, 2));
  }
  notices.stay('session', undefined);
  notices.key();
  notices.drop('it');
  await turn();
  expect(screenText(real.screen())).toEqual(before);
  expect(real.screen().title).toBe('');
  notices.close();
  glass.giveBack();
});
