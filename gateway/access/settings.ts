// The settings of the workspace (S56): versions, each a whole set, with what it was before in the event. Nobody sets away the last way in.
import type { Person } from '../identity/person.ts';
import { defaultSettings, type WorkspaceSettings } from '../protocol/access-nouns.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import type { PersonId } from '../protocol/ids.ts';
import type { By } from './change.ts';

type Version = { readonly version: number; readonly settings: WorkspaceSettings };
type Before = {
  readonly people: Readonly<Record<string, Person>>;
  readonly settings?: { readonly current: Version; readonly before: readonly Version[] };
  /** Digests of the sealed codes of break-glass that are left. */
  readonly sealed?: readonly string[];
};
type Changed = (state: Before) => { readonly events: readonly NewEvent[]; readonly answer: Result<Version> };

/** As a workspace comes: nobody set anything. */
const untouched: Version = { version: 0, settings: defaultSettings };

const order = (settings: WorkspaceSettings): WorkspaceSettings => ({
  ...settings,
  deviceFlow: defaultSettings.deviceFlow.filter((role) => settings.deviceFlow.includes(role)),
});
const alike = (a: WorkspaceSettings, b: WorkspaceSettings): boolean => JSON.stringify(order(a)) === JSON.stringify(order(b));

/** Why a set of settings would leave nobody able to govern, if it would. */
function deadEnd({ people, sealed }: Before, by: PersonId, after: WorkspaceSettings): Result<never> | undefined {
  const superusers = Object.values(people).filter(({ role, status }) => role === 'superuser' && status === 'active');
  if (after.factorRequired && people[by]?.factor === undefined) return refuse('factor-none');
  // By device flow is the one way in; beside it there is only a broken glass, which takes a sealed code and a factor.
  const emergency = (sealed ?? []).length > 0 && superusers.some(({ factor }) => factor !== undefined);
  if (!after.deviceFlow.includes('superuser') && !emergency)
    return refuse(
      'last-superuser',
      'deviceFlow: superusers would have no way in; make sealed codes first: sallyport breakglass seal',
    );
  return undefined;
}

function changed(by: By, who: PersonId, why: string, state: Before, after: WorkspaceSettings, rollbackTo?: number) {
  const current = state.settings?.current ?? untouched;
  if (alike(current.settings, after)) return { events: [], answer: fine(current) };
  const end = deadEnd(state, who, after);
  if (end !== undefined) return { events: [], answer: end };
  const made: Version = { version: current.version + 1, settings: order(after) };
  const data = {
    version: made.version,
    before: current.settings,
    after: made.settings,
    by: who,
    why,
    ...(rollbackTo === undefined ? {} : { rollbackTo }),
  };
  return { events: [{ ...by, type: 'settings.set', outcome: 'ok', data, personal: {} } as const], answer: fine(made) };
}

/**
 * Sets some of the settings; what is so already makes no event. `expect` = the version they were looked at in.
 * Errors: changed-meanwhile, factor-none, last-superuser.
 */
export const setSettings =
  (
    by: By,
    given: {
      readonly person: PersonId;
      readonly settings: { readonly [K in keyof WorkspaceSettings]?: WorkspaceSettings[K] | undefined };
      readonly expect: number;
      readonly why: string;
    },
  ): Changed =>
  (state) => {
    const current = state.settings?.current ?? untouched;
    if (given.expect !== current.version)
      return { events: [], answer: refuse('changed-meanwhile', `version ${current.version} is in force`) };
    const { factorRequired, deviceFlow, requestMinutes, grantMinutes } = given.settings;
    const after = {
      factorRequired: factorRequired ?? current.settings.factorRequired,
      deviceFlow: deviceFlow ?? current.settings.deviceFlow,
      requestMinutes: requestMinutes ?? current.settings.requestMinutes,
      grantMinutes: grantMinutes ?? current.settings.grantMinutes,
    };
    return changed(by, given.person, given.why, state, after);
  };

/** Back to a version, as a new one. 0 = as the workspace came. Errors: not-found (too old, or never was), factor-none, last-superuser. */
export const rollbackSettings =
  (by: By, given: { readonly person: PersonId; readonly version: number; readonly why: string }): Changed =>
  (state) => {
    const { version, person, why } = given;
    const kept = [...(state.settings === undefined ? [] : [state.settings.current, ...state.settings.before]), untouched];
    const found = kept.find((one) => one.version === version);
    if (found === undefined) return { events: [], answer: refuse('not-found', `version ${version}`) };
    return changed(by, person, why, state, found.settings, version);
  };
