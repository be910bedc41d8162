/** Effect: the effects of a Certificate's steps that rows and specs do not show. Pure. */

import type { Change, Effect, Facts, Json, Scene, SeenResource } from '#plugin';
import type { CertificateResource } from './diff.ts';
import type { CertificateSpec } from './generated.ts';
import { targetOf } from './observe-domain.ts';
import { issuerOf, issuerRef } from './remembered.ts';
import { canReload, domainsNaming } from './served.ts';

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

/** The signer: the folder of an authority, or the certificate itself. */
function authorityOf(spec: CertificateSpec, scene: Scene): Facts {
  const issuer = issuerOf(scene.get(issuerRef(spec))).spec;
  return { authority: issuer === undefined ? null : (issuer.localCa?.dir ?? 'self-signed') };
}

export function certificateEffect(change: Change, resource: CertificateResource, scene: Scene): Effect {
  const spec = resource.desired?.spec;
  if (spec === undefined || !bringsOut(change)) return {};
  const { deploy, reload } = spec;
  const pidFile = reload?.signal?.pidFile;
  return {
    commands: [deploy?.command, reload?.command].filter((words) => words !== undefined),
    ...(pidFile === undefined ? {} : { files: [{ path: pidFile, use: 'read' }] }),
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
