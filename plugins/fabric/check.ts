/** Checks of documents that a schema cannot express. */

import type { Desired, Json, Mistake } from '#plugin';
import type { FabricSpec, GitRepositorySpec } from './generated.ts';
import { repositoryMistakes } from './repository/check.ts';

function fabricMistakes({ context, server }: FabricSpec): readonly Mistake[] {
  if (context !== undefined && server !== undefined)
    return [
      {
        code: 'wrong-value',
        pointer: '/spec/server',
        message: 'a Fabric has either a context or a server',
        suggestion: 'remove one of the two',
      },
    ];
  if (context === undefined && server === undefined)
    return [
      {
        code: 'missing-key',
        pointer: '/spec',
        message: 'the cluster of the Fabric is missing',
        suggestion: 'add `context`, the name of a context of the kubeconfig, or `server`',
      },
    ];
  return [];
}

export function check({ ref, spec }: Desired, _find: unknown, settings: Json): readonly Mistake[] {
  if (ref.kind === 'GitRepository') return repositoryMistakes(spec as GitRepositorySpec, settings);
  return ref.kind === 'Fabric' ? fabricMistakes(spec as FabricSpec) : [];
}
