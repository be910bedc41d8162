/**
 * Places: the files, folders and names that each resource manages, compared by identity instead of spelling, and the
 * places that two resources share. A place belongs to one resource. Loading checks the documents; the rule `same-place`
 * checks every step, in the plan and again right before the step.
 */

import {
  type Change,
  type Claim,
  formatRef,
  type Holder,
  type Identity,
  type Occupied,
  type Resource,
  pass,
  pathsIn,
  reject,
  resourceOf,
  type SharedPlaces,
  type Sharing,
  type Spot,
  type Verdict,
  defined,
} from '#plugin';

/** Access to the disk. */
export interface LookUp {
  readonly file: (path: string) => Spot;
  readonly folder: (path: string) => Spot;
  /** The file at a path, links followed, and whether other names may lead to it. */
  readonly inode: (path: string) => { readonly inode: string; readonly isShared: boolean } | undefined;
  /** True if names in a folder that only differ by case are the same. */
  readonly folds: (folder: string) => boolean;
}

/** Files and folders that no resource may manage. Paths are absolute. */
export interface Reserved {
  readonly kind: 'file' | 'folder';
  readonly path: string;
  /** A noun for messages: `the store's folder`. */
  readonly what: string;
}

function spotOf(claim: Claim, lookUp: LookUp, plugin: string): Spot {
  if (claim.kind === 'key') {
    const exact = `key ${plugin} ${claim.key}`;
    return { identities: [{ exact, folded: exact, near: '' }], around: [], real: claim.key };
  }
  return claim.kind === 'folder' ? lookUp.folder(claim.path) : lookUp.file(claim.path);
}

function occupied(holder: Holder, claim: Claim, lookUp: LookUp, plugin: string): Occupied {
  const inode = claim.kind === 'file' && claim.aside === undefined ? lookUp.inode(claim.path) : undefined;
  return defined({ holder, claim, spot: spotOf(claim, lookUp, plugin), inode });
}

/** The places of a resource by its kind; by default, the paths that its spec writes. */
function claimsOf(resource: Resource): readonly Claim[] {
  const { kind, tables } = resource;
  if (kind.places !== undefined) return kind.places(resource);
  const spec = resource.desired?.spec ?? resource.memory?.open?.applied?.spec ?? resource.memory?.applied?.spec;
  const written = tables.paths.filter(({ use }) => use === 'write');
  return pathsIn(spec, written).map(({ text, pointer, folder }) => ({
    kind: folder === true ? 'folder' : 'file',
    path: text,
    pointer,
  }));
}

/** The places by a resource's document alone. */
function documentClaims(resource: Resource): readonly Claim[] {
  const { address, desired } = resource;
  return desired === undefined ? [] : claimsOf(resourceOf({ ...resource, desired, memory: undefined }, address, null));
}

/** The places by a resource's state alone. */
function memoryClaims(resource: Resource): readonly Claim[] {
  const { address, memory } = resource;
  if (memory === undefined) return [];
  return claimsOf(resourceOf({ ...resource, desired: undefined, sight: { is: 'absent' }, memory }, address, null));
}

/** Every place of a resource: those of its document, and, if it is owned, those of its state and sighting. */
export function placesOf(resource: Resource, lookUp: LookUp): readonly Occupied[] {
  const { address, memory } = resource;
  const of = (by: 'document' | 'memory', claims: readonly Claim[]): readonly Occupied[] =>
    claims.map((claim) => occupied({ by, address }, claim, lookUp, resource.ref.plugin));
  const isClaimed = memory !== undefined && (memory.owned !== undefined || memory.open !== undefined);
  return [...of('document', documentClaims(resource)), ...(isClaimed ? of('memory', memoryClaims(resource)) : [])];
}

/**
 * Paths that fettle writes: the places of the documents and of the state, without those of resources whose plugin fails. A
 * folder that a spec names is not one of them if the kind writes only some files in it.
 */
export function writesOf(resources: Iterable<Resource>): readonly string[] {
  const paths: string[] = [];
  for (const resource of resources) {
    if (!resource.tables.paths.some(({ use }) => use === 'write')) continue;
    try {
      for (const claim of [...documentClaims(resource), ...memoryClaims(resource)])
        if (claim.kind !== 'key') paths.push(claim.path);
    } catch {
      // The rule `same-place` reports the error on the resource's own steps.
    }
  }
  return paths;
}

