// People as decisions see them who are not there to ask: whoever made a request, and whoever approved it. Decided about as themselves on their newest
// sign-in; without one, as somebody without any proof, where they proved a factor last. Good for nothing that opens anything.
import { rows, type State } from '../audit/state.ts';
import type { Device, Login } from '../identity/login.ts';
import type { Person } from '../identity/person.ts';
import type { Caller } from '../policy/decision.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';

const zeros = new Uint8Array(idRandomBytes);
const noDevice = mintId('dev', zeros);
const noLogin = mintId('lgn', zeros);

export function standInFor(state: State, person: Person): Caller {
  let newest: Login | undefined;
  for (const login of rows(state.logins))
    if (login.person === person.id && (newest === undefined || login.startedAt > newest.startedAt)) newest = login;
  const login: Login = newest ?? {
    id: noLogin,
    person: person.id,
    device: noDevice,
    tokenDigest: '',
    startedAt: 0,
    expiresAt: 0,
    idleMs: 0,
    proofs: [],
    refresh: undefined,
    address: (person.addresses?.at(-1) ?? '').replace(/\/64$/, ''),
  };
  const device: Device = state.devices[login.device] ?? {
    id: noDevice,
    person: person.id,
    key: '',
    machine: '',
    registeredAt: 0,
    trustedAt: undefined,
  };
  return { person, login, device, address: login.address };
}
