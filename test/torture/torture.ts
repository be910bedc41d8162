/** The type of a torture test: rounds that depend only on a seed and a number, so that each can be repeated. */

/** The input of one round. */
export interface RoundInput {
  readonly seed: number;
  /** Number of the round, from 0. With the seed, it decides every choice of the round. */
  readonly index: number;
  /** An empty folder of the round's own. It is kept when the round fails. */
  readonly folder: string;
}

export interface Torture {
  /** As on the command line: `random-kill`. */
  readonly name: string;
  /** A description of the attempts, in one sentence. */
  readonly what: string;
  /** Rounds of the long form. */
  readonly long: number;
  /** Rounds of the short form, which the tests run. */
  readonly short: number;
  /** Maximum number of concurrent rounds; 1 if a round needs the machine for itself. */
  readonly parallel: number;
  /** True if its rounds mostly wait: the short forms of such tests run at the same time. */
  readonly waits?: true;
  /**
   * Runs one round. Throws with the fault and its place if a promise is broken. Returns counts that are
   * added up over all rounds (`{ kills: 1, torn: 1 }`): the attempts, and their results.
   */
  readonly round: (input: RoundInput) => Promise<Readonly<Record<string, number>>>;
}
