/** Note: facts of a refresh that the state records, so that they survive restarts and removed documents. */

import {
  digestOf,
  type Scene,
  defined,
  isSeen,
  seenFacts,
  isGiven,
  type KnownResource,
  observedOf,
  type Note,
} from '#plugin';
import { type NodeFacts, type NodeLife, type NodeResource, nodeSignals } from './facts.ts';
import type { NodeMemory, NodeSpec } from './generated.ts';
import { LABELS } from './labels.ts';
import { nodeRef } from './pool/expand.ts';
import { leftBy } from './successor.ts';
import { formerNames, type Named } from './workload-names.ts';

/** Every field of a history: an unknown field is cleared, not kept. */
const NO_LIFE = {
  provisioned_at: null,
  initialized_at: null,
  first_container_at: null,
  last_container_at: null,
  draining_at: null,
  recovered_at: null,
  sync_completed_at: null,
  containers_ever: null,
  started_total: null,
  container_ids: null,
  containers: null,
  allocated_mb: null,
  empty_since: null,
  looked_at: null,
  probe_failures: null,
  probe_failed_at: null,
  failing_since: null,
} as const satisfies { readonly [Field in keyof Required<NodeLife>]: null };

/** Digest of the SSH keys of a spec, in any order. */
export function sshKeysDigest({ sshKeys }: Pick<NodeSpec, 'sshKeys'>): string {
  return digestOf(sshKeys.toSorted());
}

/** Digest of the user data of a spec; undefined if its file could not be read. */
export function userDataDigest(
  { userData, userDataFile }: Pick<NodeSpec, 'userData' | 'userDataFile'>,
  facts: Pick<NodeFacts, 'userData'> | undefined,
): string | undefined {
  return userDataFile === undefined ? digestOf(userData ?? null) : facts?.userData;
}

/** Records values that the provider does not report: those declared at the creation or adoption. */
export function madeWith(
  spec: NodeSpec,
  facts: Pick<NodeFacts, 'userData'> | undefined,
): Pick<Partial<NodeMemory>, 'sshKeys' | 'userData' | 'labels'> {
  const userData = userDataDigest(spec, facts);
  return defined({
    sshKeys: sshKeysDigest(spec),
    userData,
    labels: Object.keys(spec.labels).sort(),
  });
}

/** Former names of the server, without names that another node's server has now. */
function namesOf(
  { ref, memory }: NodeResource,
  facts: NodeFacts,
  scene: Scene | undefined,
): Pick<Partial<NodeMemory>, 'names'> {
  const former = memory?.kept.server_id === facts.server_id ? memory?.kept.names : undefined;
  const named = defined<Named>({
    name: ref.name,
    server: facts.name,
    former,
  });
  const names = formerNames(named, (name) => {
    const other = scene?.get(nodeRef(name));
    return other !== undefined && isSeen(other);
  });
  return names.length === 0 && memory?.kept.names === undefined ? {} : { names };
}

/** Settings for a successor; none of a server that is still receiving those of its predecessor. */
function leftNote(resource: NodeResource): Note<NodeMemory> {
  const { desired, memory } = resource;
  const facts = seenFacts(resource);
  if (desired === undefined || facts === undefined || isGiven(resource)) return {};
  const left = memory?.open?.goal === 'create' ? memory.kept.left : leftBy(desired.spec, facts);
  return { left: left ?? null };
}

export function noteNode(resource: KnownResource<NodeResource>, _now?: number, scene?: Scene): Note<NodeMemory> {
  const { desired, memory } = resource;
  const observed = observedOf(resource);
  const signals = nodeSignals(resource);
  // The state of a missing server stays: its id identifies it if it returns. A replaced server leaves only its settings
  // to its successor.
  if (observed === undefined || signals === undefined)
    return memory?.open?.goal === 'replace' && memory.kept.left !== undefined ? { left: memory.kept.left } : {};
  const { facts } = observed;
  if (facts.other === true && resource.owned) return {};
  const isNew = memory?.kept.sshKeys === undefined || memory.open?.goal === 'create';
  const begun = memory?.open?.goal === 'create' ? (memory.open.applied?.spec as NodeSpec | undefined) : undefined;
  const spec = begun ?? desired?.spec;
  const made = isNew && spec !== undefined && observed.given !== true ? madeWith(spec, facts) : {};
  return {
    ...namesOf(resource, facts, scene),
    ...(facts.server_id === undefined ? {} : { server_id: facts.server_id }),
    ...(facts.project !== undefined && facts.labels?.[LABELS.project] === facts.project
      ? { project: facts.project }
      : {}),
    ...made,
    ...leftNote(resource),
    ...(memory?.open?.goal === 'create' ? { told_at: null, was_system: null } : {}),
    ...(desired?.spec.role === 'system' ? { was_system: true } : {}),
    ...NO_LIFE,
    ...signals.life,
  };
}
