/** Claims: which manifests belong to which Fabric, and the resources that they become. */

import { posix } from 'node:path';
import {
  type Claimed,
  type Claims,
  type Desired,
  type ForeignDocument,
  formatRef,
  type Mistake,
  type Ref,
  valueAt,
} from '#plugin';
import type { FabricSpec } from '../generated.ts';
import { withCanonicalMacs } from './as-sent.ts';
import { secretPointers } from './content.ts';
import {
  CLUSTER,
  CORE,
  CONTROLLER_KINDS,
  FABRIC_GROUPS,
  FABRIC_NAMESPACE,
  groupOf,
  isFabricKind,
  KIND_GROUPS,
} from './groups.ts';
import { type ReadManifest, readManifest } from './manifest.ts';
import { referencesOf } from './references.ts';

type Fabric = Pick<Desired<FabricSpec>, 'ref' | 'spec' | 'source'>;

function isInside(file: string, path: string): boolean {
  return path === '.' || file === path || file.startsWith(`${path}/`);
}

/** The paths of a Fabric's manifests: those that it lists, or by default the folder of its document. */
function pathsOf({ spec, source }: Fabric): readonly string[] {
  const folder = posix.dirname(source.file);
  return spec.manifests === undefined ? [folder] : spec.manifests.map((path) => withoutSlash(posix.join(folder, path)));
}

/** `prod/` and `prod` are the same folder. */
function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

/** True if the Fabric takes documents of a group: the groups of Hedgehog's fabrics, and those that it lists. */
function takesGroup({ spec }: Fabric, group: string): boolean {
  return FABRIC_GROUPS.has(group) || spec.groups.includes(group);
}

/** A Fabric, and whether a manifest belongs to it: by its group, and by its place. */
interface Taker {
  readonly fabric: Fabric;
  readonly takes: (document: ForeignDocument) => boolean;
}

function takerOf(fabric: Fabric): Taker {
  const paths = pathsOf(fabric);
  return {
    fabric,
    takes: ({ apiVersion, source }) =>
      takesGroup(fabric, groupOf(apiVersion)) && paths.some((path) => isInside(source.file, path)),
  };
}

/** The address of an object: kinds of the fabric have their own, others are Objects with their group and kind. */
export function objectRef(
  fabric: string,
  object: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace?: string | undefined;
    readonly name: string;
  },
): Ref {
  const { apiVersion, kind, namespace, name } = object;
  const group = groupOf(apiVersion);
  if (isFabricKind(kind) && KIND_GROUPS[kind] === group)
    return { plugin: 'fabric', kind, scope: [fabric, namespace ?? FABRIC_NAMESPACE], name };
  return {
    plugin: 'fabric',
    kind: 'Object',
    scope: [fabric, group === '' ? CORE : group, kind, namespace ?? CLUSTER],
    name,
  };
}

/** A readable manifest with its index. */
interface Readable {
  readonly of: number;
  readonly document: ForeignDocument;
  readonly read: ReadManifest;
}

function refIn(fabric: Fabric, { document: { apiVersion, kind }, read: { namespace, name } }: Readable): Ref {
  return objectRef(fabric.ref.name, { apiVersion, kind, namespace, name });
}

/** The definition of a custom kind, and the namespace of an object, if documents declare them. */
function foundationsOf(
  fabric: Fabric,
  { document, read }: Readable,
  definitions: ReadonlyMap<string, Ref>,
): readonly Ref[] {
  const definition = definitions.get(`${groupOf(document.apiVersion)}/${document.kind}`);
  const namespace = read.namespace ?? (FABRIC_GROUPS.has(groupOf(document.apiVersion)) ? FABRIC_NAMESPACE : undefined);
  return [
    ...(definition === undefined ? [] : [definition]),
    ...(namespace === undefined
      ? []
      : [objectRef(fabric.ref.name, { apiVersion: 'v1', kind: 'Namespace', name: namespace })]),
  ];
}

const DEFINITION = 'CustomResourceDefinition';

/** A taken manifest with its resource. */
interface Named extends Readable {
  readonly ref: Ref;
  readonly address: string;
}

/** The kinds that the declared definitions add, each with the resource of its definition. */
function definitionsIn(taken: readonly Named[]): ReadonlyMap<string, Ref> {
  return new Map(
    taken.flatMap((each): readonly (readonly [string, Ref])[] => {
      if (each.document.kind !== DEFINITION) return [];
      const spec = each.document.value['spec'] as {
        readonly group?: string;
        readonly names?: { readonly kind?: string };
      };
      return [[`${spec?.group}/${spec?.names?.kind}`, each.ref]];
    }),
  );
}

