/** Manifests as YAML. */

import { stringify } from 'yaml';
import type { Json } from '#plugin';

/** A manifest as a YAML document, with its lines unfolded. */
export function manifestYaml(manifest: { readonly [key: string]: Json }): string {
  return stringify(manifest, { lineWidth: 0 });
}
