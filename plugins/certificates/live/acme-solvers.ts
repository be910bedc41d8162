/** The solvers of an Issuer, opened with the credentials of the settings. */

import { defined, InputError, type Outside } from '#plugin';
import { usualDenial } from '#plugin/net';
import type { AcmeSpec } from '../acme/directories.ts';
import { provableAddress, provableName, solverFor } from '../acme/solvers/choose.ts';
import { openSolver, type SolverConfig, type SolverOutside } from '../acme/solvers/open.ts';
import { entryAt, type SolverPlace, solverPlace, solverPlaceText } from '../acme/solvers/solver-place.ts';
import type { Challenge, Solver } from '../acme/solvers/solver.ts';
import type { CertificatesConfig } from '../generated.ts';
import { documentDenial } from './denied.ts';

/** The solvers of one Issuer in one world. */
export interface IssuerSolvers {
  /** Opens the solver with an index in the Issuer. Throws an InputError for one that cannot be used. */
  readonly open: (index: number) => Solver;
  /** The place of the values of the solver with an index in the Issuer. */
  readonly placeOf: (index: number) => SolverPlace;
  /** Opens the solver for a recorded place. Throws an InputError if the configuration no longer has it. */
  readonly openAt: (place: SolverPlace) => Solver;
  /** Opens each solver that proves the names of a certificate. Throws an InputError if one cannot be used. */
  readonly checkFor: (names: { readonly dnsNames: readonly string[]; readonly ipAddresses: readonly string[] }) => void;
  /** Index of the solver for an identifier; undefined without one. */
  readonly indexFor: (identifier: Pick<Challenge, 'name' | 'wildcard' | 'kind'>) => number | undefined;
}

export function solversOf(
  { solvers }: Pick<AcmeSpec, 'solvers'>,
  host: Pick<Outside, 'folder' | 'env' | 'config' | 'now'>,
  stillApproved: () => Promise<void>,
): IssuerSolvers {
  const { folder, env, config, now } = host;
  const { acme, commands = [], probe } = config as unknown as Partial<CertificatesConfig>;
  const outside: SolverOutside = defined({
    folder,
    env,
    denial: usualDenial(env),
    nameDenial: documentDenial(host),
    now,
    commands,
    providers: acme?.dnsProviders ?? {},
    resolvers: probe?.resolvers,
    stillApproved,
  });
  const { providers } = outside;
  const entryOf = (index: number): SolverConfig => {
    const entry = solvers[index];
    if (entry === undefined) throw new InputError(`the Issuer does not have the solver ${index + 1}`);
    return entry;
  };
  return {
    open: (index) => openSolver(entryOf(index), outside),
    placeOf: (index) => solverPlace(entryOf(index), providers),
    openAt: (place) => {
      const entry = entryAt(place, solvers, providers);
      if (entry === undefined) throw new InputError(`the configuration no longer has ${solverPlaceText(place)}`);
      return openSolver(entry, outside);
    },
    checkFor: ({ dnsNames, ipAddresses }) => {
      const identifiers = [...dnsNames.map(provableName), ...ipAddresses.map(provableAddress)];
      for (const entry of new Set(identifiers.flatMap((identifier) => solverFor(solvers, identifier) ?? [])))
        openSolver(entry, outside);
    },
    indexFor: (identifier) => {
      const entry = solverFor(solvers, identifier);
      return entry === undefined ? undefined : solvers.indexOf(entry);
    },
  };
}
