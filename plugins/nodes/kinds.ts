/** Kinds of this plugin, with the types of their resources. */

import { kindHandle } from '#plugin';
import type { ContainerResource, NodeResource, PoolResource } from './facts.ts';

export const Node = kindHandle<NodeResource>('nodes', 'Node');
export const NodePool = kindHandle<PoolResource>('nodes', 'NodePool');
export const Container = kindHandle<ContainerResource>('nodes', 'Container');
