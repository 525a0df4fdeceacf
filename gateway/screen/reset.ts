import type { Screen } from './screen.ts';

/**
 * X4: the bytes that give a real terminal back clean: alternate buffer left, modes, mouse, paste, colours, margins, charsets, cursor
 * and title stack as before. The cursor stays where it is. With `screen` (what the terminal shows) only what it needs is sent.
 */
export function resetSequence(_screen?: Screen): Uint8Array {
  return new Uint8Array();
}