function claimsOf(fabric: Fabric, readable: readonly Readable[]): readonly Claimed[] {
  const taken = readable.map((each): Named => {
    const ref = refIn(fabric, each);
    return { ...each, ref, address: formatRef(ref) };
  });
  const declared = new Set(taken.map(({ address }) => address));
  const definitions = definitionsIn(taken);
  const fabricAddress = formatRef(fabric.ref);
  return taken.map((each) => {
    const { of, read, document, ref, address } = each;
    const manifest = withCanonicalMacs(read.manifest);
    const references = referencesOf(manifest).map(({ kind, name }) =>
      objectRef(fabric.ref.name, {
        apiVersion: `${KIND_GROUPS[kind]}/`,
        kind,
        namespace: read.namespace ?? FABRIC_NAMESPACE,
        name,
      }),
    );
    const needs = new Map([[fabricAddress, fabric.ref]]);
    for (const need of [...references, ...foundationsOf(fabric, each, definitions)]) {
      const needed = formatRef(need);
      // Objects that exist in the cluster alone are not dependencies: their order is not ours.
      if (declared.has(needed)) needs.set(needed, need);
    }
    needs.delete(address);
    return {
      of,
      ref,
      spec: manifest,
      meta: { labels: manifest.metadata.labels ?? {}, lifecycle: read.lifecycle },
      needs: [...needs.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, need]) => need),
      links: read.dependsOn.map((address) => ({ address, pointer: dependsOnPointer })),
      source: document.source,
    };
  });
}

const dependsOnPointer = '/metadata/annotations/fettle.dev~1dependsOn';

/** Secret values in a manifest: documents, plans and the log would show them. */
function secretMistakes({ value, kind }: ForeignDocument, fabrics: readonly Fabric[]): readonly Mistake[] {
  const named = fabrics.flatMap(({ spec }) => spec.secrets);
  return secretPointers(kind, named).flatMap((pointer) =>
    valueAt(value, pointer) === undefined
      ? []
      : [
          {
            code: 'secret-not-allowed',
            pointer,
            message: `the manifest of a ${kind} must not contain secret values: documents, plans and the log show them`,
            suggestion: 'let an operator in the cluster create the value, and remove it from the manifest',
          },
        ],
  );
}

function controllerMistake({ apiVersion, kind }: ForeignDocument): Mistake | undefined {
  if (!CONTROLLER_KINDS.has(kind) || !FABRIC_GROUPS.has(groupOf(apiVersion))) return undefined;
  return {
    code: 'wrong-value',
    pointer: '/kind',
    message: `the controllers of the fabric write every ${kind}, so a document cannot declare one`,
    suggestion: 'remove the document',
  };
}

function untaken({ apiVersion, source }: ForeignDocument, fabrics: readonly Fabric[]): Mistake {
  const group = groupOf(apiVersion);
  const names = fabrics.map(({ ref }) => ref.name).join(', ');
  const near = fabrics.filter((fabric) => takesGroup(fabric, group));
  if (fabrics.length === 0)
    return {
      code: 'unknown-api-version',
      pointer: '/apiVersion',
      message: `no Fabric is declared that ${apiVersion} could belong to`,
      suggestion: 'declare a Fabric (apiVersion: fabric/v1, kind: Fabric) in the folder of the manifests',
    };
  if (near.length === 0)
    return {
      code: 'unknown-api-version',
      pointer: '/apiVersion',
      message: `the API group ${group === '' ? 'core (v1)' : group} does not belong to a Fabric (declared: ${names})`,
      suggestion: `add ${group === '' ? '""' : group} to spec.groups of the Fabric`,
    };
  return {
    code: 'unknown-api-version',
    pointer: '/apiVersion',
    message: `the file ${source.file} does not belong to a Fabric (declared: ${names})`,
    suggestion: 'add the file or its folder to spec.manifests of the Fabric',
  };
}

/** Takes the manifests of every Fabric. A manifest in the paths of two Fabrics becomes a resource of each. */
export function claim(documents: readonly ForeignDocument[], own: readonly Desired[]): Claims {
  const fabrics = own.filter(({ ref }) => ref.kind === 'Fabric') as readonly Fabric[];
  const all = fabrics.map(takerOf);
  const read = documents.map((document, of): Readable => ({ of, document, read: readManifest(document) }));
  const mistakes = read.flatMap(({ of, document, read: { mistakes: found } }) => {
    const takers = all.filter(({ takes }) => takes(document)).map(({ fabric }) => fabric);
    const controller = controllerMistake(document);
    const own =
      takers.length === 0
        ? [untaken(document, fabrics)]
        : [...(controller === undefined ? [] : [controller]), ...secretMistakes(document, takers), ...found];
    return own.map((mistake) => ({ ...mistake, of }));
  });
  const bad = new Set(mistakes.filter(({ severity }) => severity !== 'warning').map(({ of }) => of));
  const sound = read.filter(({ of }) => !bad.has(of));
  const taken = all.flatMap(({ fabric, takes }) => {
    const own = sound.filter(({ document }) => takes(document));
    // A decommissioned Fabric does not declare objects: those that it has are removed.
    return fabric.spec.status === 'DECOMMISSIONED' ? [] : claimsOf(fabric, own);
  });
  return { taken, mistakes, aside: sound.map(({ of }) => of) };
}
