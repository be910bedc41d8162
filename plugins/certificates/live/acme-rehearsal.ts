/** The rehearsal of an order: a new account orders at another directory, and both are thrown away. */

import { defined, InputError, listed } from '#plugin';
import { properDatesOf } from '#plugin/certificate-dates';
import type { Directory } from '../acme/answers.ts';
import { STEP_LIMITS_MS } from '../acme/step-limits.ts';
import type { NewOrder } from '../acme/client.ts';
import type { ExternalAccount } from '../acme/jws.ts';
import type { Rehearsal } from '../world.ts';
import { finish, identifiersToProve, type Prover, removeFormer } from './acme-proof.ts';
import type { IssuerSolvers } from './acme-solvers.ts';
import { makeKeys } from './x509-make.ts';

/** Throws an InputError for a directory that would refuse the account or the order of a rehearsal. */
function mustOffer(
  { externalAccountRequired, profiles }: Directory,
  { profile, eab }: { readonly profile: string | undefined; readonly eab: ExternalAccount | undefined },
): void {
  if (externalAccountRequired && eab === undefined)
    throw new InputError(
      'the directory requires an external account. Name one of plugins.certificates.acme.accounts of fettle.yaml with --eab',
    );
  if (profile === undefined || Object.hasOwn(profiles, profile)) return;
  const names = Object.keys(profiles);
  throw new InputError(
    names.length === 0
      ? `the directory has no profiles. Omit the profile ${profile} with --profile none`
      : `the directory does not have the profile ${profile}. It has ${names.join(', ')}. Name one with --profile`,
  );
}

/** Throws an InputError for names that a new account cannot prove. */
function mustProveAnew(rehearsal: Rehearsal, solvers: IssuerSolvers): void {
  const unproven = identifiersToProve(rehearsal).flatMap(({ type, value }) => {
    const wildcard = value.startsWith('*.');
    const index = solvers.indexFor({ name: wildcard ? value.slice(2) : value, wildcard, kind: type });
    return index !== undefined && solvers.open(index).type === 'dns-persist-01' ? [value] : [];
  });
  if (unproven.length === 0) return;
  throw new InputError(
    `a rehearsal cannot prove ${listed(unproven)}: it orders by a new account, and the record of dnsPersist01 names the account of the Issuer. Rehearse a Certificate whose names other solvers prove`,
  );
}

/** Orders a certificate by a new account, and throws both away. */
export async function rehearseOrder(
  rehearsal: Rehearsal,
  prover: Omit<Prover, 'left'>,
  eab: ExternalAccount | undefined,
): Promise<{ readonly until: number }> {
  const { profile, signal, progress } = rehearsal;
  const { client } = prover;
  mustOffer(client.directory, { profile, eab });
  mustProveAnew(rehearsal, prover.solvers);
  const left = await removeFormer(rehearsal, prover);
  progress('creating an account for the rehearsal');
  await client.createAccount(defined({ contact: [], termsAgreed: true, eab }), signal);
  try {
    progress(`creating an order${profile === undefined ? '' : ` with the profile ${profile}`}`);
    const wanted: NewOrder = defined({ identifiers: identifiersToProve(rehearsal), profile });
    const [order, keys] = [await client.newOrder(wanted, signal), await makeKeys(rehearsal.keyAlgorithm)];
    const valid = await finish(rehearsal, { order, keys }, { ...prover, left });
    const issued = await client.certificate(valid, keys.publicKey, undefined, signal);
    const [leaf] = issued.certificates;
    if (leaf === undefined) throw new Error('the authority sent no certificate');
    return { until: properDatesOf(leaf).notAfter };
  } finally {
    await client.deactivate(AbortSignal.timeout(STEP_LIMITS_MS.removal)).catch(() => undefined);
  }
}
