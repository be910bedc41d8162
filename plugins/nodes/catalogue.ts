/**
 * The catalogue for rules: the names in documents, compared with the provider's lists. Pure.
 *
 * A refresh reads the lists that a document needs, and keeps the named entries, with the nearest names of missing ones
 * (`catalogueFor`). The rules `not-in-catalogue` and `not-available` judge orders by them (`obstaclesOf`), in the plan
 * and again immediately before each step. A list that was not read blocks an order like a missing entry.
 */

import { type Facts, type Scene, suggest, instantOf } from '#plugin';
import { isNamed } from './differences.ts';
import { type NodeFacts, PLUGIN } from './facts.ts';
import type { NodeSpec } from './generated.ts';
import { isOfOther, projectOf } from './labels.ts';
import type { Catalogue, CatalogueList, ImageSeen, Named, ServerTypeSeen } from './world.ts';

/** Lists that were read; the others are absent. */
export type Lists = Partial<Catalogue>;

/** Entries of a list by their name in the documents; `near` has a hint for each missing name. */
interface Table<T> {
  readonly found: Readonly<Record<string, T>>;
  readonly near: Readonly<Record<string, string>>;
}

/** Images of a name, one for each architecture. */
type Judged = { readonly [List in Exclude<CatalogueList, 'images' | 'types'>]?: Table<Catalogue[List][number]> } & {
  readonly types?: Table<ServerTypeSeen>;
  readonly images?: Table<readonly ImageSeen[]>;
  /** Name of this project. */
  readonly project?: string;
};

/** The parts of a new server: the spec of a node, or the template of a pool. */
export type Order = Pick<
  NodeSpec,
  'serverType' | 'image' | 'location' | 'sshKeys' | 'networks' | 'firewalls' | 'placementGroup' | 'publicNet'
> &
  Pick<Partial<NodeSpec>, 'volumes'>;

/** Names of an order by the list that they belong to. */
function namesOf(order: Order): { readonly [List in CatalogueList]: readonly string[] } {
  const some = (...names: readonly (string | undefined)[]): readonly string[] => names.flatMap((name) => name ?? []);
  return {
    types: some(order.serverType),
    images: some(order.image),
    locations: some(order.location),
    sshKeys: order.sshKeys,
    firewalls: order.firewalls ?? [],
    networks: (order.networks ?? []).map(({ network }) => network),
    placementGroups: some(order.placementGroup),
    volumes: order.volumes ?? [],
    primaryIps: some(
      order.publicNet.ipv4 ? order.publicNet.ipv4Address : undefined,
      order.publicNet.ipv6 ? order.publicNet.ipv6Address : undefined,
    ),
  };
}

/** The lists that an order needs. */
export function listsOf(order: Order): readonly CatalogueList[] {
  return Object.entries(namesOf(order)).flatMap(([list, names]) => (names.length === 0 ? [] : [list as CatalogueList]));
}

function tableOf<T>(
  names: Iterable<string>,
  find: (name: string) => T | undefined,
  known: readonly string[],
): Table<T> {
  const found: Record<string, T> = {};
  const near: Record<string, string> = {};
  for (const name of [...names].sort()) {
    const one = find(name);
    if (one !== undefined) found[name] = one;
    else near[name] = suggest(name, known, 'known are') ?? 'there are none';
  }
  return { found, near };
}

const KINDS_OF_NAMED = [
  'locations',
  'sshKeys',
  'firewalls',
  'networks',
  'placementGroups',
  'volumes',
  'primaryIps',
] as const satisfies readonly CatalogueList[];

/** The entries of the lists that these orders name. */
export function catalogueFor(lists: Lists, orders: readonly Order[], project: string): Facts {
  const names = orders.map(namesOf);
  const wanted = (list: CatalogueList): ReadonlySet<string> => new Set(names.flatMap((each) => each[list]));
  const { types, images } = lists;
  const named = KINDS_OF_NAMED.flatMap((list) => {
    const all: readonly Named[] | undefined = lists[list];
    if (all === undefined) return [];
    const known = all.map(({ name }) => name);
    // A name takes precedence over an id, as in an order.
    const find = (name: string): Named | undefined =>
      all.find((each) => each.name === name) ?? all.find((each) => isNamed(each, name));
    return [[list, tableOf(wanted(list), find, known)] as const];
  });
  const imagesNamed = (name: string): readonly ImageSeen[] | undefined => {
    const all = (images ?? []).filter((each) => isNamed(each, name));
    return all.length === 0 ? undefined : all;
  };
  const offered = Object.values(types ?? {}).filter(
    ({ locations, deprecated }) => !deprecated && Object.keys(locations).length > 0,
  );
  const judged: Judged = {
    project,
    ...Object.fromEntries(named),
    ...(types === undefined
      ? {}
      : {
          types: tableOf(
            wanted('types'),
            (name) => types[name],
            offered.map(({ name }) => name),
          ),
        }),
    ...(images === undefined
      ? {}
      : {
          images: tableOf(wanted('images'), imagesNamed, [
            ...new Set(images.filter(({ isSystem }) => isSystem).map(({ name }) => name)),
          ]),
        }),
  };
  return judged as unknown as Facts;
}

