/** Lists in pages, and their forms: whole objects, metadata alone, and tables. */

import { instantOf } from '#plugin';
import { groupVersion, type Kind, storageOf } from './kinds.ts';
import { fieldSelector, labelSelector, type Selector } from './metadata.ts';
import { ApiError, badRequest, expired, futureVersion } from './status.ts';
import { type Store, textOfObject, versionOf } from './store.ts';
import { encode, isTree, parseValue, textAt, type Tree, treeAt, type Value, valueAt } from './value.ts';

/** The form in which a client wants objects. */
export type Form =
  | { readonly as: 'object' }
  | { readonly as: 'metadata' }
  | { readonly as: 'table'; readonly include: 'None' | 'Metadata' | 'Object' };

/** Reads the form from the `Accept` header; the first form that the server has counts. */
export function formOf(accept: string, includeObject: string): Form {
  for (const part of accept.split(',')) {
    if (/;\s*as=Table\b/u.test(part))
      return {
        as: 'table',
        include: includeObject === 'None' || includeObject === 'Object' ? includeObject : 'Metadata',
      };
    if (/;\s*as=PartialObjectMetadata(?:List)?\b/u.test(part)) return { as: 'metadata' };
    if (/application\/json\s*(?:$|;\s*q=)/u.test(part)) return { as: 'object' };
  }
  return { as: 'object' };
}

function metadataOnly(object: Tree): Tree {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: treeAt(object, 'metadata'),
  };
}

/** An age as tables show it: seconds up to two minutes, then minutes, hours and days. */
function ageText(since: Value | undefined, now: number): string {
  const at = typeof since === 'string' ? instantOf(since) : Number.NaN;
  if (Number.isNaN(at)) return '<unknown>';
  const seconds = Math.max(0, Math.floor((now - at) / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}

function cell(object: Tree, type: string, path: readonly string[], now: number): Value {
  const value = valueAt(object, ...path);
  if (type === 'date') return value === undefined ? null : ageText(value, now);
  if (value === undefined) return null;
  return type === 'string' && typeof value !== 'string' ? encode(value) : value;
}

/** A table of objects. */
function tableOf(kind: Kind, objects: readonly Tree[], include: string, now: number): Tree {
  const columns = kind.columns.length > 0 ? kind.columns : [AGE];
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 },
      ...columns.map(({ name, type, priority }) => ({ name, type, format: '', description: '', priority })),
    ],
    rows: objects.map((object) => ({
      cells: [textAt(object, 'metadata', 'name'), ...columns.map(({ type, path }) => cell(object, type, path, now))],
      object: include === 'None' ? null : include === 'Object' ? object : metadataOnly(object),
    })),
  };
}

const AGE = { name: 'Age', type: 'date', path: ['metadata', 'creationTimestamp'], priority: 0 };

/** JSON of one object in a form. */
export function objectText(kind: Kind, object: Tree, form: Form, now: number): string {
  if (form.as === 'metadata') return encode(metadataOnly(object));
  if (form.as === 'table')
    return encode({
      ...tableOf(kind, [object], form.include, now),
      metadata: { resourceVersion: textAt(object, 'metadata', 'resourceVersion') },
    });
  return textOfObject(versioned(kind, object));
}

const otherVersions = new WeakMap<Tree, Map<string, Tree>>();

/** A stored object in the version of the request. */
export function versioned(kind: Kind, object: Tree): Tree {
  const apiVersion = groupVersion(kind);
  if (!kind.isCustom || object['apiVersion'] === apiVersion) return object;
  const known = otherVersions.get(object) ?? new Map<string, Tree>();
  const made = known.get(apiVersion) ?? { ...object, apiVersion };
  otherVersions.set(object, known.set(apiVersion, made));
  return made;
}

export interface ListQuery {
  readonly kind: Kind;
  /** Empty for all namespaces. */
  readonly namespace: string;
  readonly query: URLSearchParams;
  readonly form: Form;
  readonly now: number;
}

/** The selectors of a query as one test. */
export function selectorOf(query: URLSearchParams, namespace: string): Selector {
  const labels = labelSelector(query.get('labelSelector') ?? '');
  const fields = fieldSelector(query.get('fieldSelector') ?? '');
  return (object) =>
    (namespace === '' || textAt(object, 'metadata', 'namespace') === namespace) && labels(object) && fields(object);
}

interface Page {
  readonly version: number;
  /** Names, or `namespace/name` in a list of all namespaces, before which the page ends. */
  readonly start: string;
}

function readToken(text: string): Page {
  let token: Value;
  try {
    token = parseValue(Buffer.from(text, 'base64url').toString());
  } catch (error) {
    throw badRequest(`continue key is not valid: ${error instanceof Error ? error.message : ''}`);
  }
  if (textAt(token, 'v') !== 'meta.k8s.io/v1')
    throw badRequest('continue key is not valid: server does not recognize this encoded version');
  return { version: Number(valueAt(token, 'rv') ?? 0), start: textAt(token, 'start') };
}

