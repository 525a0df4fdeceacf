// A channel on which one session is shown: output in order with its positions, credit returned as it is drawn, input confirmed. Shared by
// those who drive with a terminal, drive from a pipe, and watch.
import type { Frame } from '../../gateway/protocol/frames.ts';
import type { ParticipantId } from '../../gateway/protocol/ids.ts';
import type { SessionRow } from '../../gateway/protocol/nouns.ts';
import type { ChannelPush } from '../link/channels.ts';
import type { Link } from '../link/link.ts';
import { openAcknowledger } from './acknowledge.ts';

/** What `session.open`, `session.attach` and `session.watch` give alike. */
export type Given = {
  readonly session: SessionRow;
  readonly channel: number;
  readonly participant: ParticipantId;
  /** Payload bytes. */
  readonly credit: number;
};

export type SeatListener = {
  /** Output for the screen; call `drawn` when it is there. `fresh` = it begins from a terminal in any state. */
  readonly onOutput: (bytes: Uint8Array, fresh: boolean, drawn: () => void) => void;
  readonly onPush: (push: ChannelPush) => void;
  readonly onTyped?: (offset: number) => void;
  readonly onCut: () => void;
};

export type Seat = {
  readonly channel: number;
  /** Output position that the terminal shows; undefined while it shows half a picture. */
  readonly shown: () => number | undefined;
  /** How output comes just now (D5); undefined before the first. */
  readonly mode: () => 'stream' | 'paint' | undefined;
  /** Input of this participant; `foreseen`: what it echoes is on the screen already (F6). False = the line is gone. */
  readonly type: (offset: number, bytes: Uint8Array, foreseen?: boolean) => boolean;
  readonly leave: () => void;
};

/** A round trip below which nobody counts packets. */
const quickMs = 40;

export function takeSeat(link: Link, given: Given, listener: SeatListener): Seat {
  let shown: number | undefined;
  let mode: ReturnType<Seat['mode']>;
  const acknowledger = openAcknowledger({
    credit: given.credit,
    quick: () => (link.roundTripMs() ?? Number.POSITIVE_INFINITY) <= quickMs,
    now: () => performance.now(),
    say: (received) => void channel.send({ kind: 'seen', channel: given.channel, received, shown: shown ?? 0 }),
  });
  const output = (frame: Extract<Frame, { kind: 'stream' | 'paint' }>): void => {
    const length = frame.bytes.length;
    mode = frame.kind;
    // All pieces of a large paint but the last say position 0, which is no place to come back to.
    if (frame.kind === 'stream') shown = frame.seq + frame.span;
    else shown = frame.seq === 0 ? undefined : frame.seq;
    listener.onOutput(frame.bytes, frame.kind === 'paint' && frame.fresh, () => acknowledger.took(length));
  };
  const channel = link.openChannel(given.channel, {
    onFrame: (frame) => {
      if (frame.kind === 'stream' || frame.kind === 'paint') output(frame);
      else if (frame.kind === 'typed') listener.onTyped?.(frame.offset);
    },
    // What came before anybody listened is handed over at once: a turn later the caller has its seat.
    onPush: (push) => queueMicrotask(() => listener.onPush(push)),
    onCut: () => {
      acknowledger.close();
      listener.onCut();
    },
  });
  return {
    channel: given.channel,
    shown: () => shown,
    mode: () => mode,
    type: (offset, bytes, foreseen = false) => {
      acknowledger.ride();
      return channel.send({ kind: foreseen ? 'foreseen' : 'input', channel: given.channel, offset, bytes });
    },
    leave: () => {
      acknowledger.close();
      channel.close();
    },
  };
}