function sameHolder(a: Holder, b: Holder): boolean {
  if (a.by === 'project' || b.by === 'project') return a === b;
  return a.address === b.address;
}

/** The occupied places, by identity. */
export interface PlaceIndex {
  readonly at: ReadonlyMap<string, readonly Occupied[]>;
  readonly linked: ReadonlyMap<string, readonly Occupied[]>;
  /** Places inside a folder, by the folder. */
  readonly inside: ReadonlyMap<string, readonly Occupied[]>;
}

export function indexOf(all: Iterable<Occupied>, reserved: readonly Reserved[], lookUp: LookUp): PlaceIndex {
  const at = new Map<string, Occupied[]>();
  const linked = new Map<string, Occupied[]>();
  const inside = new Map<string, Occupied[]>();
  const put = (map: Map<string, Occupied[]>, key: string, each: Occupied): void => {
    const known = map.get(key);
    if (known === undefined) map.set(key, [each]);
    else known.push(each);
  };
  const own = reserved.map(({ kind, path, what }) => occupied({ by: 'project', what }, { kind, path }, lookUp, ''));
  for (const each of [...own, ...all]) {
    for (const { folded } of each.spot.identities) put(at, folded, each);
    if (each.inode !== undefined) put(linked, each.inode.inode, each);
    for (const { folded } of each.spot.around) put(inside, folded, each);
  }
  return { at, linked, inside };
}

function isSame(a: Identity, b: Identity, lookUp: LookUp): boolean {
  return a.folded === b.folded && (a.exact === b.exact || lookUp.folds(a.near));
}

function meets(some: readonly Identity[], others: readonly Identity[], lookUp: LookUp): boolean {
  return some.some((a) => others.some((b) => isSame(a, b, lookUp)));
}

/**
 * True if the file at a path is still the one in the index. Two paths that lead to it are one place, for example if a
 * container mounts a file twice. But the inode of a removed file may have been given to another file.
 */
function isStillThere({ claim, inode }: Occupied, lookUp: LookUp): boolean {
  return claim.kind !== 'key' && lookUp.inode(claim.path)?.inode === inode?.inode;
}

/** True if the kind of two resources lets them have the same place. */
function mayShare(own: Claim, other: Claim): boolean {
  return own.kind !== 'key' && other.kind !== 'key' && own.shared !== undefined && own.shared === other.shared;
}

/** The places of one resource that others manage too, each once. */
export function sharingOf(own: readonly Occupied[], index: PlaceIndex, lookUp: LookUp): readonly Sharing[] {
  const found: Sharing[] = [];
  for (const each of own) {
    const { identities, around } = each.spot;
    const met = new Set<Occupied>();
    const add = (how: Sharing['how'], others: readonly Occupied[] | undefined, isMet: (other: Occupied) => boolean) => {
      for (const other of others ?? []) {
        if (met.has(other) || sameHolder(each.holder, other.holder) || !isMet(other)) continue;
        if (how !== 'inside' && mayShare(each.claim, other.claim)) continue;
        met.add(other);
        found.push({ own: each, other, how });
      }
    };
    for (const { folded } of identities)
      add('same', index.at.get(folded), ({ spot }) => meets(spot.identities, identities, lookUp));
    for (const { folded } of around)
      add(
        'inside',
        index.at.get(folded),
        ({ claim, spot }) => claim.kind === 'folder' && meets(spot.identities, around, lookUp),
      );
    if (each.claim.kind === 'folder')
      for (const { folded } of identities)
        add('inside', index.inside.get(folded), ({ spot }) => meets(spot.around, identities, lookUp));
    const { inode } = each;
    if (inode === undefined) continue;
    const isLink = ({ inode: its }: Occupied): boolean => inode.isShared || its?.isShared === true;
    add('link', index.linked.get(inode.inode), isLink);
    add('same', index.linked.get(inode.inode), (other) => !isLink(other) && isStillThere(other, lookUp));
  }
  return found;
}

/** Places that one document names twice, for different uses, and places inside a folder that it names for another use. */
export function namedTwice(own: readonly Occupied[], lookUp: LookUp): readonly Sharing[] {
  const seen = new Map<string, Occupied>();
  const twice: Sharing[] = [];
  for (const each of own) {
    const keys = each.spot.identities.map(({ folded }) => folded);
    const before = keys.flatMap((key) => seen.get(key) ?? [])[0];
    if (before === undefined) for (const key of keys) seen.set(key, each);
    else if (!mayShare(before.claim, each.claim) && meets(before.spot.identities, each.spot.identities, lookUp))
      twice.push({ own: each, other: before, how: 'same' });
  }
  for (const folder of own.filter(({ claim }) => claim.kind === 'folder'))
    for (const each of own)
      if (each !== folder && meets(each.spot.around, folder.spot.identities, lookUp))
        twice.push({ own: each, other: folder, how: 'inside' });
  return twice;
}