function judgedIn(scene: Scene): Judged {
  return (scene.extras?.[PLUGIN]?.['catalogue'] ?? {}) as unknown as Judged;
}

/**
 * Reason why an order is not possible. `missing`: a named object does not exist, or does not fit another one;
 * `unavailable`: it exists, and the provider reports that it is not available now.
 */
export interface Obstacle {
  readonly why: 'missing' | 'unavailable';
  /** JSON pointer into the spec. */
  readonly path: string;
  readonly message: string;
}

/** An order in its context. */
export interface Ordering {
  readonly order: Order;
  /** Paths of the changed fields; absent for a new server. */
  readonly fields?: ReadonlySet<string>;
  /** The server that changes, or that is replaced. */
  readonly server?: NodeFacts;
  /** Other servers that join the placement group first, and are not in it yet. */
  readonly joining: number;
  /** Number of servers in the order. */
  readonly count: number;
  readonly now: number;
}

/** Maximum number of servers in a spread placement group. Source: "Placement Groups", Hetzner Cloud documentation. */
const SPREAD_MAX = 10;
/** Maximum number of private networks of a server. Source: "Networks", Hetzner Cloud documentation. */
const NETWORKS_MAX = 3;
/** Time for which a deprecated image is available. Source: "Images", Hetzner Cloud documentation. */
const IMAGE_AFTER_DEPRECATION_MS = 92 * 86_400_000;

type Found<T> = { readonly is: T } | { readonly obstacle: Obstacle };

const missing = (path: string, message: string): Obstacle => ({ why: 'missing', path, message });
const unavailable = (path: string, message: string): Obstacle => ({ why: 'unavailable', path, message });

function lookUp<T>(table: Table<T> | undefined, name: string, path: string, what: string): Found<T> {
  const is = table?.found[name];
  if (is !== undefined) return { is };
  const near = table?.near[name];
  return {
    obstacle: missing(
      path,
      near === undefined
        ? `The provider's list of ${what}s was not read`
        : `The provider has no ${what} ${name}; ${near}`,
    ),
  };
}

function typeObstacles(ordering: Ordering, judged: Judged): readonly Obstacle[] {
  const { order, fields, server, now } = ordering;
  const path = '/serverType';
  const location = fields === undefined ? order.location : server?.location;
  if (order.serverType === undefined || location === undefined) return [];
  const found = lookUp(judged.types, order.serverType, path, 'server type');
  if ('obstacle' in found) return [found.obstacle];
  const { name, locations } = found.is;
  const here = locations[location];
  if (here === undefined) {
    const sold = Object.keys(locations).sort();
    // An unknown location is already reported.
    if (fields === undefined && judged.locations?.found[location] === undefined) return [];
    return [
      missing(
        path,
        sold.length === 0
          ? `The server type ${name} is not sold anywhere`
          : `The server type ${name} is not sold in ${location}; it is sold in ${sold.join(', ')}`,
      ),
    ];
  }
  if (here.endsAt !== undefined && instantOf(here.endsAt) <= now)
    return [missing(path, `The server type ${name} has not been available in ${location} since ${here.endsAt}`)];
  return here.available ? [] : [unavailable(path, `The server type ${name} is not available in ${location} now`)];
}

function imageObstacles({ order, fields, server, now }: Ordering, judged: Judged): readonly Obstacle[] {
  const path = '/image';
  if (order.image === undefined) return [];
  const found = lookUp(judged.images, order.image, path, 'image');
  if ('obstacle' in found) return [found.obstacle];
  const type = order.serverType === undefined ? undefined : judged.types?.found[order.serverType];
  const architecture = fields === undefined ? type?.architecture : server?.architecture;
  const diskGb = fields === undefined ? type?.diskGb : server?.disk_gb;
  const fitting = found.is.filter((image) => architecture === undefined || image.architecture === architecture);
  const [image] = fitting;
  if (image === undefined) {
    const have = [...new Set(found.is.map((each) => each.architecture))].join(', ');
    return [missing(path, `The image ${order.image} is for ${have}, but the server type needs ${architecture}`)];
  }
  const problems: Obstacle[] = [];
  if (!fitting.some(({ isAvailable }) => isAvailable))
    problems.push(unavailable(path, `The image ${order.image} is not available now`));
  if (image.deprecated !== undefined && instantOf(image.deprecated) + IMAGE_AFTER_DEPRECATION_MS <= now)
    problems.push(
      missing(path, `The image ${order.image} has been deprecated since ${image.deprecated} and can no longer be used`),
    );
  if (diskGb !== undefined && image.diskGb > diskGb)
    problems.push(
      missing(path, `The image ${order.image} needs a disk of ${image.diskGb} GB, but the server has ${diskGb} GB`),
    );
  return problems;
}

