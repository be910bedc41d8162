/** Checks of documents that a schema cannot express: related fields, and values that the provider refuses. */

import { type Desired, escapePointer, type Mistake, type Ref } from '#plugin';
import type { NodePoolSpec, NodeSpec } from './generated.ts';
import { OWN_PREFIX } from './labels.ts';
import { checkNames, checkNodeOfPool, checkPool } from './pool/check.ts';
import { numberOf } from './pool/names.ts';
import { ms, settingsOfSpec } from './settings.ts';
import { workloadName } from './workload-names.ts';
import { defined } from '#plugin';

/** Server names that the provider accepts: labels of RFC 1123 in lower case, joined by dots. */
const SERVER_NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/u;
const LABEL_KEY =
  /^(?:(?=[^/]{1,253}\/)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/u;
/** Fields that only a cloud server has. */
const CLOUD_ONLY = [
  'serverType',
  'image',
  'location',
  'userData',
  'userDataFile',
  'networks',
  'firewalls',
  'placementGroup',
  'volumes',
  'backups',
  'protection',
] as const;
const BYTES_OF_USER_DATA = 32_768;

function wrong(pointer: string, message: string, suggestion?: string): Mistake {
  return defined({ code: 'wrong-value', pointer, message, suggestion });
}

type Template = Pick<NodeSpec, 'labels' | 'userData' | 'userDataFile' | 'readiness' | 'networks' | 'publicNet'>;

function labels(spec: Template, at: string): readonly Mistake[] {
  return Object.keys(spec.labels).flatMap((key) => {
    const pointer = `${at}/labels/${escapePointer(key)}`;
    if (key.startsWith(OWN_PREFIX))
      return [wrong(pointer, `Labels that begin with ${OWN_PREFIX} are reserved for this plugin`)];
    if (key.startsWith('hetzner.cloud/'))
      return [wrong(pointer, 'Labels that begin with hetzner.cloud/ are reserved for the provider')];
    if (LABEL_KEY.test(key)) return [];
    return [
      wrong(
        pointer,
        `${key} is not a valid label. A label has at most 63 letters, digits and inner -_. after an optional prefix and a slash`,
      ),
    ];
  });
}

/** Checks of nodes and of pool templates. */
function common(spec: Template, at: string): readonly Mistake[] {
  const { userData, userDataFile, readiness, networks, publicNet } = spec;
  const network = readiness.tcp?.network ?? readiness.http?.network;
  const way = readiness.tcp === undefined ? 'http' : 'tcp';
  const probed = readiness.tcp !== undefined || readiness.http !== undefined;
  const isAttached = networks === undefined || networks.some((each) => each.network === network);
  return [
    ...labels(spec, at),
    ...(userData !== undefined && userDataFile !== undefined
      ? [wrong(`${at}/userDataFile`, 'userData and userDataFile exclude each other', 'Remove one of them')]
      : []),
    ...(userData !== undefined && new TextEncoder().encode(userData).length > BYTES_OF_USER_DATA
      ? [wrong(`${at}/userData`, `User data is larger than its limit of 32 KiB`)]
      : []),
    ...(network !== undefined && !isAttached
      ? [wrong(`${at}/readiness/${way}/network`, `The node is not attached to the network ${network}`)]
      : []),
    ...(probed && network === undefined && !publicNet.ipv4 && !publicNet.ipv6
      ? [
          wrong(
            `${at}/readiness/${way}`,
            'The node has no public address to probe',
            'network: the name of a private network',
          ),
        ]
      : []),
  ];
}

function staticNode(spec: NodeSpec): readonly Mistake[] {
  return [
    ...(spec.address === undefined
      ? [{ code: 'missing-key', pointer: '/spec', message: 'A static node needs an address', suggestion: 'address' }]
      : []),
    ...CLOUD_ONLY.filter((key) => spec[key] !== undefined).map((key) =>
      wrong(`/spec/${key}`, `A static node has no ${key}, because no cloud provider manages it`, 'Remove the key'),
    ),
    ...(spec.readiness.label === undefined ? [] : [wrong('/spec/readiness/label', 'A static node has no labels')]),
    ...((spec.readiness.tcp ?? spec.readiness.http)?.network === undefined
      ? []
      : [wrong('/spec/readiness', 'A static node is probed at its address, not through a network')]),
    ...(spec.power === 'off' ? [wrong('/spec/power', 'A static node cannot be turned off')] : []),
  ];
}

function cloudNode(spec: NodeSpec): readonly Mistake[] {
  return [
    ...(['serverType', 'image', 'location'] as const)
      .filter((key) => spec[key] === undefined)
      .map((key) => ({
        code: 'missing-key',
        pointer: '/spec',
        message: `A server needs a value for ${key}`,
        suggestion: key,
      })),
    ...(spec.address === undefined
      ? []
      : [wrong('/spec/address', 'Only a static node has an address in its document', 'provider: static')]),
  ];
}

function checkNode(desired: Desired<NodeSpec>): readonly Mistake[] {
  const { ref, spec } = desired;
  const isStatic = spec.provider === 'static';
  return [
    ...(isStatic || SERVER_NAME.test(ref.name)
      ? []
      : [
          wrong(
            '/metadata/name',
            `${ref.name} is not a valid server name. Use lower-case letters, digits and inner hyphens`,
          ),
        ]),
    ...(isStatic ? staticNode(spec) : cloudNode(spec)),
    ...common(spec, '/spec'),
    ...(ms(spec.startDeadline) === 0 ? [wrong('/spec/startDeadline', 'startDeadline must be longer than 0')] : []),
    ...checkNodeOfPool(desired),
  ];
}

/** Problems within one document, before defaults are filled in. */
export function check(desired: Desired): readonly Mistake[] {
  if (desired.ref.kind === 'Node') return checkNode(desired as Desired<NodeSpec>);
  if (desired.ref.kind !== 'NodePool') return [];
  const pool = desired as Desired<NodePoolSpec>;
  return [...common({ ...pool.spec.template }, '/spec/template'), ...checkPool(pool)];
}

/** Nodes with the same name at the workload source: two with one alias, or an alias that is another node's name. */
function sameInSource(documents: readonly Desired[]): readonly (Mistake & { readonly ref: Ref })[] {
  const taken = new Map<string, Ref>();
  const nodes = documents.filter(({ ref }) => ref.kind === 'Node') as readonly Desired<NodeSpec>[];
  const own = new Set(nodes.map(({ ref }) => ref.name));
  const pools = documents.filter(({ ref }) => ref.kind === 'NodePool').map(({ ref }) => ref.name);
  return nodes.flatMap(({ ref, spec }) => {
    const { name: alias } = spec.workloads;
    const isOthers = (name: string): boolean =>
      (own.has(name) && name !== ref.name) || pools.some((pool) => numberOf(pool, name) !== undefined);
    if (alias !== undefined && isOthers(alias))
      return [{ ref, ...wrong('/spec/workloads/name', `${alias} is the name of another node`) }];
    if (spec.workloads.none) return [];
    const name = workloadName(ref.name, settingsOfSpec(spec));
    const other = taken.get(name);
    if (other === undefined) {
      taken.set(name, ref);
      return [];
    }
    const message = `The workload source also uses the name ${name} for ${other.name}`;
    return [{ ref, ...wrong('/spec/workloads/name', message) }];
  });
}

/** Problems over several documents. */
export function checkTogether(documents: readonly Desired[]): readonly (Mistake & { readonly ref: Ref })[] {
  return [...checkNames(documents), ...sameInSource(documents)];
}