export function claimText(claim: Claim): string {
  return claim.kind === 'key' ? claim.key : claim.path;
}

/** The beginning of a sentence about two places, before `, which`: `tls2/www.crt is the same as tls/www.crt`. */
export function sharingText({ own, other, how }: Sharing): string {
  const [mine, theirs] = [claimText(own.claim), claimText(other.claim)];
  if (other.holder.by === 'project')
    return how === 'same' ? `${mine} is ${other.holder.what}` : `${mine} contains or is inside ${other.holder.what}`;
  if (how === 'link') return `${mine} and ${theirs} are two names of one file`;
  if (how === 'inside') return `${mine} contains or is inside ${theirs}`;
  return mine === theirs ? `two resources have the place ${mine}` : `${mine} is the same as ${theirs}`;
}

/** True if the state has the resource `address` at one of the places. */
function isRememberedAt(sharings: readonly Sharing[], address: string): boolean {
  return sharings.some(({ other: { holder } }) => holder.by === 'memory' && holder.address === address);
}

/** The shared places that forbid a change. */
function standing(change: Change, all: readonly Sharing[]): readonly Sharing[] {
  const mine = all.filter(({ own }) => own.holder.by === 'memory');
  const wanted = all.filter(({ own }) => own.holder.by === 'document');
  const isMine = ({ own }: Sharing): boolean => mine.some((each) => each.own.spot.real === own.spot.real);
  switch (change.goal) {
    case 'protect':
      return [];
    case 'remove':
      // The removal of a link does not remove its target.
      return all.filter(({ how }) => how !== 'link');
    case 'release':
      // Another resource's document takes the place over: its state must be moved to that address, not lost.
      return mine.filter(({ other: { holder } }) => holder.by === 'document' && !isRememberedAt(mine, holder.address));
    case 'adopt':
      return wanted;
    default:
      return wanted.filter((each) => each.how !== 'link' && (each.other.holder.by === 'project' || !isMine(each)));
  }
}

function remedyFor({ own, other }: Sharing, change: Change, documented: (address: string) => boolean): string {
  if (other.holder.by === 'project') return 'use another place in the document';
  const address = formatRef(change.ref);
  const theirs = other.holder.address;
  const sameKind = theirs.split('/').slice(0, 2).join('/') === address.split('/').slice(0, 2).join('/');
  if (own.holder.by === 'document' && other.holder.by === 'memory' && sameKind && !documented(theirs))
    return `run \`fettle state mv ${theirs} ${address}\` to move the state to the new address, or \`fettle state forget ${theirs}\` to drop it`;
  if (own.holder.by === 'memory' && other.holder.by === 'document' && sameKind && !documented(address))
    return `run \`fettle state mv ${address} ${theirs}\` to move the state to the new address, or \`fettle state forget ${address}\` to drop it`;
  return `use another place in one of the two documents, or drop one of the resources: \`fettle state forget ${theirs}\``;
}

/** The rule `same-place` for every step: a place belongs to one resource, under any of its names. */
export function samePlace(
  change: Change,
  resource: Resource,
  shared: SharedPlaces | undefined,
  documented: (address: string) => boolean,
): Verdict {
  if (shared === undefined || change.goal === 'protect') return pass('The step uses no place');
  const found = standing(change, shared(resource));
  const [first] = found;
  if (first === undefined) return pass('No other resource has these places');
  const { holder } = first.other;
  const others = [
    ...new Set(found.map(({ other }) => (other.holder.by === 'project' ? other.holder.what : other.holder.address))),
  ];
  const facts = { places: [...new Set(found.map(({ own }) => claimText(own.claim)))].slice(0, 10), others };
  const who =
    holder.by === 'project'
      ? ''
      : `, which ${holder.by === 'document' ? `${holder.address} declares` : `the state has as a place of ${holder.address}`}`;
  return reject(`${sharingText(first)}${who}`, facts, { remedy: { outside: remedyFor(first, change, documented) } });
}
