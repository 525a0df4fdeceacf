// People as decisions see them who are not there to ask: whoever made a request, and whoever approved it. Decided about as themselves on their newest
// sign-in; without one, as somebody without any proof, where they proved a factor last. Good for nothing that opens anything.
import { rows, type State } from '../audit/state.ts';
import type { Login } from '../identity/login.ts';
import type { Person } from '../identity/person.ts';
import { unprovenDevice, unprovenLogin } from '../identity/unproven.ts';
import type { Caller } from '../policy/decision.ts';

export function standInFor(state: State, person: Person): Caller {
  let newest: Login | undefined;
  for (const login of rows(state.logins))
    if (login.person === person.id && (newest === undefined || login.startedAt > newest.startedAt)) newest = login;
  const address = (person.addresses?.at(-1) ?? '').replace(/\/64$/, '');
  const login = newest ?? unprovenLogin({ person: person.id, address });
  const device = state.devices[login.device] ?? unprovenDevice(person.id);
  return { person, login, device, address: login.address };
}
