/** What a torture test is: rounds that are chosen by a seed and a number alone, so that any of them can be run again. */

/** What one round is given. */
export interface RoundInput {
  readonly seed: number;
  /** Number of the round, from 0. With the seed it decides everything that the round chooses. */
  readonly index: number;
  /** An empty folder of the round's own. It is kept when the round fails. */
  readonly folder: string;
}

export interface Torture {
  /** As on the command line: `random-kill`. */
  readonly name: string;
  /** What is tried, in one sentence. */
  readonly what: string;
  /** Rounds of the long form. */
  readonly long: number;
  /** Rounds of the short form, which the tests run. */
  readonly short: number;
  /** How many rounds may run at once; 1 where a round needs the machine for itself. */
  readonly parallel: number;
  /**
   * One round. It throws, with what is wrong and where to look, when a promise is broken. It returns counts that are
   * added up over all rounds (`{ kills: 1, torn: 1 }`): what was tried, and what came of it.
   */
  readonly round: (input: RoundInput) => Promise<Readonly<Record<string, number>>>;
}
