// Where Ink meets the store: keys in, the model out.
import { useApp, useInput, usePaste, useWindowSize } from 'ink';
import { type ReactNode, useEffect, useSyncExternalStore } from 'react';
import { pressesOf } from '../keys/press.ts';
import { PaletteContext } from '../parts/lines.tsx';
import type { Palette } from '../parts/palette.ts';
import type { Store } from '../store/store.ts';
import { DashboardScreen } from './dashboard-screen.tsx';

export type LetGo = (turn: () => Promise<void>) => Promise<void>;

export type AppProps = {
  readonly store: Store;
  readonly palette: Palette;
  /** Gives the store the way to make Ink let go of the terminal. */
  readonly onReady: (letGo: LetGo) => void;
};

export function App({ store, palette, onReady }: AppProps): ReactNode {
  const model = useSyncExternalStore(store.subscribe, store.model);
  const { suspendTerminal } = useApp();
  const { columns, rows } = useWindowSize();
  useInput((input, key) => {
    for (const press of pressesOf(input, key)) store.dispatch({ action: 'press', press });
  });
  usePaste((text) => store.dispatch({ action: 'pasted', text }));
  useEffect(() => {
    store.dispatch({ action: 'resized', size: { cols: columns, rows } });
  }, [store, columns, rows]);
  useEffect(() => onReady((turn) => suspendTerminal(turn)), [onReady, suspendTerminal]);
  // Ink has the new size one frame before the model hears of it; a frame of the old size would scroll.
  const sized = model.size.cols === columns && model.size.rows === rows ? model : { ...model, size: { cols: columns, rows } };
  return (
    <PaletteContext value={palette}>
      <DashboardScreen model={sized} />
    </PaletteContext>
  );
}
