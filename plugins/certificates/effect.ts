/** Effect: the effects of a Certificate's steps that rows and specs do not show. Pure. */

import {
  type Change,
  type Effect,
  type Facts,
  type Instant,
  isMemoryOnly,
  type Json,
  type Scene,
  sameJson,
  seenFacts,
  type SeenResource,
} from '#plugin';
import { latestRenewal } from './acme/ari.ts';
import { acmeOf } from './acme/budget.ts';
import { type AcmeSpec, directoryUrl } from './acme/directories.ts';
import { asksAuthority, issues, ORDER_LEFT } from './differences.ts';
import type { CertificateResource, IssuerResource } from './diff.ts';
import type { CertificateSpec } from './generated.ts';
import { targetOf } from './observe-domain.ts';
import { certificateSpec, issuerOf, issuerRef } from './remembered.ts';
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
export function issuerEffect(change: Change, { desired }: IssuerResource): Effect {
  const { acme } = desired?.spec ?? {};
  if (acme === undefined) return {};
  const files = acme.ca === undefined ? [] : [{ path: acme.ca, use: 'read' as const }];
  // Its Certificates run them: a change of the Issuer approves them.
  return { files, commands: isMemoryOnly(change) ? solverCommands(acme) : [] };
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

/** Command lines of solvers that a step runs: all for an order, and those with recorded values for the rest of one that is over. */
function solversRun(
  change: Change,
  { desired, memory }: CertificateResource,
  scene: Scene,
): readonly (readonly string[])[] {
  const acme = acmeOf(certificateSpec(desired, memory), scene);
  const commands = acme === undefined ? [] : solverCommands(acme);
  if (isMemoryOnly(change) || (bringsOut(change) && issues(change))) return commands;
  if (change.to !== 'absent' && !change.fields.some(({ path }) => path === ORDER_LEFT)) return [];
  const { presented = [] } = memory?.kept ?? {};
  return commands.filter((command) => presented.some(({ at }) => sameJson(at ?? null, { via: 'exec', command })));
}

export function certificateEffect(change: Change, resource: CertificateResource, scene: Scene): Effect {
  const spec = resource.desired?.spec;
  const solvers = solversRun(change, resource, scene);
  if (spec === undefined || !bringsOut(change)) return solvers.length === 0 ? {} : { commands: solvers };
  const { deploy, reload } = spec;
  const ca = asksAuthority(change) ? acmeOf(spec, scene)?.ca : undefined;
  const pidFile = reload?.signal?.pidFile;
  return {
    commands: [...solvers, ...[deploy?.command, reload?.command].filter((words) => words !== undefined)],
    files: [pidFile, ca].flatMap((path) => (path === undefined ? [] : [{ path, use: 'read' as const }])),
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
