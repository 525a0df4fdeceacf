// Sign-ins under way: the provider's device code stays here, behind a handle that only the device which began can redeem (T22). Bounded:
// three for an address and 256 in all (E22); those whose connection is gone give way first. A handle lives until its code expires, also
// when the connection does not.
import type { Clock, DeviceSignIn } from '../ports.ts';
import type { Connection } from '../relay/connection.ts';

export const mostPerAddress = 3;
export const mostParked = 256;

export type Parked = {
  readonly handle: string;
  readonly deviceKey: string;
  readonly machine: string;
  readonly address: string;
  readonly signIn: DeviceSignIn;
  readonly abort: AbortController;
  /** Who began it, or came back for it. */
  connection: Connection | undefined;
  /** The provider's answer, once somebody asked for it. */
  answer: ReturnType<DeviceSignIn['finish']> | undefined;
  /** It was answered: nobody else can redeem it. */
  spent: boolean;
};

interface ParkingPlace {
  /** Whether there is room for one more of this address, making some if it can. A place so taken must be filled or given back. */
  take(address: string): boolean;
  giveBack(address: string): void;
  /** Fills a place that was taken. */
  park(parked: Parked): void;
  get(handle: string): Parked | undefined;
  /** It is over: the place is free, and what was under way at the provider is called off. */
  remove(parked: Parked): void;
  readonly size: number;
}

/** @param abandoned told of each that left with an answer nobody fetched */
export function openParkingPlace(clock: Clock, abandoned: (parked: Parked) => void): ParkingPlace {
  const byHandle = new Map<string, { readonly parked: Parked; readonly callOff: () => void }>();
  const taken = new Map<string, number>();
  let filling = 0;

  const count = (address: string): number => taken.get(address) ?? 0;
  const release = (address: string): void => {
    const left = count(address) - 1;
    if (left > 0) taken.set(address, left);
    else taken.delete(address);
  };
  function remove(parked: Parked): void {
    const entry = byHandle.get(parked.handle);
    if (entry === undefined) return;
    byHandle.delete(parked.handle);
    entry.callOff();
    release(parked.address);
    parked.abort.abort();
    if (!parked.spent) abandoned(parked);
  }
  /** The oldest that nobody is connected for. */
  function makeRoom(address: string | undefined): void {
    for (const { parked } of byHandle.values())
      if (parked.connection === undefined && (address === undefined || parked.address === address)) return remove(parked);
  }

  return {
    take(address) {
      if (count(address) >= mostPerAddress) makeRoom(address);
      if (byHandle.size + filling >= mostParked) makeRoom(undefined);
      if (count(address) >= mostPerAddress || byHandle.size + filling >= mostParked) return false;
      taken.set(address, count(address) + 1);
      filling += 1;
      return true;
    },
    giveBack(address) {
      filling -= 1;
      release(address);
    },
    park(parked) {
      filling -= 1;
      const callOff = clock.after(parked.signIn.expiresIn * 1000, () => remove(parked));
      byHandle.set(parked.handle, { parked, callOff });
    },
    get: (handle) => byHandle.get(handle)?.parked,
    remove,
    get size() {
      return byHandle.size;
    },
  };
}
