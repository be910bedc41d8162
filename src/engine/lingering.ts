/** Given resources whose documents were removed, and that are still used. */

import { isGiven, isSeen, type Resource, type Scene } from '#plugin';

/** True for an undeclared given resource that is still used. */
export function isLingering(resource: Resource, scene: Scene): boolean {
  const { desired, memory, kind } = resource;
  return (
    desired === undefined &&
    memory !== undefined &&
    isSeen(resource) &&
    isGiven(resource) &&
    kind.lingers?.(resource, scene) === true
  );
}
