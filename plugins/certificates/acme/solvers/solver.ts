/**
 * Solvers: each puts the values of an authority's challenges where the authority looks for them, and removes them again.
 *
 * `prepare` finds the places and changes nothing. Its result is recorded before `present`, so that another process can
 * remove the values if this one is killed.
 */

import { InputError, isToken } from '#plugin';

/** A challenge of an authority, for one identifier of an order. */
export interface Challenge {
  /** The identifier without `*.`. */
  readonly name: string;
  readonly wildcard: boolean;
  readonly kind: 'dns' | 'ip';
  readonly token: string;
  readonly keyAuthorization: string;
  /** The value for DNS: the hash of the key authorization. */
  readonly txt: string;
  /** For dns-persist-01: `issuer-domain-names` of the challenge. */
  readonly issuers?: readonly string[];
  /** For dns-persist-01: the address of the account. */
  readonly accountUri?: string;
}

export type Via = 'webroot' | 'listener' | 'serve' | 'rfc2136' | 'hetzner' | 'acmeDns' | 'exec' | 'persist';

/** One value and its place. Plain data for the log. */
export interface PreparedValue {
  /** The identifier that the value is for, without `*.`. */
  readonly name: string;
  /** The path of a file, or a DNS name. */
  readonly place: string;
  readonly text: string;
  /** The zone of a DNS name. */
  readonly zone?: string;
}

/** The values of some challenges. Plain data for the log. */
export interface Prepared {
  readonly via: Via;
  readonly values: readonly PreparedValue[];
}

export interface SolverRun {
  readonly signal: AbortSignal;
  /** Reports progress in a few words, for the terminal. */
  readonly progress: (text: string) => void;
  /** Adds a sentence to the result of the step, where it stays. A line of progress is replaced by the next one. */
  readonly remark: (text: string) => void;
}

export interface Solver {
  readonly type: 'http-01' | 'dns-01' | 'dns-persist-01';
  readonly via: Via;
  /** Name of a place that has room for the values of one order alone: orders with the same one prove in turn. */
  readonly room?: string;
  /** Finds the places of the values. Changes nothing. */
  readonly prepare: (challenges: readonly Challenge[], run: SolverRun) => Promise<Prepared>;
  /** Puts the values into their places, and settles when the authority can look. A value that is there already stays. */
  readonly present: (prepared: Prepared, run: SolverRun) => Promise<void>;
  /** Removes these values and no others. A value that does not exist counts as removed. */
  readonly remove: (prepared: Prepared, run: SolverRun) => Promise<void>;
}

/** The values of a result of `prepare`. Throws an InputError if another kind of solver prepared them. */
export function valuesFor({ via, values }: Prepared, own: Via): readonly PreparedValue[] {
  if (via === own) return values;
  throw new InputError(`these values were prepared by the solver ${via}, and this one is ${own}`);
}

/** The key authorizations of challenges of HTTP-01. `placeOf`: the place of a token. */
export function preparedTexts(
  via: Via,
  challenges: readonly Challenge[],
  placeOf: (token: string) => string,
): Prepared {
  const values = challenges.map((each) => ({
    name: each.name,
    place: placeOf(tokenOf(each)),
    text: each.keyAuthorization,
  }));
  return { via, values };
}

/** The token of a challenge. Throws if it has other characters than RFC 8555 permits. */
function tokenOf({ name, token }: Pick<Challenge, 'name' | 'token'>): string {
  if (isToken(token)) return token;
  throw new Error(`the authority sent a token for ${name} that is not valid. Tokens have letters, digits, _ and -`);
}
