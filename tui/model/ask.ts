// Something one asked the gateway to allow: kept as a value, so that it can be asked again, unchanged, after a step-up.
import type { Gives, Takes } from '../../gateway/protocol/operator.ts';

export type Ask =
  | { readonly ask: 'open'; readonly server: string; readonly name: string }
  | { readonly ask: 'attach'; readonly session: string; readonly name: string }
  | { readonly ask: 'watch'; readonly session: string; readonly name: string }
  | { readonly ask: 'kill'; readonly session: string; readonly name: string; readonly why: string }
  | { readonly ask: 'codes' };

/** What an ask that was allowed gave. */
export type Given =
  | { readonly ask: 'open'; readonly given: Gives<'session.open'> }
  | { readonly ask: 'attach'; readonly given: Gives<'session.attach'> }
  | { readonly ask: 'watch'; readonly given: Gives<'session.watch'> }
  | { readonly ask: 'kill' }
  | { readonly ask: 'codes'; readonly codes: Gives<'factor.codes'>['recoveryCodes'] };

/** What a code would be proven for. */
export type Challenge = {
  readonly action: Takes<'factor.prove'>['action'];
  readonly target: string | undefined;
  readonly missing: readonly string[];
};

/** In words, after "to": "open a shell on db-1". */
export function askWords(ask: Ask): string {
  switch (ask.ask) {
    case 'open':
      return `open a shell on ${ask.name}`;
    case 'attach':
      return `go back to your session on ${ask.name}`;
    case 'watch':
      return `watch the session on ${ask.name}`;
    case 'kill':
      return `end the session on ${ask.name}`;
    case 'codes':
      return 'make new recovery codes';
    default:
      return ask satisfies never;
  }
}
