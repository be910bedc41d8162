/** Writes: create, update, patch, apply and delete, in the order of steps of the real server. */

import { randomUUID } from 'node:crypto';
import { type Admission, admissionKind, type AdmissionRequest } from './admission.ts';
import {
  checkDefinition,
  DEFINITIONS,
  establishedDefinition,
  groupVersion,
  type Kind,
  NAMESPACES,
  storageOf,
} from './kinds.ts';
import { applied, type Typing, updated, wholeSecond, withoutTimes, type Writer } from './managers.ts';
import { checkMetadataTypes, metadataChanges, metadataFaults } from './metadata.ts';
import { jsonPatch, mergePatch } from './patch.ts';
import { pruned, violations, withDefaults, withoutNulls } from './schema.ts';
import {
  alreadyExists,
  badRequest,
  type Cause,
  conflict,
  invalid,
  type KindName,
  MODIFIED,
  notFound,
  preconditionFailed,
  terminating,
  unreasoned,
} from './status.ts';
import { keyOf, type Store } from './store.ts';
import {
  type Draft,
  encode,
  isTree,
  listAt,
  sameValue,
  textAt,
  type Tree,
  treeAt,
  type Value,
  valueAt,
  withMember,
  without,
} from './value.ts';

/** Size of an object that etcd refuses. */
const MAX_STORED_BYTES = 1_572_864;
/** Tries of a patch against objects that others change meanwhile. */
const PATCH_TRIES = 5;

/** One request for an object. */
export interface Call {
  readonly kind: Kind;
  readonly namespace: string;
  /** Empty for a creation. */
  readonly name: string;
  readonly subresource: '' | 'status';
  readonly dryRun: boolean;
  readonly manager: string;
  readonly fieldValidation: string;
  readonly force: boolean;
  readonly warn: (text: string) => void;
}

/** The parts of the server that writes use. */
export interface Writing {
  readonly store: Store;
  readonly admission: Admission;
  /** Epoch ms. */
  readonly now: () => number;
  /** Permission to create, for an apply of a new object. */
  readonly mayCreate: () => void;
}

export interface Written {
  readonly code: number;
  readonly object: Tree;
}

function typingOf({ kind, subresource }: Call, sent: Tree): Typing {
  const [namespace, name] = [textAt(sent, 'metadata', 'namespace'), textAt(sent, 'metadata', 'name')];
  return {
    shape: kind.shape,
    label: `${namespace}/${name}; ${groupVersion(kind)}, Kind=${kind.kind}`,
    ignored: subresource === 'status' ? ['f:metadata', 'f:spec'] : kind.hasStatus && kind.isCustom ? ['f:status'] : [],
  };
}

function writerOf({ kind, manager, subresource }: Call, operation: Writer['operation']): Writer {
  return { manager, operation, apiVersion: groupVersion(kind), subresource };
}

function currentOf({ store }: Writing, { kind, namespace, name }: Call): Tree | undefined {
  const found = store.get(storageOf(kind), keyOf(namespace, name));
  return found === undefined ? undefined : { ...found, apiVersion: groupVersion(kind) };
}

