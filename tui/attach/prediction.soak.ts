// The laws of guessed echo over many more cases, and a long day of typing (mosh's paper: 70 % of 9,986 keys at once, 0.9 % wrong).
import { expect, test } from 'vitest';
import { aDay, guessesVanish, hiddenStaysHidden } from './prediction-laws.fixture.ts';

test('[law 7] guesses vanish: 10,000 cases', () => guessesVanish(10_000));
test('[E29] hidden input stays hidden: 10,000 cases', () => hiddenStaysHidden(10_000));

for (const roundTripMs of [100, 300, 900])
  test(`[E29] ten thousand keys at ${roundTripMs} ms: at most 1 % come out otherwise`, () => {
    let state = 11;
    const chance = (): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state / 2_147_483_648;
    };
    const figures = { keys: 0, shown: 0, wrong: 0 };
    for (let part = 0; part < 20; part += 1) {
      const day = aDay(25, roundTripMs, () => 60 + chance() * 180, chance);
      figures.keys += day.keys;
      figures.shown += day.shown;
      figures.wrong += day.wrong;
    }
    console.log(roundTripMs, figures, 'shown', figures.shown / figures.keys, 'wrong', figures.wrong / figures.keys);
    expect(figures.wrong / figures.keys).toBeLessThanOrEqual(0.01);
  });
