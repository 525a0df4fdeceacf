// A moderator shows that they are there (E3): any key does, and is told to the gateway when it is worth it. Before their time is up they are asked, with
// the seconds that are left.

export type Presence = {
  /** A key was pressed. True = it was the answer to the question, and means nothing else. */
  readonly key: () => boolean;
  /** The gateway asks. */
  readonly asked: () => void;
  readonly close: () => void;
};

export type PresenceParts = {
  /** How often, ms. */
  readonly everyMs: number;
  /** Tells the gateway; false = it did not arrive. */
  readonly prove: () => Promise<boolean>;
  /** The line that is shown; undefined = none. */
  readonly say: (words: string | undefined) => void;
};

export function openPresence({ everyMs, prove, say }: PresenceParts): Presence {
  /** Monotonic, ms. */
  let provenAt = performance.now();
  let ticking: NodeJS.Timeout | undefined;
  let asking = false;

  const tick = (): void => {
    const left = Math.max(0, Math.ceil((provenAt + everyMs - performance.now()) / 1000));
    say(`Are you there? Press any key: ${left} s left, then the session waits for another moderator`);
  };
  const settled = (): void => {
    clearInterval(ticking);
    asking = false;
    say(undefined);
  };
  return {
    key: () => {
      const answers = asking;
      const now = performance.now();
      // Not each key of a moderator who pans about.
      if (!answers && now - provenAt < everyMs / 8) return false;
      const before = provenAt;
      provenAt = now;
      if (answers) settled();
      void prove().then((arrived) => {
        if (!arrived) provenAt = Math.min(provenAt, before);
      });
      return answers;
    },
    asked: () => {
      if (asking) return;
      asking = true;
      ticking = setInterval(tick, 1_000);
      tick();
    },
    close: () => clearInterval(ticking),
  };
}
