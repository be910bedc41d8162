/** Apply: the handler of every step. What is durable when a handler returns is durable for good; what it throws holds no secret. */

import type { ActionRun } from '../../src/engine/plugin.ts';
import { needsIssue } from './differences.ts';
import { AUTHORITY_FIELD, type CertificatePair, type IssuerPair } from './diff.ts';
import type { CertificateMemory, CertificateSpec, CertificateStep, IssuerMemory, IssuerStep } from './generated.ts';
import { certificateSpec, issuerOf, issuerRef, issuerSpec } from './remembered.ts';
import type { CertificatesWriter, IssueOrder, PairPaths } from './world.ts';

type IssuerHandler = (
  world: CertificatesWriter,
  pair: IssuerPair,
  run: ActionRun,
) => Promise<Partial<IssuerMemory> | undefined>;
type CertificateHandler = (
  world: CertificatesWriter,
  pair: CertificatePair,
  run: ActionRun,
) => Promise<Partial<CertificateMemory> | undefined>;

const createAuthority: IssuerHandler = async (world, { desired }, run) => {
  const localCa = desired?.spec.localCa;
  if (localCa === undefined) throw new Error('only a local authority can be made');
  run.progress(`making the authority ${localCa.commonName}`);
  return { fingerprint: await world.createAuthority(localCa.dir, localCa.commonName, run.now()) };
};

/** Sets its files right; another authority that was let through is the one from now on. */
const setAuthorityRight: IssuerHandler = async (world, { desired, observed }, run) => {
  const dir = desired?.spec.localCa?.dir;
  if (dir === undefined) throw new Error('only a local authority has files');
  await world.tidyAuthority(dir);
  if (!run.change.fields.some(({ path }) => path === AUTHORITY_FIELD)) return undefined;
  const fingerprint = observed?.facts.fingerprint;
  if (fingerprint === undefined) throw new Error('there is no authority to take over');
  return { fingerprint };
};

const removeAuthority: IssuerHandler = async (world, { desired, memory }) => {
  const localCa = issuerSpec(desired, memory)?.localCa;
  if (localCa === undefined) throw new Error('nobody remembers where the authority is');
  await world.deleteAuthority(localCa.dir);
  return undefined;
};

export const issuerHandlers = {
  'absent>ready': createAuthority,
  'ready>ready': setAuthorityRight,
  'ready>absent': removeAuthority,
  'broken>absent': removeAuthority,
} as const satisfies Record<IssuerStep, IssuerHandler>;

function pathsOf({ desired, memory }: CertificatePair): PairPaths {
  const spec = certificateSpec(desired, memory);
  if (spec === undefined) throw new Error('nobody remembers where the pair is');
  return spec.storage.file;
}

function authorityOf(spec: CertificateSpec, run: ActionRun): Pick<IssueOrder, 'authority'> {
  const issuer = issuerOf(run.scene.pair(issuerRef(spec)));
  if (issuer.spec === undefined) throw new Error(`the Issuer ${spec.issuer} is not known`);
  if (issuer.spec.localCa === undefined) return {};
  const { dir } = issuer.spec.localCa;
  return { authority: { dir, ...(issuer.fingerprint === undefined ? {} : { fingerprint: issuer.fingerprint }) } };
}

async function issue(
  world: CertificatesWriter,
  pair: CertificatePair,
  run: ActionRun,
  first: boolean,
): Promise<Partial<CertificateMemory>> {
  const spec = pair.desired?.spec;
  if (spec === undefined) throw new Error('without a document, nothing is issued');
  const now = run.now();
  const issued = await world.issue({
    paths: spec.storage.file,
    ...authorityOf(spec, run),
    dnsNames: spec.dnsNames,
    keyAlgorithm: spec.keyAlgorithm,
    validityDays: spec.validityDays,
    first,
    now,
    signal: run.signal,
    progress: run.progress,
  });
  return { ...issued, issued: (pair.memory?.kept.issued ?? 0) + 1, issuedAt: new Date(now).toISOString() };
}

const issueFirst: CertificateHandler = (world, pair, run) => issue(world, pair, run, true);
const issueAgain: CertificateHandler = (world, pair, run) => issue(world, pair, run, false);

const setRight: CertificateHandler = async (world, pair, run) => {
  if (needsIssue(run.change.fields)) return issue(world, pair, run, false);
  await world.tidyPair(pathsOf(pair));
  return undefined;
};

const finishSwap: CertificateHandler = async (world, pair) => {
  await world.settleSwap(pathsOf(pair));
  return undefined;
};

const removePair: CertificateHandler = async (world, pair) => {
  await world.deletePair(pathsOf(pair));
  return undefined;
};

export const certificateHandlers = {
  'absent>normal': issueFirst,
  'normal>normal': setRight,
  'expiring_soon>renewing': issueAgain,
  'renewal_failed>renewing': issueAgain,
  'expired>recovering': issueAgain,
  'renewing>normal': finishSwap,
  'recovering>normal': finishSwap,
  'normal>absent': removePair,
  'expiring_soon>absent': removePair,
  'expired>absent': removePair,
  'renewal_failed>absent': removePair,
} as const satisfies Record<CertificateStep, CertificateHandler>;
