/** `fettle fabric manifest ADDRESS`: prints the manifest of an object as the cluster has it. */

import { defineCommand, type Desired, InputError, OutsideError, parseRef, type Ref } from '#plugin';
import { CONTROLLERS, hasSecrets, manifestOf } from '../discover.ts';
import { versionsOf } from '../objects/groups.ts';
import type { FabricSpec } from '../generated.ts';
import { addressParts, OBJECT_KINDS, PLUGIN } from '../kinds.ts';
import { manifestYaml } from '../live/manifest-yaml.ts';
import { declaredPart } from '../objects/declared-part.ts';
import { groupOf, KIND_GROUPS } from '../objects/groups.ts';
import type { ClusterReader, FabricReader, ServedKind } from '../world.ts';

function objectNamed(word: string): Ref {
  const ref = parseRef(word);
  if (ref?.plugin !== PLUGIN || !OBJECT_KINDS.includes(ref.kind))
    throw new InputError(`"${word}" is not the address of an object, such as fabric/VPC/prod/default/vpc-1`);
  return ref;
}

/** The Fabric of an object. Throws InputError if it is not declared. */
export function fabricDocument(name: string, desired: readonly Desired[]): Desired<FabricSpec> {
  const found = desired.find(({ ref }) => ref.kind === 'Fabric' && ref.name === name);
  if (found === undefined) throw new InputError(`the Fabric ${name} is not declared, so its cluster is not known`);
  return found as Desired<FabricSpec>;
}

/** The kind of an object, in the versions that fettle takes. */
async function servedKind(
  cluster: ClusterReader,
  ref: Ref,
  fabric: Desired<FabricSpec>,
  signal: AbortSignal,
): Promise<ServedKind> {
  const { kind } = addressParts(ref);
  const group = ref.kind === 'Object' ? ref.scope?.[1] : KIND_GROUPS[ref.kind as keyof typeof KIND_GROUPS];
  for (const version of versionsOf(fabric.spec)) {
    const own = groupOf(version) === '' ? 'core' : groupOf(version);
    const found = own === group ? await cluster.served(version, signal) : undefined;
    const served = found?.find((each) => each.kind === kind);
    if (served !== undefined) return served;
  }
  throw new OutsideError(`${cluster.server} does not serve ${kind} of ${group}`);
}

export const manifest = defineCommand<
  FabricReader,
  { readonly address: { readonly summary: string; readonly as: 'required' } }
>({
  name: 'manifest',
  summary: 'Print the manifest of an object as the cluster has it, without defaults and noise.',
  words: { address: { summary: 'Address of the object.', as: 'required' } },
  does: 'watch',
  watch: async (world, { words, desired, signal, print }) => {
    const ref = objectNamed(words.address);
    const { fabric: name, namespace, name: own } = addressParts(ref);
    const fabric = fabricDocument(name, desired);
    const cluster = await world.cluster(fabric.spec, signal);
    const served = await servedKind(cluster, ref, fabric, signal);
    const object = await cluster.get({ served, name: own, ...(namespace === undefined ? {} : { namespace }) }, signal);
    if (object === undefined) throw new InputError(`${cluster.server} does not have ${words.address}`);
    if ('words' in object && typeof object.words === 'string')
      throw new OutsideError(`${cluster.server}: ${words.address} cannot be read: ${object.words}`);
    const live = object as Exclude<typeof object, { readonly words: string }>;
    if (hasSecrets(fabric, served.kind, live))
      throw new InputError(`the manifest of ${words.address} is not printed: the object has secret values`);
    const part = declaredPart(live, new Set([...CONTROLLERS, ...fabric.spec.controllers]));
    if (part === undefined) throw new InputError(`${words.address} is written by controllers alone`);
    const document = manifestOf(live, part, served.namespaced);
    for (const line of manifestYaml(document).trimEnd().split('\n')) print(line, { line });
  },
});