function tokenOf({ version, start }: Page): string {
  return Buffer.from(encode({ v: 'meta.k8s.io/v1', rv: version, start })).toString('base64url');
}

const keyOfObject = (object: Tree, namespace: string): string =>
  namespace === '' && textAt(object, 'metadata', 'namespace') !== ''
    ? `${textAt(object, 'metadata', 'namespace')}/${textAt(object, 'metadata', 'name')}`
    : textAt(object, 'metadata', 'name');

/** The error for a page of a list that is too old, with a token for the rest as it is now. */
function expiredPage({ start }: Page, version: number): ApiError {
  const { code, reason } = expired('');
  const message =
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';
  return new InconsistentPage(code, reason, message, tokenOf({ version, start }));
}

class InconsistentPage extends ApiError {
  readonly token: string;

  constructor(code: number, reason: string, message: string, token: string) {
    super(code, reason, message);
    this.token = token;
  }

  override get body(): Tree {
    return { ...super.body, metadata: { continue: this.token } };
  }
}

/** The objects of a list and the version of the list. */
function snapshot(
  store: Store,
  storage: string,
  query: URLSearchParams,
): { readonly objects: readonly Tree[]; readonly version: number; readonly after: string } {
  const token = query.get('continue') ?? '';
  const asked = query.get('resourceVersion') ?? '';
  if (token !== '') {
    if (asked !== '' && asked !== '0')
      throw badRequest('specifying resource version is not allowed when using continue');
    const page = readToken(token);
    try {
      return { objects: store.listAt(storage, page.version), version: page.version, after: page.start };
    } catch {
      throw expiredPage(page, store.version());
    }
  }
  if (asked !== '' && !/^\d+$/u.test(asked))
    throw new ApiError(
      500,
      '',
      `resourceVersion: Invalid value: ${JSON.stringify(asked)}: strconv.ParseUint: parsing ${JSON.stringify(asked)}: invalid syntax`,
    );
  const version = Number(asked || 0);
  if (version > store.version()) throw futureVersion(version, store.version());
  if (query.get('resourceVersionMatch') === 'Exact')
    return { objects: store.listAt(storage, version), version, after: '' };
  return { objects: store.list(storage), version: store.version(), after: '' };
}

/** JSON of a list, or of one page of it. */
export function listText(store: Store, { kind, namespace, query, form, now }: ListQuery): string {
  const { objects, version, after } = snapshot(store, storageOf(kind), query);
  const matches = selectorOf(query, namespace);
  const found = objects.filter(
    (object) => matches(object) && (after === '' || keyOfObject(object, namespace) >= after),
  );
  const limit = Number(query.get('limit') ?? 0);
  const isCut = limit > 0 && found.length > limit;
  const page = isCut ? found.slice(0, limit) : found;
  const last = page.at(-1);
  const hasSelector = (query.get('labelSelector') ?? '') !== '' || (query.get('fieldSelector') ?? '') !== '';
  const metadata: Tree = {
    resourceVersion: String(version),
    ...(isCut && last !== undefined
      ? { continue: tokenOf({ version, start: `${keyOfObject(last, namespace)}\0` }) }
      : {}),
    ...(isCut && !hasSelector ? { remainingItemCount: found.length - page.length } : {}),
  };
  if (form.as === 'table')
    return encode({
      ...tableOf(
        kind,
        page.map((one) => versioned(kind, one)),
        form.include,
        now,
      ),
      metadata,
    });
  const isPartial = form.as === 'metadata';
  const items = isPartial
    ? page.map((one) => encode(metadataOnly(one)))
    : page.map((one) => textOfObject(versioned(kind, one)));
  const apiVersion = isPartial ? 'meta.k8s.io/v1' : groupVersion(kind);
  const listKind = isPartial ? 'PartialObjectMetadataList' : kind.listKind;
  return `{"apiVersion":${JSON.stringify(apiVersion)},"items":[${items.join(',')}],"kind":${JSON.stringify(listKind)},"metadata":${encode(metadata)}}`;
}

/** One event of a watch: a change as a client with this selector sees it. */
export function seenChange(
  matches: Selector,
  change: { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: Tree; readonly before: Tree | undefined },
): { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: Tree } | undefined {
  const was = change.before !== undefined && matches(change.before);
  const is = change.type !== 'DELETED' && matches(change.object);
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object: change.object };
  if (!was) return undefined;
  // The last state that matched, with the version of the change.
  const last = change.type === 'DELETED' ? change.object : change.before;
  const metadata = { ...treeAt(last, 'metadata'), resourceVersion: String(versionOf(change.object)) };
  return { type: 'DELETED', object: { ...(isTree(last) ? last : {}), metadata } };
}
