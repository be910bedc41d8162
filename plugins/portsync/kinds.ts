/** Kinds of this plugin, with the types of their resources. */

import { kindHandle, type Ref, type Scene } from '#plugin';
import { PLUGIN, type PortResource, type SwitchResource } from './facts.ts';

export const Switch = kindHandle<SwitchResource>(PLUGIN, 'Switch');
export const Port = kindHandle<PortResource>(PLUGIN, 'Port');

/** The Switch of a port. */
export function switchRef({ scope = [] }: Pick<Ref, 'scope'>): Ref {
  return { plugin: PLUGIN, kind: 'Switch', name: scope[0] ?? '' };
}

export function portRef(name: string, port: string): Ref {
  return { plugin: PLUGIN, kind: 'Port', scope: [name], name: port };
}

export function switchOf(scene: Pick<Scene, 'get'>, port: Pick<Ref, 'scope'>): SwitchResource | undefined {
  return Switch.get(scene, switchRef(port));
}
