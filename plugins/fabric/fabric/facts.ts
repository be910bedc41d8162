/** The facts of a Fabric. */

import type { Resource } from '#plugin';
import type { FabricMemory, FabricSpec } from '../generated.ts';
import type { Evidence } from '../states/refreshed.ts';

export interface FabricFacts {
  readonly server: string;
  /** Identity of the cluster; absent if it cannot be read. */
  readonly cluster?: string;
  /** Reason of a failed connection. */
  readonly error?: string;
}

/** Further input of the states: the evidence of the refresh, and its words. */
export interface FabricRaw extends Evidence {
  /** Why the connection was not tested, if it was not. */
  readonly kept?: string;
  /** True if the Application of Argo CD is Synced and Healthy; absent if it was not read. */
  readonly deployed?: boolean;
  /** Reason for which the wait of an apply for the switches failed, with its code. */
  readonly syncFailure?: string;
  /** The switches that do not follow, and those whose reports are odd. */
  readonly switches?: readonly SwitchProblem[];
}

export interface SwitchProblem {
  readonly name: string;
  readonly course: 'pending' | 'failing' | 'silent' | 'unknown';
  /** A sentence without its full stop. */
  readonly words: string;
  /** The words without the time for which they have held, for records. By default, the words. */
  readonly lasting?: string;
}

export type FabricResource = Resource<FabricSpec, FabricFacts, FabricMemory>;