/** Checks that the body is an object of the path's kind, and fills in its place. */
function placed(call: Call, body: Value): Tree {
  const { kind, namespace, name } = call;
  if (!isTree(body)) throw badRequest('the body of the request is not an object');
  const given = `${textAt(body, 'apiVersion')}/${textAt(body, 'kind')}`;
  if (given !== `${groupVersion(kind)}/${kind.kind}`)
    throw badRequest(`invalid object type: ${textAt(body, 'apiVersion')}, Kind=${textAt(body, 'kind')}`);
  checkMetadataTypes(body);
  const metadata = treeAt(body, 'metadata');
  const sent = textAt(metadata, 'name');
  if (name !== '' && sent === '') throw badRequest('name must be provided');
  if (name !== '' && sent !== name)
    throw badRequest(`the name of the object (${sent}) does not match the name on the URL (${name})`);
  const place = textAt(metadata, 'namespace');
  if (place !== '' && place !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  return namespace === '' ? body : { ...body, metadata: { ...metadata, namespace } };
}

/** Decodes a body: refuses or drops unknown fields, and fills in default values. */
function decoded({ kind, fieldValidation, warn }: Call, object: Tree): Tree {
  if (!kind.isCustom) return object;
  const { value, unknown } = pruned(kind.schema, object);
  const faults = unknown.map((path) => `unknown field "${path}"`);
  if (faults.length > 0 && fieldValidation === 'Strict')
    throw badRequest(
      `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${faults.join(', ')}`,
    );
  if (fieldValidation !== 'Ignore') faults.forEach(warn);
  return defaulted(kind, withoutNulls(kind.schema, value) as Tree);
}

function defaulted(kind: Kind, object: Tree): Tree {
  return kind.isCustom ? (withDefaults(kind.schema, object) as Tree) : object;
}

function checkNamespace({ store }: Writing, { kind, namespace }: Call, name: string): void {
  if (!kind.isNamespaced) return;
  const found = store.get(storageOf(NAMESPACES), keyOf('', namespace));
  if (found === undefined) throw notFound(NAMESPACES, namespace);
  if (valueAt(found, 'metadata', 'deletionTimestamp') !== undefined) throw terminating(kind, name, namespace);
}

function requestOf(
  call: Call,
  operation: AdmissionRequest['operation'],
  object: Tree | undefined,
  before?: Tree,
): AdmissionRequest {
  const { kind, namespace, dryRun } = call;
  const name = textAt(object ?? before, 'metadata', 'name') || call.name;
  return { ...admissionKind(kind), operation, namespace, name, object, before, dryRun };
}

/** Members that decide the generation: all but metadata, and status where it has its own endpoint. */
function content(kind: Kind, object: Tree): Tree {
  return without(object, 'metadata', 'apiVersion', 'kind', ...(kind.hasStatus ? ['status'] : []));
}

function checkValid({ kind }: Call, object: Tree, before?: Tree): void {
  const own = [...metadataFaults(object), ...(before === undefined ? [] : metadataChanges(before, object))];
  const faults: readonly Cause[] = kind.isCustom ? violations(kind.schema, object, own, before) : own;
  if (faults.length > 0) throw invalid(kind, textAt(object, 'metadata', 'name'), faults);
  if (kind.resource === DEFINITIONS.resource) checkDefinition(object);
}

/** The object without empty collections in its metadata, which the server does not store. */
function tidied(object: Tree): Tree {
  const metadata = Object.entries(treeAt(object, 'metadata')).filter(
    ([, value]) => typeof value !== 'object' || (value !== null && Object.keys(value).length > 0),
  );
  return { ...object, metadata: Object.fromEntries(metadata) };
}

/** Fields of the server's own kinds that the server fills in. */
function completed({ kind }: Call, object: Tree, time: string): Tree {
  if (kind === DEFINITIONS) return establishedDefinition(object, time);
  if (kind !== NAMESPACES) return object;
  const name = textAt(object, 'metadata', 'name');
  const labels = { ...treeAt(object, 'metadata', 'labels'), 'kubernetes.io/metadata.name': name };
  return {
    ...object,
    metadata: { ...treeAt(object, 'metadata'), labels },
    spec: { finalizers: ['kubernetes'], ...treeAt(object, 'spec') },
    status: { phase: 'Active', ...treeAt(object, 'status') },
  };
}

function stored({ store }: Writing, call: Call, object: Tree): Tree {
  const { kind, namespace, dryRun } = call;
  if (dryRun) return object;
  if (encode(object).length > MAX_STORED_BYTES) throw unreasoned('etcdserver: request is too large');
  return store.put(storageOf(kind), keyOf(namespace, textAt(object, 'metadata', 'name')), object);
}

/** The steps of every creation, from the object with its managed fields on. */
async function finishCreation(on: Writing, call: Call, made: Tree): Promise<Tree> {
  const { kind, namespace } = call;
  const name = textAt(made, 'metadata', 'name');
  checkNamespace(on, call, name);
  const mutated = await on.admission.mutate(requestOf(call, 'CREATE', made), call.warn);
  const metadata = {
    ...without(treeAt(mutated, 'metadata'), 'resourceVersion', 'deletionTimestamp', 'deletionGracePeriodSeconds'),
    uid: randomUUID(),
    creationTimestamp: wholeSecond(on.now()),
    ...(kind === NAMESPACES ? {} : { generation: 1 }),
  };
  const body = kind.isCustom && kind.hasStatus ? without(mutated, 'status') : mutated;
  const object = completed(call, tidied(defaulted(kind, { ...body, metadata })), wholeSecond(on.now()));
  checkValid(call, object);
  await on.admission.validate(requestOf(call, 'CREATE', object), call.warn);
  const known = on.store.get(storageOf(kind), keyOf(namespace, name));
  if (known !== undefined)
    throw alreadyExists(kind, name, valueAt(known, 'metadata', 'deletionTimestamp') !== undefined);
  return stored(on, call, object);
}

/** The object that an update stores: with the parts of the old one that this endpoint does not write. */
function prepared({ kind, subresource }: Call, before: Tree, next: Tree): Tree {
  const managedFields = valueAt(next, 'metadata', 'managedFields');
  if (subresource === 'status') {
    const metadata = withMember(treeAt(before, 'metadata'), 'managedFields', managedFields);
    return withMember({ ...before, metadata }, 'status', next['status']);
  }
  const body = kind.hasStatus && kind.isCustom ? withMember(next, 'status', before['status']) : next;
  const isSame = sameValue(content(kind, before), content(kind, body));
  const { generation, uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds } = treeAt(
    before,
    'metadata',
  );
  const metadata: Draft = { ...treeAt(body, 'metadata') };
  if (typeof generation === 'number') metadata['generation'] = isSame ? generation : generation + 1;
  metadata['uid'] ??= uid ?? '';
  metadata['creationTimestamp'] ??= creationTimestamp ?? null;
  delete metadata['deletionTimestamp'];
  delete metadata['deletionGracePeriodSeconds'];
  if (deletionTimestamp !== undefined)
    Object.assign(metadata, { deletionTimestamp, deletionGracePeriodSeconds: deletionGracePeriodSeconds ?? 0 });
  return { ...body, metadata };
}

/** The steps of every update, from the object with its managed fields on. */
async function finishUpdate(on: Writing, call: Call, before: Tree, next: Tree): Promise<Tree> {
  const { kind, namespace, name } = call;
  const mutated = await on.admission.mutate(requestOf(call, 'UPDATE', next, before), call.warn);
  const time = wholeSecond(on.now());
  const object = completed(call, tidied(prepared(call, before, defaulted(kind, mutated))), time);
  const sentVersion = textAt(next, 'metadata', 'resourceVersion');
  if (sentVersion !== '' && sentVersion !== textAt(before, 'metadata', 'resourceVersion'))
    throw conflict(kind, name, MODIFIED);
  const whole = {
    ...object,
    metadata: { ...treeAt(object, 'metadata'), resourceVersion: textAt(before, 'metadata', 'resourceVersion') },
  };
  checkValid(call, whole, before);
  await on.admission.validate(requestOf(call, 'UPDATE', whole, before), call.warn);
  const live = on.store.get(storageOf(kind), keyOf(namespace, name));
  if (live === undefined) throw notFound(kind, name);
  if (textAt(live, 'metadata', 'resourceVersion') !== textAt(before, 'metadata', 'resourceVersion'))
    throw conflict(kind, name, MODIFIED);
  if (sameValue(withoutTimes(whole), withoutTimes(before))) return before;
  const isLast = valueAt(whole, 'metadata', 'deletionTimestamp') !== undefined && finalizersOf(whole).length === 0;
  if (isLast && !call.dryRun) return on.store.remove(storageOf(kind), keyOf(namespace, name), whole);
  return stored(on, call, whole);
}

function finalizersOf(object: Tree): readonly Value[] {
  return listAt(object, 'metadata', 'finalizers');
}

/** POST. */
export async function create(on: Writing, call: Call, body: Value): Promise<Written> {
  const sent = placed(call, body);
  const prefix = textAt(sent, 'metadata', 'generateName');
  const name = textAt(sent, 'metadata', 'name') || (prefix === '' ? '' : `${prefix}${randomUUID().slice(0, 5)}`);
  const named = { ...call, name };
  const object = decoded(named, { ...sent, metadata: { ...treeAt(sent, 'metadata'), name } });
  const owned = updated(typingOf(named, sent), {}, withoutGiven(object), {
    writer: writerOf(named, 'Update'),
    now: on.now(),
  });
  return { code: 201, object: await finishCreation(on, named, owned) };
}

/** A new object has no managed fields of its own. */
function withoutGiven(object: Tree): Tree {
  return { ...object, metadata: without(treeAt(object, 'metadata'), 'managedFields') };
}

/** PUT. */
export async function replace(on: Writing, call: Call, body: Value): Promise<Written> {
  const sent = decoded(call, placed(call, body));
  const before = currentOf(on, call);
  if (before === undefined) throw notFound(call.kind, call.name);
  if (textAt(sent, 'metadata', 'resourceVersion') === '' && call.kind.isCustom) {
    const message = 'Invalid value: 0: must be specified for an update';
    throw invalid(call.kind, call.name, [{ reason: 'FieldValueInvalid', message, field: 'metadata.resourceVersion' }]);
  }
  const owned = updated(typingOf(call, sent), before, ownPart(call, before, sent), {
    writer: writerOf(call, 'Update'),
    now: on.now(),
  });
  return { code: 200, object: await finishUpdate(on, call, before, owned) };
}

/** The object with only the changes that the endpoint can make, for ownership. */
function ownPart({ subresource, kind }: Call, before: Tree, next: Tree): Tree {
  if (subresource === 'status')
    return withMember({ ...before, metadata: treeAt(next, 'metadata') }, 'status', next['status']);
  return kind.hasStatus && kind.isCustom ? withMember(next, 'status', before['status']) : next;
}

/** PATCH with a merge patch or a JSON patch, again if another writer came first. */
export async function patch(on: Writing, call: Call, type: 'merge' | 'json', body: Value): Promise<Written> {
  for (let tries = 1; ; tries += 1) {
    const before = currentOf(on, call);
    if (before === undefined) throw notFound(call.kind, call.name);
    const next = type === 'merge' ? mergePatch(before, body) : jsonPatch(before, body);
    const sent = decoded(call, placed(call, next));
    const owned = updated(typingOf(call, sent), before, ownPart(call, before, sent), {
      writer: writerOf(call, 'Update'),
      now: on.now(),
    });
    try {
      return { code: 200, object: await finishUpdate(on, call, before, owned) };
    } catch (error) {
      const isOwnVersion =
        textAt(sent, 'metadata', 'resourceVersion') === textAt(before, 'metadata', 'resourceVersion');
      if (!isModified(error) || !isOwnVersion || tries === PATCH_TRIES) throw error;
    }
  }
}

function isModified(error: unknown): boolean {
  return error instanceof Error && error.message.endsWith(MODIFIED);
}

/** PATCH with a configuration: server-side apply. */
export async function apply(on: Writing, call: Call, body: Value): Promise<Written> {
  if (!isTree(body)) throw badRequest('error decoding YAML: the body of the request is not a mapping');
  const { kind } = call;
  if (textAt(body, 'kind') !== kind.kind || textAt(body, 'apiVersion') !== groupVersion(kind))
    throw badRequest(`invalid object type: ${textAt(body, 'apiVersion')}, Kind=${textAt(body, 'kind')}`);
  const typing = typingOf(call, body);
  const application = { writer: writerOf(call, 'Apply'), force: call.force, now: on.now() };
  for (let tries = 1; ; tries += 1) {
    const before = currentOf(on, call);
    const config = placed(call, body);
    if (before === undefined) {
      const uid = textAt(config, 'metadata', 'uid');
      const made = applied(typing, {}, config, application);
      on.mayCreate();
      if (uid !== '')
        throw conflict(
          kind,
          call.name,
          `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
        );
      return { code: 201, object: await finishCreation(on, call, defaulted(kind, made)) };
    }
    const next = applied(typing, before, config, application);
    try {
      return { code: 200, object: await finishUpdate(on, call, before, defaulted(kind, next)) };
    } catch (error) {
      if (!isModified(error) || textAt(config, 'metadata', 'resourceVersion') !== '' || tries === PATCH_TRIES)
        throw error;
    }
  }
}

export interface Preconditions {
  readonly uid: string;
  readonly resourceVersion: string;
}

/** DELETE. The object goes at once, or stays with a time of deletion until its last finalizer is removed. */
export async function remove(on: Writing, call: Call, wanted: Preconditions): Promise<Written> {
  const { kind, namespace, name } = call;
  const live = currentOf(on, call);
  if (live === undefined) throw notFound(kind, name);
  const uid = textAt(live, 'metadata', 'uid');
  const version = textAt(live, 'metadata', 'resourceVersion');
  if (wanted.uid !== '' && wanted.uid !== uid)
    throw preconditionFailed(
      kind,
      name,
      `the UID in the precondition (${wanted.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  if (wanted.resourceVersion !== '' && wanted.resourceVersion !== version)
    throw preconditionFailed(
      kind,
      name,
      `the ResourceVersion in the precondition (${wanted.resourceVersion}) does not match the ResourceVersion in record (${version}). The object might have been modified`,
    );
  await on.admission.validate(requestOf(call, 'DELETE', undefined, live), call.warn);
  if (finalizersOf(live).length > 0 || (kind === NAMESPACES && hasStuckContent(on, name)))
    return { code: 200, object: markedGone(on, call, live) };
  if (!call.dryRun) {
    if (kind === NAMESPACES) clearNamespace(on, name);
    on.store.remove(storageOf(kind), keyOf(namespace, name));
    if (kind === DEFINITIONS) clearDefinition(on, live);
  }
  return { code: 200, object: removalStatus(kind, name, uid) };
}

function removalStatus({ group, resource }: KindName, name: string, uid: string): Tree {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(group === '' ? {} : { group }), kind: resource, uid },
  };
}

function markedGone(on: Writing, call: Call, live: Tree): Tree {
  const metadata = treeAt(live, 'metadata');
  if ('deletionTimestamp' in metadata) return live;
  const generation = metadata['generation'];
  const object: Tree = {
    ...live,
    metadata: {
      ...metadata,
      deletionTimestamp: wholeSecond(on.now()),
      deletionGracePeriodSeconds: 0,
      ...(typeof generation === 'number' ? { generation: generation + 1 } : {}),
    },
    ...(call.kind === NAMESPACES ? { status: { phase: 'Terminating' } } : {}),
  };
  return stored(on, call, object);
}

/** Objects in a namespace, with their storages. */
function contentOf({ store }: Writing, namespace: string): readonly (readonly [storage: string, object: Tree])[] {
  return store
    .save()
    .objects.filter(([, , object]) => textAt(object, 'metadata', 'namespace') === namespace)
    .map(([storage, , object]) => [storage, object] as const);
}

function hasStuckContent(on: Writing, namespace: string): boolean {
  return contentOf(on, namespace).some(([, object]) => finalizersOf(object).length > 0);
}

function clearNamespace(on: Writing, namespace: string): void {
  for (const [storage, object] of contentOf(on, namespace))
    on.store.remove(storage, keyOf(namespace, textAt(object, 'metadata', 'name')));
}

/** The objects of a kind go with its definition. */
function clearDefinition({ store }: Writing, definition: Tree): void {
  const storage = textAt(definition, 'metadata', 'name');
  for (const object of store.list(storage))
    store.remove(storage, keyOf(textAt(object, 'metadata', 'namespace'), textAt(object, 'metadata', 'name')));
}
