// Who listens to which channel of the present connection. Frames may arrive in the same breath as the answer that names their channel,
// before anybody could have asked for them, so what nobody listens to yet is kept for a while, in order, within a bound.
import type { Frame } from '../../gateway/protocol/frames.ts';
import type { Push } from '../../gateway/protocol/operator.ts';

/** Pushes that belong to one channel. */
export type ChannelPush = Extract<Push, { readonly channel: number }>;

export type ChannelListener = {
  readonly onFrame: (frame: Frame) => void;
  readonly onPush?: (push: ChannelPush) => void;
  /** The connection is gone, and the channel with it. Called once. */
  readonly onCut?: () => void;
};

/** More than a gateway's first credit: a well-behaved one never reaches it. */
const mostKeptBytes = 1024 * 1024;
const mostKept = 4096;

type Kept = { items: (Frame | ChannelPush)[]; bytes: number };

export type ChannelBook = {
  readonly frame: (frame: Frame) => void;
  readonly push: (push: ChannelPush) => void;
  readonly open: (channel: number, listener: ChannelListener) => () => void;
  /** An answer that may name a new channel: the number is no longer one that was closed here. */
  readonly opened: (answer: unknown) => void;
  readonly cut: () => void;
};

export function channelBook(): ChannelBook {
  const listeners = new Map<number, ChannelListener>();
  const kept = new Map<number, Kept>();
  /** Closed here; what still comes for them is of no use to anybody. */
  const left = new Set<number>();

  const keep = (channel: number, item: Frame | ChannelPush, bytes: number) => {
    if (left.has(channel)) return;
    const early = kept.get(channel) ?? { items: [], bytes: 0 };
    if (early.bytes + bytes > mostKeptBytes || early.items.length >= mostKept) return;
    early.items.push(item);
    early.bytes += bytes;
    kept.set(channel, early);
  };

  return {
    frame: (frame) => {
      const listener = listeners.get(frame.channel);
      if (listener === undefined) keep(frame.channel, frame, 'bytes' in frame ? frame.bytes.length : 0);
      else listener.onFrame(frame);
    },
    push: (push) => {
      const listener = listeners.get(push.channel);
      if (listener === undefined) keep(push.channel, push, 0);
      else listener.onPush?.(push);
    },
    open: (channel, listener) => {
      listeners.set(channel, listener);
      left.delete(channel);
      const early = kept.get(channel);
      kept.delete(channel);
      for (const item of early?.items ?? []) {
        if ('kind' in item) listener.onFrame(item);
        else listener.onPush?.(item);
      }
      return () => {
        if (listeners.get(channel) !== listener) return;
        listeners.delete(channel);
        left.add(channel);
      };
    },
    opened: (answer) => {
      if (typeof answer === 'object' && answer !== null && 'channel' in answer && typeof answer.channel === 'number')
        left.delete(answer.channel);
    },
    cut: () => {
      const all = [...listeners.values()];
      listeners.clear();
      kept.clear();
      left.clear();
      for (const listener of all) listener.onCut?.();
    },
  };
}
