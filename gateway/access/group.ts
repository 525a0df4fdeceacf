// A group: people, and what they get on which servers.
import type { GroupId, PersonId } from '../protocol/ids.ts';
import type { AccessRule } from '../protocol/nouns.ts';

export type Group = {
  readonly id: GroupId;
  readonly name: string;
  readonly members: readonly PersonId[];
  readonly access: readonly AccessRule[];
};
