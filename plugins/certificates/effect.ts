/** Effect: what the steps of a Certificate do beside what their rows and specs say. Pure. */

import type { Change, Effect, Facts, Json, Scene, SeenResource } from '#plugin';
import type { CertificateResource } from './diff.ts';
import type { CertificateSpec } from './generated.ts';
import { targetOf } from './observe-domain.ts';
import { issuerOf, issuerRef } from './remembered.ts';
import { canReload, domainsNaming } from './served.ts';

/** Whether a step puts a pair in place, or files of it in order: then what serves it is told. */
function bringsOut({ from, to }: Change): boolean {
  return to !== 'absent' && from !== 'renewing' && from !== 'recovering';
}

/** Servers that are waited for: each has to show the new certificate. */
function serversOf(name: string, scene: Scene): readonly Json[] {
  return domainsNaming(name, scene).flatMap(({ desired }) => {
    const target = desired === undefined || desired.spec.tlsMode === 'passthrough' ? undefined : targetOf(desired.spec);
    return target === undefined ? [] : [target as unknown as Json];
  });
}

/** Who signs: the folder of an authority, or the certificate itself. */
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

/** What is seen of a pair, as its document would say it. */
export function certificateSeen({ sight }: SeenResource<CertificateResource>): Json {
  const { usable, dnsNames, keyAlgorithm } = sight.observed.facts;
  if (!usable) return {};
  return {
    ...(dnsNames === undefined || dnsNames.length === 0 ? {} : { dnsNames }),
    ...(keyAlgorithm === undefined || keyAlgorithm === 'unknown' ? {} : { keyAlgorithm }),
  };
}
