/**
 * Places: what each resource describes in the world, by what is there and not by its spelling, and which of them two
 * resources share. A place belongs to one resource: the documents are held to that when they are loaded, and every step
 * is, by the rule `same-place`, in the plan and again right before it.
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

/** Looks at the disk. */
export interface LookUp {
  readonly file: (path: string) => Spot;
  readonly folder: (path: string) => Spot;
  /** Which file is there, links followed, and whether other names may lead to it. */
  readonly inode: (path: string) => { readonly inode: string; readonly isShared: boolean } | undefined;
  /** Whether names in a folder are the same that differ by case alone. */
  readonly folds: (folder: string) => boolean;
}

/** Files and folders that no resource may describe. Paths are absolute. */
export interface Reserved {
  readonly kind: 'file' | 'folder';
  readonly path: string;
  /** Ends the sentence "… is …": `the store's folder`. */
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

/** What a kind says of a resource; without a function of its own, the paths that its spec writes. */
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

/** Every place of a resource: what its document describes, and, where it is ours, what is remembered and seen of it. */
export function placesOf(resource: Resource, lookUp: LookUp): readonly Occupied[] {
  const { address, desired, memory } = resource;
  const of = (by: 'document' | 'memory', part: Resource): readonly Occupied[] =>
    claimsOf(part).map((claim) => occupied({ by, address }, claim, lookUp, resource.ref.plugin));
  const isClaimed = memory !== undefined && (memory.owned !== undefined || memory.open !== undefined);
  return [
    ...(desired === undefined
      ? []
      : of('document', resourceOf({ ...resource, desired, memory: undefined }, address, null))),
    ...(isClaimed
      ? of('memory', resourceOf({ ...resource, desired: undefined, sight: { is: 'absent' }, memory }, address, null))
      : []),
  ];
}

function sameHolder(a: Holder, b: Holder): boolean {
  if (a.by === 'project' || b.by === 'project') return a === b;
  return a.address === b.address;
}

/** What is occupied, by the identities of the places. */
export interface PlaceIndex {
  readonly at: ReadonlyMap<string, readonly Occupied[]>;
  readonly linked: ReadonlyMap<string, readonly Occupied[]>;
  /** Claims inside a folder, by the folder. */
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
 * Whether a file of one name is what the index says. Two paths that lead to it are one place, as where a container mounts
 * a single file a second time; but the number of a file that is gone may be another file's by now.
 */
function isStillThere({ claim, inode }: Occupied, lookUp: LookUp): boolean {
  return claim.kind !== 'key' && lookUp.inode(claim.path)?.inode === inode?.inode;
}

/** What others describe of the places of one resource, each other place once. */
export function sharingOf(own: readonly Occupied[], index: PlaceIndex, lookUp: LookUp): readonly Sharing[] {
  const found: Sharing[] = [];
  for (const each of own) {
    const { identities, around } = each.spot;
    const met = new Set<Occupied>();
    const add = (how: Sharing['how'], others: readonly Occupied[] | undefined, isMet: (other: Occupied) => boolean) => {
      for (const other of others ?? []) {
        if (met.has(other) || sameHolder(each.holder, other.holder) || !isMet(other)) continue;
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

/** Places that one document names twice, for unlike uses. */
export function namedTwice(own: readonly Occupied[], lookUp: LookUp): readonly Sharing[] {
  const seen = new Map<string, Occupied>();
  const twice: Sharing[] = [];
  for (const each of own) {
    const keys = each.spot.identities.map(({ folded }) => folded);
    const before = keys.flatMap((key) => seen.get(key) ?? [])[0];
    if (before === undefined) for (const key of keys) seen.set(key, each);
    else if (meets(before.spot.identities, each.spot.identities, lookUp))
      twice.push({ own: each, other: before, how: 'same' });
  }
  return twice;
}

export function claimText(claim: Claim): string {
  return claim.kind === 'key' ? claim.key : claim.path;
}

/** `tls2/www.crt is the same file as tls/www.crt`, as the beginning of a sentence about the other one. */
export function sharingText({ own, other, how }: Sharing): string {
  const [mine, theirs] = [claimText(own.claim), claimText(other.claim)];
  if (other.holder.by === 'project')
    return how === 'same' ? `${mine} is ${other.holder.what}` : `${mine} and ${other.holder.what} lie one in the other`;
  if (how === 'link') return `${mine} and ${theirs} are two names of one file`;
  if (how === 'inside') return `${mine} and ${theirs} lie one in the other`;
  return mine === theirs ? mine : `${mine} is the same as ${theirs}`;
}

/** Whether a resource that is ours is remembered at the place of another's. */
function isRememberedAt(sharings: readonly Sharing[], address: string): boolean {
  return sharings.some(({ other: { holder } }) => holder.by === 'memory' && holder.address === address);
}

/** Which of the places that are shared stand against a change. */
function standing(change: Change, all: readonly Sharing[]): readonly Sharing[] {
  const mine = all.filter(({ own }) => own.holder.by === 'memory');
  const wanted = all.filter(({ own }) => own.holder.by === 'document');
  const isMine = ({ own }: Sharing): boolean => mine.some((each) => each.own.spot.real === own.spot.real);
  switch (change.goal) {
    case 'protect':
      return [];
    case 'remove':
      // A link goes, and what it leads to stays.
      return all.filter(({ how }) => how !== 'link');
    case 'release':
      // Somebody else's document wants to take the place over: memory goes to that name, and is not lost.
      return mine.filter(({ other: { holder } }) => holder.by === 'document' && !isRememberedAt(mine, holder.address));
    case 'adopt':
      return wanted;
    default:
      return wanted.filter((each) => each.how !== 'link' && (each.other.holder.by === 'project' || !isMine(each)));
  }
}

function remedyFor({ own, other }: Sharing, change: Change, documented: (address: string) => boolean): string {
  if (other.holder.by === 'project') return 'name another place in its document';
  const address = formatRef(change.ref);
  const theirs = other.holder.address;
  const sameKind = theirs.split('/').slice(0, 2).join('/') === address.split('/').slice(0, 2).join('/');
  if (own.holder.by === 'document' && other.holder.by === 'memory' && sameKind && !documented(theirs))
    return `\`fettle state mv ${theirs} ${address}\` gives what is remembered the new name; \`fettle state forget ${theirs}\` gives it up`;
  if (own.holder.by === 'memory' && other.holder.by === 'document' && sameKind && !documented(address))
    return `\`fettle state mv ${address} ${theirs}\` gives what is remembered the new name; \`fettle state forget ${address}\` gives it up`;
  return `let one of the two describe another place, or give one up: \`fettle state forget ${theirs}\``;
}

/** The rule on every step: a place belongs to one resource, whatever it is called. */
export function samePlace(
  change: Change,
  resource: Resource,
  shared: SharedPlaces | undefined,
  documented: (address: string) => boolean,
): Verdict {
  if (shared === undefined || change.goal === 'protect') return pass('no place is taken');
  const found = standing(change, shared(resource));
  const [first] = found;
  if (first === undefined) return pass('no other resource describes its places');
  const { holder } = first.other;
  const others = [
    ...new Set(found.map(({ other }) => (other.holder.by === 'project' ? other.holder.what : other.holder.address))),
  ];
  const facts = { places: [...new Set(found.map(({ own }) => claimText(own.claim)))].slice(0, 10), others };
  const who =
    holder.by === 'project'
      ? ''
      : `, which ${holder.by === 'document' ? `${holder.address} describes` : `is remembered as that of ${holder.address}`}`;
  return reject(`${sharingText(first)}${who}`, facts, { remedy: { outside: remedyFor(first, change, documented) } });
}
