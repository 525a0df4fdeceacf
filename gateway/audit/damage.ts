/** A line of the journal that cannot be read, or is not where it must be. `seq` = the first record that is not good. */
export class JournalDamage extends Error {
  readonly seq: number;
  constructor(seq: number, reason: string) {
    super(`record ${seq}: ${reason}`);
    this.name = 'JournalDamage';
    this.seq = seq;
  }
}
