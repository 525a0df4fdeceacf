// A secret is in the vault before the event that names it (D2). One whose event never came is an orphan, and so is one whose owner is gone.
import type { State } from './state.ts';

/** Names in the vault that nothing in the state refers to. Names of other kinds than these are left alone. */
export function vaultOrphans(state: State, names: readonly string[]): readonly string[] {
  return names.filter((name) => {
    const [kind, id = ''] = name.split(':');
    switch (kind) {
      case 'factor':
        return state.people[id]?.factor === undefined;
      case 'enrolling':
        return state.people[id]?.enrolling === undefined;
      case 'refresh':
        return state.logins[id]?.refresh === undefined;
      case 'recording':
        return state.recordings[id] === undefined || state.recordings[id].purged !== undefined;
      default:
        return false;
    }
  });
}
