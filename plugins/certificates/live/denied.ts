/** The networks to which neither a document nor an answer leads a connection. */

import type { Outside } from '#plugin';
import { allowedNetworks, type Denial, denialBy, networkPolicy } from '#plugin/net';
import type { CertificatesConfig } from '../generated.ts';

/** The usual networks and those of `probe.deny`, without those that the environment allows. */
export function documentDenial({ env, config }: Pick<Outside, 'env' | 'config'>): Denial {
  const { probe } = config as unknown as Partial<CertificatesConfig>;
  return denialBy(networkPolicy(allowedNetworks(env), probe?.deny ?? []));
}
