/** Challenges and runs for tests of solvers. */

import { createHash, randomBytes } from 'node:crypto';
import type { Challenge, SolverRun } from '../../../../plugins/certificates/acme/solvers/solver.ts';

/** A challenge with a token of its own. */
export function challenge(name: string, more: Partial<Challenge> = {}): Challenge {
  const token = more.token ?? randomBytes(32).toString('base64url');
  const keyAuthorization = `${token}.${randomBytes(32).toString('base64url')}`;
  const txt = createHash('sha256').update(keyAuthorization).digest('base64url');
  return { name, wildcard: false, kind: 'dns', token, keyAuthorization, txt, ...more };
}

/** A run with the progress and the remarks that it reported. */
export function solverRun(signal: AbortSignal = new AbortController().signal): SolverRun & {
  readonly said: readonly string[];
  readonly remarks: readonly string[];
} {
  const [said, remarks]: [string[], string[]] = [[], []];
  return { signal, progress: (text) => void said.push(text), said, remark: (text) => void remarks.push(text), remarks };
}
