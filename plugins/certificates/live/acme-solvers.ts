/** The solvers of an Issuer, opened with the credentials of the settings. INTERIM until the DNS solvers are there. */

import { resolve } from 'node:path';
import type { Outside } from '#plugin';
import { usualDenial } from '#plugin/net';
import type { AcmeSpec } from '../acme/directories.ts';
import type { Challenge, Solver } from '../acme/solvers/solver.ts';

export async function openSolverAt(
  { solvers }: AcmeSpec,
  index: number,
  { folder, env }: Pick<Outside, 'folder' | 'env'>,
): Promise<Solver> {
  const http = solvers[index]?.http01;
  const { selfCheck } = await import('../acme/solvers/self-check.ts');
  const check = selfCheck({
    mode: http?.selfCheck === 'skip' ? 'off' : (http?.selfCheck ?? 'required'),
    denial: usualDenial(env),
  } as never);
  if (http?.webroot !== undefined) {
    const { webrootSolver } = await import('../acme/solvers/challenge-files.ts');
    return webrootSolver(resolve(folder, http.webroot), check);
  }
  const { listenerSolver } = await import('../acme/solvers/listener.ts');
  return listenerSolver(http?.listener ?? { port: 80 }, check);
}

export function solverIndex(
  { solvers }: AcmeSpec,
  { wildcard }: Pick<Challenge, 'name' | 'wildcard' | 'kind'>,
): number | undefined {
  const found = solvers.findIndex(({ http01 }) => http01 !== undefined && !wildcard);
  return found < 0 ? undefined : found;
}
