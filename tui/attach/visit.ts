// A person's stay in one session, from coming in to leaving, in whatever seats: at the keyboard and beside it. One turn follows the other on the
// same terminal; the last says how it was over.
import type { Gives, TerminalProfile } from '../../gateway/protocol/operator.ts';
import type { Tty } from '../attach-port.ts';
import type { Link } from '../link/link.ts';
import { driveTurn } from './drive.ts';
import type { SessionOutcome } from './ending.ts';
import { guestTurn } from './guest.ts';
import { profileOf } from './measure.ts';
import { predictMode } from './prediction-layer.ts';
import type { PredictMode } from './prediction-trigger.ts';
import type { Turn } from './turn.ts';

async function stay(tty: Tty, link: Link, first: Turn, profile: TerminalProfile, predict: PredictMode): Promise<SessionOutcome> {
  let turn = first;
  for (;;) {
    if (turn.seat === 'none') return turn.outcome;
    turn =
      turn.seat === 'keyboard' ? await driveTurn(tty, link, turn, profile, predict) : await guestTurn(tty, link, turn, profile);
  }
}

/**
 * Begins at the keyboard: what `session.open` or `session.attach` gave. `row` = where the cursor stands, when known; `predict` = whether echo
 * is guessed, as SALLYPORT_PREDICT says where it is not given. Owns the terminal meanwhile.
 */
export const driveSession = (
  tty: Tty,
  link: Link,
  given: Gives<'session.open'> | Gives<'session.attach'>,
  profile: TerminalProfile,
  row?: number,
  predict: PredictMode = predictMode(process.env),
): Promise<SessionOutcome> => stay(tty, link, { seat: 'keyboard', given, row }, profile, predict);

/** Begins beside it: what `session.watch` or `session.join` gave. `profile`: for when one is handed the keyboard. Owns the terminal meanwhile. */
export const watchSession = (
  tty: Tty,
  link: Link,
  given: Gives<'session.watch'> | Gives<'session.join'>,
  profile: TerminalProfile = profileOf(process.env),
): Promise<SessionOutcome> => stay(tty, link, { seat: 'aside', given }, profile, predictMode(process.env));