function groupObstacles({ order, server, joining, count }: Ordering, judged: Judged): readonly Obstacle[] {
  const path = '/placementGroup';
  if (order.placementGroup === undefined) return [];
  const found = lookUp(judged.placementGroups, order.placementGroup, path, 'placement group');
  if ('obstacle' in found) return [found.obstacle];
  const { name, type, servers } = found.is;
  const inside = servers.filter((id) => id !== server?.server_id).length;
  if (type !== 'spread' || inside + joining + count <= SPREAD_MAX) return [];
  return [
    missing(
      path,
      `The placement group ${name} has ${inside + joining} other servers, and ${count} more would exceed its limit of ${SPREAD_MAX}`,
    ),
  ];
}

function networkObstacles(ordering: Ordering, judged: Judged): readonly Obstacle[] {
  const { order, fields, server } = ordering;
  const path = '/networks';
  const wanted = order.networks ?? [];
  const location = fields === undefined ? order.location : server?.location;
  const zone = location === undefined ? undefined : judged.locations?.found[location]?.zone;
  return [
    ...(wanted.length > NETWORKS_MAX
      ? [
          missing(
            path,
            `A server can be in at most ${NETWORKS_MAX} private networks; the document names ${wanted.length}`,
          ),
        ]
      : []),
    ...wanted.flatMap(({ network }) => {
      const found = lookUp(judged.networks, network, path, 'network');
      if ('obstacle' in found) return [found.obstacle];
      return zone === undefined || found.is.zones.includes(zone)
        ? []
        : [missing(path, `The network ${network} has no subnet in the zone ${zone} of ${location}`)];
    }),
  ];
}

interface Placed {
  /** In words: `volume`. */
  readonly what: string;
  readonly name: string;
  readonly path: string;
  readonly thing: Catalogue['volumes'][number];
}

/** Checks an object that only one server can use, and that stays in its location. */
function placedObstacle(
  { what, name, path, thing }: Placed,
  { order, fields, server }: Ordering,
  { project = '' }: Judged,
): Obstacle | undefined {
  const location = fields === undefined ? order.location : server?.location;
  if (isOfOther(thing.labels, project))
    return missing(path, `The ${what} ${name} carries the label of the project ${projectOf(thing.labels)}`);
  if (location !== undefined && thing.location !== location)
    return missing(path, `The ${what} ${name} is in ${thing.location}, but the server is in ${location}`);
  if (thing.server !== undefined && thing.server !== server?.server_id)
    return missing(path, `The ${what} ${name} belongs to the server ${thing.server}`);
  return undefined;
}

function volumeObstacles(ordering: Ordering, judged: Judged): readonly Obstacle[] {
  const path = '/volumes';
  return (ordering.order.volumes ?? []).flatMap((name) => {
    const found = lookUp(judged.volumes, name, path, 'volume');
    return 'obstacle' in found
      ? [found.obstacle]
      : (placedObstacle({ what: 'volume', name, path, thing: found.is }, ordering, judged) ?? []);
  });
}

function addressObstacles(ordering: Ordering, judged: Judged): readonly Obstacle[] {
  const { publicNet } = ordering.order;
  return (['ipv4', 'ipv6'] as const).flatMap((type) => {
    const name = publicNet[type] ? publicNet[`${type}Address`] : undefined;
    const path = `/publicNet/${type}Address`;
    if (name === undefined) return [];
    const found = lookUp(judged.primaryIps, name, path, 'primary IP');
    if ('obstacle' in found) return [found.obstacle];
    if (found.is.type !== type) return [missing(path, `The primary IP ${name} is an ${found.is.type} address`)];
    const placed = placedObstacle({ what: 'primary IP', name, path, thing: found.is }, ordering, judged);
    if (placed !== undefined) return [placed];
    return found.is.server !== undefined && found.is.goesWithServer
      ? [missing(path, `The primary IP ${name} is deleted with the server that has it (auto_delete)`)]
      : [];
  });
}

function plainObstacles({ order, fields }: Ordering, judged: Judged): readonly Obstacle[] {
  const each = <T>(names: readonly string[], table: Table<T> | undefined, path: string, what: string) =>
    names.flatMap((name): readonly Obstacle[] => {
      const found = lookUp(table, name, path, what);
      return 'obstacle' in found ? [found.obstacle] : [];
    });
  return [
    ...(fields === undefined && order.location !== undefined
      ? each([order.location], judged.locations, '/location', 'location')
      : []),
    ...(fields === undefined ? each(order.sshKeys, judged.sshKeys, '/sshKeys', 'SSH key') : []),
    ...each(order.firewalls ?? [], judged.firewalls, '/firewalls', 'firewall'),
  ];
}

/** The obstacles of an order, by the catalogue in the scene. */
export function obstaclesOf(ordering: Ordering, scene: Scene): readonly Obstacle[] {
  const judged = judgedIn(scene);
  const { fields } = ordering;
  const all = [
    ...plainObstacles(ordering, judged),
    ...typeObstacles(ordering, judged),
    ...imageObstacles(ordering, judged),
    ...networkObstacles(ordering, judged),
    ...groupObstacles(ordering, judged),
    ...volumeObstacles(ordering, judged),
    ...(fields === undefined ? addressObstacles(ordering, judged) : []),
  ];
  return fields === undefined ? all : all.filter(({ path }) => fields.has(path));
}
