/** Note: what of a look is remembered, so that neither a restart nor the loss of a document loses it. */

import { digestOf, type Scene, defined, isSeen, seenFacts, isGiven, type KnownResource, observedOf } from '#plugin';
import { type NodeFacts, type NodeLife, type NodeResource, nodeSignals } from './facts.ts';
import type { NodeMemory, NodeSpec } from './generated.ts';
import { LABELS } from './labels.ts';
import { nodeRef } from './pool/expand.ts';
import { leftBy } from './successor.ts';
import { formerNames, type Named } from './workload-names.ts';

/** Every field of a life: one that is not known any more is forgotten, not kept. */
const LIFE = {
  provisionedAt: true,
  initializedAt: true,
  firstContainerAt: true,
  lastContainerAt: true,
  drainingAt: true,
  recoveredAt: true,
  syncCompletedAt: true,
  containersEver: true,
  startedTotal: true,
  containerIds: true,
  containers: true,
  allocatedMb: true,
  emptySince: true,
  lookedAt: true,
  probeFailures: true,
  probeFailedAt: true,
  failingSince: true,
} as const satisfies { readonly [Field in keyof Required<NodeLife>]: true };

/** Digest of the SSH keys of a spec, whatever their order. */
export function sshKeysDigest({ sshKeys }: Pick<NodeSpec, 'sshKeys'>): string {
  return digestOf(sshKeys.toSorted());
}

/** Digest of the user data of a spec; undefined where its file could not be read. */
export function userDataDigest(
  { userData, userDataFile }: Pick<NodeSpec, 'userData' | 'userDataFile'>,
  facts: Pick<NodeFacts, 'userData'> | undefined,
): string | undefined {
  return userDataFile === undefined ? digestOf(userData ?? null) : facts?.userData;
}

/** What nobody can see of a server: what it was made with is what was written then, or when it was adopted. */
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

/** Names that its server had; a name is another node's where that has a server now. */
function namesOf(
  { ref, memory }: NodeResource,
  facts: NodeFacts,
  scene: Scene | undefined,
): Pick<Partial<NodeMemory>, 'names'> {
  const former = memory?.kept.serverId === facts.serverId ? memory?.kept.names : undefined;
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

/** What a successor would get; nothing of a server that only now takes what is left. */
function leftNote(resource: NodeResource): Partial<NodeMemory> {
  const { desired, memory } = resource;
  const facts = seenFacts(resource);
  if (desired === undefined || facts === undefined || isGiven(resource)) return {};
  const left = memory?.open?.goal === 'create' ? memory.kept.left : leftBy(desired.spec, facts);
  return { left: left ?? null } as unknown as Partial<NodeMemory>;
}

export function noteNode(resource: KnownResource<NodeResource>, _now?: number, scene?: Scene): Partial<NodeMemory> {
  const { desired, memory } = resource;
  const observed = observedOf(resource);
  const signals = nodeSignals(resource);
  // Of one that is gone, all stays: when it is there again, its id tells whether it is the same. What went to make room
  // for its successor hands on what it had, and nothing else.
  if (observed === undefined || signals === undefined)
    return memory?.open?.goal === 'replace' && memory.kept.left !== undefined ? { left: memory.kept.left } : {};
  const { facts } = observed;
  if (facts.other === true && resource.owned) return {};
  const cleared = Object.fromEntries(Object.keys(LIFE).map((field) => [field, null]));
  const isNew = memory?.kept.sshKeys === undefined || memory.open?.goal === 'create';
  const begun = memory?.open?.goal === 'create' ? (memory.open.applied?.spec as NodeSpec | undefined) : undefined;
  const spec = begun ?? desired?.spec;
  const made = isNew && spec !== undefined && observed.given !== true ? madeWith(spec, facts) : {};
  return {
    ...namesOf(resource, facts, scene),
    ...(facts.serverId === undefined ? {} : { serverId: facts.serverId }),
    ...(facts.project !== undefined && facts.labels?.[LABELS.project] === facts.project
      ? { project: facts.project }
      : {}),
    ...made,
    ...leftNote(resource),
    ...(memory?.open?.goal === 'create' ? ({ toldAt: null, wasSystem: null } as object) : {}),
    ...(desired?.spec.role === 'system' ? { wasSystem: true } : {}),
    ...(cleared as Partial<NodeMemory>),
    ...(signals.life as Partial<NodeMemory>),
  };
}
