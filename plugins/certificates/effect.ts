/** Effect: the effects of a Certificate's steps that rows and specs do not show. Pure. */

import {
  type Change,
  type Effect,
  type Facts,
  type Instant,
  type Json,
  type Scene,
  seenFacts,
  type SeenResource,
} from '#plugin';
import { latestRenewal } from './acme/ari.ts';
import { acmeOf } from './acme/budget.ts';
import { type AcmeSpec, directoryUrl } from './acme/directories.ts';
import { issues } from './differences.ts';
import type { CertificateResource, IssuerResource } from './diff.ts';
import type { CertificateSpec } from './generated.ts';
import { targetOf } from './observe-domain.ts';
import { issuerOf, issuerRef } from './remembered.ts';
import { canReload, domainsNaming } from './served.ts';
import { validityOfFacts } from './state.ts';

/** True if a step stores a pair or corrects its files, and the service is reloaded afterwards. */
function bringsOut({ from, to }: Change): boolean {
  return to !== 'absent' && from !== 'renewing' && from !== 'recovering';
}

/** Servers that the step waits for: each must serve the new certificate. */
function serversOf(name: string, scene: Scene): readonly Json[] {
  return domainsNaming(name, scene).flatMap(({ desired }) => {
    const target = desired === undefined || desired.spec.tlsMode === 'passthrough' ? undefined : targetOf(desired.spec);
    return target === undefined ? [] : [target as unknown as Json];
  });
}

/** The time by which a renewal of an ACME authority has to run; undefined for others. */
export function certificateLatest(change: Change, resource: CertificateResource, scene: Scene): Instant | undefined {
  if (change.cause !== 'time' || acmeOf(resource.desired?.spec, scene) === undefined) return undefined;
  const validity = validityOfFacts(seenFacts(resource) ?? {});
  return validity === undefined ? undefined : latestRenewal(validity);
}

/** The step of an Issuer reads the anchors of a private directory. */
export function issuerEffect(_change: Change, { desired }: IssuerResource): Effect {
  const ca = desired?.spec.acme?.ca;
  return ca === undefined ? {} : { files: [{ path: ca, use: 'read' }] };
}

/** Command lines of the solvers of an Issuer. */
export function solverCommands({ solvers }: AcmeSpec): readonly (readonly string[])[] {
  return solvers.flatMap(({ dns01 }) => (dns01?.exec === undefined ? [] : [dns01.exec.command]));
}

/** The signer: the folder of an authority, the directory of one, or the certificate itself. */
function authorityOf(spec: CertificateSpec, scene: Scene): Facts {
  const issuer = issuerOf(scene.get(issuerRef(spec))).spec;
  if (issuer?.acme !== undefined) return { authority: directoryUrl(issuer.acme.directory) };
  return { authority: issuer === undefined ? null : (issuer.localCa?.dir ?? 'self-signed') };
}

export function certificateEffect(change: Change, resource: CertificateResource, scene: Scene): Effect {
  const spec = resource.desired?.spec;
  if (spec === undefined || !bringsOut(change)) return {};
  const { deploy, reload } = spec;
  const acme = issues(change) ? acmeOf(spec, scene) : undefined;
  const pidFile = reload?.signal?.pidFile;
  return {
    commands: [
      ...(acme === undefined ? [] : solverCommands(acme)),
      ...[deploy?.command, reload?.command].filter((words) => words !== undefined),
    ],
    files: [pidFile, acme?.ca].flatMap((path) => (path === undefined ? [] : [{ path, use: 'read' as const }])),
    values: {
      ...authorityOf(spec, scene),
      ...(canReload(spec) ? { servers: serversOf(resource.ref.name, scene) } : {}),
    },
  };
}

/** Observed values of a pair, in the shape of its spec. */
export function certificateSeen({ sight }: SeenResource<CertificateResource>): Json {
  const { usable, dnsNames, ipAddresses, usages, keyAlgorithm } = sight.observed.facts;
  if (!usable) return {};
  return {
    ...(dnsNames === undefined || dnsNames.length === 0 ? {} : { dnsNames }),
    ...(ipAddresses === undefined ? {} : { ipAddresses }),
    usages: usages ?? [],
    ...(keyAlgorithm === undefined || keyAlgorithm === 'unknown' ? {} : { keyAlgorithm }),
  };
}
