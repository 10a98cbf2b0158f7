/** A part that everything waits for did not answer. Nothing is known to have happened; trying again is right. */
export class Unavailable extends Error {
  readonly part: 'database' | 'engine' | 'identity_provider';

  constructor(part: Unavailable['part'], cause: unknown) {
    super(`The ${part.replace('_', ' ')} did not answer.`, { cause });
    this.name = 'Unavailable';
    this.part = part;
  }
}
