/** The rule by which the states of a Fabric hold the steps of its objects. */

import {
  defer,
  type Instant,
  instantOf,
  instantText,
  isSeen,
  pass,
  reject,
  type Rule,
  type Scene,
  type Verdict,
} from '#plugin';
import type { FabricResource } from '../fabric/facts.ts';
import type { ObjectMemory } from '../generated.ts';
import { addressParts, Fabric, PLUGIN } from '../kinds.ts';
import { CONNECTIONS, type Recorded, SYNCS } from '../states/combination.ts';
import { isStatus } from '../states/refreshed.ts';
import { requiredAction } from '../states/required-action.ts';
import type { ObjectFacts } from './facts.ts';
import type { Manifest } from './manifest.ts';

/** The states that a refresh shows; undefined if it does not show the Fabric. */
function statesOf(fabric: FabricResource): Recorded | undefined {
  if (!isSeen(fabric)) return undefined;
  const { state, others = {} } = fabric.sight.observed;
  const connection = CONNECTIONS.find((each) => each === others['connection']);
  const sync = SYNCS.find((each) => each === others['sync']);
  return isStatus(state) && connection !== undefined && sync !== undefined
    ? { status: state, connection, sync }
    : undefined;
}

/** True for two Fabrics of one cluster: by its identity, or by its address if a login may not read the identity. */
function shareCluster(one: FabricResource, other: FabricResource): boolean {
  const [a, b] = [one, other].map(({ sight, memory }) => {
    const facts = sight.is === 'seen' ? sight.observed.facts : undefined;
    return { id: facts?.cluster ?? memory?.kept.cluster, server: facts?.server ?? memory?.kept.server };
  });
  if (a?.id !== undefined && b?.id !== undefined) return a.id === b.id;
  return a?.server !== undefined && a.server === b?.server;
}

/** The wait for the maintenance of another Fabric of the same cluster; undefined if none is in maintenance. */
function maintenanceOfOthers(fabric: FabricResource, scene: Scene): Verdict | undefined {
  for (const other of Fabric.all(scene)) {
    if (other.address === fabric.address) continue;
    const states = statesOf(other);
    if (states === undefined || !shareCluster(fabric, other)) continue;
    if (requiredAction(states) === 'suspend') return inMaintenance(other, scene);
    if (states.status === 'ACTIVE' && other.desired?.spec.status === 'MAINTENANCE')
      return beforeItsRow(other, 'MAINTENANCE');
  }
  return undefined;
}

/** When the present maintenance began: the recorded start, or now for one that begins with this refresh. */
function beginning({ memory }: FabricResource, { now }: Pick<Scene, 'now'>): Instant {
  return (memory?.state === 'MAINTENANCE' ? memory.since : undefined) ?? now;
}

function inMaintenance(fabric: FabricResource, scene: Scene): Verdict {
  const { signals = {} } = isSeen(fabric) ? fabric.sight.observed : {};
  const [reason, until] = [signals['maintenance_reason'], signals['maintenance_until']];
  const start = instantText(beginning(fabric, scene));
  const words = typeof reason === 'string' ? `: ${reason}` : '';
  const facts = {
    fabric: fabric.address,
    status: 'MAINTENANCE',
    since: start,
    ...(typeof until === 'string' ? { until } : {}),
  };
  const message = `${fabric.address} has been in maintenance since ${start}${words} (HH-STATE-024)`;
  if (typeof until === 'string') return defer(message, facts, { clearsAt: instantOf(until) });
  return defer(message, facts, { remedy: { outside: 'declare another status of the Fabric, and apply that first' } });
}

/** The wait for a status that the document declares and no row has applied yet. */
function beforeItsRow(fabric: FabricResource, status: string): Verdict {
  return defer(
    `${fabric.address} is not ${status} yet: its own row comes first`,
    { fabric: fabric.address, declared: status },
    { remedy: { outside: 'apply the row of the Fabric, and then plan again' } },
  );
}

export const suspended: Rule<Manifest, ObjectFacts, ObjectMemory> = ({ goal }, { ref }, scene) => {
  const fabric = Fabric.get(scene, { plugin: PLUGIN, kind: 'Fabric', name: addressParts(ref).fabric });
  const states = fabric === undefined ? undefined : statesOf(fabric);
  if (fabric === undefined || states === undefined) return pass('The Fabric does not suspend its objects');
  const elsewhere = maintenanceOfOthers(fabric, scene);
  if (elsewhere !== undefined) return elsewhere;
  const declared = fabric.desired?.spec.status;
  switch (requiredAction(states)) {
    case 'correct':
      return defer(
        `The recorded states of ${fabric.address} contradict each other`,
        { fabric: fabric.address, ...states },
        { remedy: { outside: 'apply the row of the Fabric that corrects them' } },
      );
    case 'suspend':
      return inMaintenance(fabric, scene);
    case 'clean-up':
      return goal === 'remove'
        ? pass(`${fabric.address} is decommissioned`, { status: states.status })
        : reject(
            `${fabric.address} is decommissioned, which is final (HH-STATE-001): its objects are only removed`,
            { fabric: fabric.address, status: states.status },
            { remedy: { outside: 'declare another Fabric for the manifests' } },
          );
    default:
      return declared !== states.status && (declared === 'MAINTENANCE' || declared === 'DECOMMISSIONED')
        ? beforeItsRow(fabric, declared)
        : pass('The Fabric does not suspend its objects', { status: states.status });
  }
};
