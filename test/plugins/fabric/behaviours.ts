/** Behaviours of an API server, each as requests and what a client sees: the same for the real server and the emulator. */

import { setTimeout as sleep } from 'node:timers/promises';
import { readFields } from '../../../plugins/fabric/sandbox/fields.ts';
import {
  isTree,
  listAt,
  textAt,
  type Tree,
  treeAt,
  type Value,
  valueAt,
} from '../../../plugins/fabric/sandbox/value.ts';
import { type Api, type ApiAnswer, type ApiRequest, watchLines, type WatchLine } from '../../support/kubernetes/api.ts';

const GROUP = '/apis/test.fettle.dev/v1';
export const THINGS = `${GROUP}/namespaces/default/things`;
const WIDES = `${GROUP}/wides`;
const GONE = '00000000-0000-0000-0000-000000000000';

/** The part of an answer that is the same in every run. */
export type Sight = Value;

const MASKS: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gu, 'UID'],
  [/(current: |record \(|version: )\d+/gu, '$1N'],
  [/\(\d+\)$/gu, '(N)'],
];

function masked(text: string): string {
  return MASKS.reduce(
    (now, [pattern, mask]) =>
      text.includes(GONE) && mask === 'UID'
        ? now.replaceAll(/(?!0{8})[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gu, mask)
        : now.replaceAll(pattern, mask),
    text,
  );
}

/** The owned fields of each manager. */
export function ownersOf(object: Value): Tree {
  return Object.fromEntries(
    listAt(object, 'metadata', 'managedFields').map((entry) => {
      const name = ['manager', 'operation', 'subresource', 'apiVersion'].map((key) => textAt(entry, key)).join('/');
      return [name, [...readFields(valueAt(entry, 'fieldsV1'))].map((path) => path.replaceAll('\0', ' ')).toSorted()];
    }),
  );
}

function objectSight(object: Tree): Sight {
  const metadata = treeAt(object, 'metadata');
  const { generation, finalizers, labels, annotations } = metadata;
  const own = { generation, finalizers, labels, annotations, spec: object['spec'], status: object['status'] };
  return {
    ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)),
    owners: ownersOf(object),
    ...('deletionTimestamp' in metadata ? { isGoing: true } : {}),
  };
}

/** Causes in the order of their fields, each once: the server repeats some. */
function causesOf(body: Tree): readonly Value[] {
  const fields = listAt(body, 'details', 'causes').map(
    (cause) => `${textAt(cause, 'field')} ${textAt(cause, 'reason')}`,
  );
  return [...new Set(fields)].toSorted();
}

export function sightOf({ code, body, text, headers }: ApiAnswer): Sight {
  const warning = headers['warning'];
  const warnings: Tree = warning === undefined ? {} : { warning: String(warning) };
  if (!isTree(body)) return { code, text, ...warnings };
  if (body['kind'] === 'Status') {
    const details = treeAt(body, 'details');
    const named = Object.fromEntries(
      ['group', 'kind', 'name'].flatMap((key) => (key in details ? [[key, details[key] ?? null]] : [])),
    );
    return {
      code,
      reason: textAt(body, 'reason'),
      // Several faults come in no order.
      message: masked(textAt(body, 'message').replace(/ is invalid: \[.*$/su, ' is invalid: […]')),
      details: named,
      causes: causesOf(body),
      ...warnings,
    };
  }
  return { code, ...(objectSight(body) as Tree), ...warnings };
}

/** Requests for things, and what a client sees of their answers. */
interface Things {
  readonly api: Api;
  readonly compact: () => Promise<void>;
  readonly apply: (name: string, spec: Tree | undefined, more?: More) => Promise<Sight>;
  readonly post: (name: string, spec: Tree | undefined, query?: string) => Promise<Sight>;
  readonly put: (object: Value, query?: string) => Promise<Sight>;
  readonly patch: (name: string, type: 'merge' | 'json', body: Value, query?: string) => Promise<Sight>;
  readonly get: (name: string) => Promise<Sight>;
  readonly raw: (name: string) => Promise<ApiAnswer>;
  readonly remove: (name: string, options?: Tree, query?: string) => Promise<Sight>;
  readonly send: (path: string, request?: ApiRequest) => Promise<Sight>;
}

interface More {
  readonly manager?: string;
  readonly query?: string;
  readonly metadata?: Tree;
  readonly status?: Tree;
  readonly user?: string;
}

export function thing(name: string, spec: Tree | undefined, metadata: Tree = {}): Tree {
  return {
    apiVersion: 'test.fettle.dev/v1',
    kind: 'Thing',
    metadata: { name, ...metadata },
    ...(spec === undefined ? {} : { spec }),
  };
}

export function things(api: Api, compact: () => Promise<void>): Things {
  const send: Things['send'] = async (path, request) => sightOf(await api.send(path, request));
  const url = (name: string, query = ''): string =>
    `${THINGS}${name === '' ? '' : `/${name}`}${query === '' ? '' : `?${query}`}`;
  return {
    api,
    compact,
    send,
    apply: (name, spec, { manager = 'fettle', query = '', metadata = {}, status, user = 'admin' } = {}) =>
      send(url(name, `fieldManager=${encodeURIComponent(manager)}&${query}`), {
        method: 'PATCH',
        type: 'application/apply-patch+yaml',
        body: { ...thing(name, spec, metadata), ...(status === undefined ? {} : { status }) },
        user,
      }),
    post: (name, spec, query = '') => send(url('', query), { method: 'POST', body: thing(name, spec) }),
    put: (object, query = '') => send(url(textAt(object, 'metadata', 'name'), query), { method: 'PUT', body: object }),
    patch: (name, type, body, query = '') =>
      send(url(name, query), {
        method: 'PATCH',
        type: `application/${type === 'merge' ? 'merge' : 'json'}-patch+json`,
        body,
      }),
    get: (name) => send(url(name)),
    raw: (name) => api.send(url(name)),
    remove: (name, options, query = '') =>
      send(url(name, query), {
        method: 'DELETE',
        ...(options === undefined ? {} : { body: { kind: 'DeleteOptions', apiVersion: 'v1', ...options } }),
      }),
  };
}

const uidOf = ({ body }: ApiAnswer): string => textAt(body, 'metadata', 'uid');
const versionOf = ({ body }: ApiAnswer): string => textAt(body, 'metadata', 'resourceVersion');
const namesOf = (list: Value): readonly string[] => listAt(list, 'items').map((one) => textAt(one, 'metadata', 'name'));

function definition(plural: string, kind: string): Tree {
  const schema = { type: 'object', properties: { spec: { type: 'object', properties: { a: { type: 'string' } } } } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.late.fettle.dev` },
    spec: {
      group: 'late.fettle.dev',
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  };
}

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Asks until the answer has a code, for at most ten seconds. */
export async function until(api: Api, path: string, code: number): Promise<ApiAnswer> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const answer = await api.send(path);
    if (answer.code === code || Date.now() > deadline) return answer;
    await sleep(50);
  }
}

const typesOf = (lines: readonly WatchLine[]): readonly Value[] =>
  lines.map(({ type, object }) => [type, textAt(object, 'metadata', 'name'), valueAt(object, 'spec', 'name') ?? null]);

/** Fields that no run repeats, of an object that is compared byte by byte with itself. */
function sameObject(a: ApiAnswer, b: ApiAnswer): boolean {
  return a.text === b.text;
}

/** The behaviours by name. Each has objects of its own. */
export const BEHAVIOURS: Readonly<Record<string, (t: Things) => Promise<Value>>> = {
  'discovery of a group and its kinds': async ({ api, send }) => {
    const { body } = await api.send(GROUP);
    const kinds = listAt(body, 'resources').map((one) => [
      textAt(one, 'name'),
      textAt(one, 'kind'),
      valueAt(one, 'namespaced') ?? null,
    ]);
    const groups = listAt((await api.send('/apis')).body, 'groups').map((one) => textAt(one, 'name'));
    return [
      kinds.map((kind) => JSON.stringify(kind)).toSorted(),
      groups.includes('test.fettle.dev'),
      await send('/apis/nothing.fettle.dev/v1'),
      await send('/apis/test.fettle.dev/v9/things'),
      await send(`${GROUP}/nothings`),
    ];
  },
  'a definition serves its kind, and removes its objects': async ({ api, send }) => {
    const path = '/apis/late.fettle.dev/v1/namespaces/default/lates';
    const before = await send(path);
    const made = await api.send(DEFINITIONS, { method: 'POST', body: definition('lates', 'Late') });
    const listed = await until(api, path, 200);
    const object = { apiVersion: 'late.fettle.dev/v1', kind: 'Late', metadata: { name: 'a' }, spec: { a: 'x' } };
    const created = await send(path, { method: 'POST', body: object });
    await api.send(`${DEFINITIONS}/lates.late.fettle.dev`, { method: 'DELETE' });
    const after = await until(api, path, 404);
    return [before, made.code, listed.code, created, after.code, after.text];
  },
  'default values': async ({ apply, post, get }) => [
    await apply('defaults-a', {}),
    await apply('defaults-b', undefined),
    await post('defaults-c', { nested: {}, ports: [{ port: 80 }] }),
    await get('defaults-c'),
  ],
  'unknown fields': async ({ apply, post, api }) => [
    await apply('unknown-a', { bogus: 1 }),
    await post('unknown-b', { bogus: 1, nested: { bogus: 2 } }),
    await post('unknown-c', { bogus: 1 }, 'fieldValidation=Strict'),
    await post('unknown-d', { bogus: 1 }, 'fieldValidation=Ignore'),
    (await api.send(`${THINGS}/unknown-c`)).code,
    await post('unknown-e', { free: { anything: { goes: [1, { a: 2 }] } } }),
  ],
  'wrong types': async ({ apply, post }) => [
    await apply('types-a', { size: 'large' }),
    await apply('types-b', { name: 5 }),
    await apply('types-c', { tags: {} }),
    await apply('types-d', { nested: [] }),
    await apply('types-e', { nested: { on: 'yes' } }),
    await post('types-f', { size: 'large', name: 5 }),
    await apply('types-g', { size: 1.5 }),
  ],
  'validation of values': async ({ apply, post }) => [
    await apply('values-a', { name: 'a name of more than 20 characters' }),
    await apply('values-b', { when: 'yesterday' }),
    await post('values-c', { ports: [{ proto: 'tcp' }] }),
    await post('values-d', { name: 'a name of more than 20 characters', when: 'x', ports: [{ name: 'y' }] }),
  ],
  'enum, pattern, numbers of items and sizes': async ({ send }) => {
    const post = (spec: Tree): Promise<Sight> =>
      send('/apis/test.fettle.dev/v1/namespaces/default/limits', {
        method: 'POST',
        body: { apiVersion: 'test.fettle.dev/v1', kind: 'Limit', metadata: { name: 'limits-a' }, spec },
      });
    return [
      await post({ role: 'cook' }),
      await post({ code: 'abc' }),
      await post({ items: ['a', 'b', 'c'] }),
      await post({ items: [] }),
      await post({ count: 0 }),
      await post({ count: 11 }),
      await post({ entries: { a: '1', b: '2', c: '3' } }),
      await post({ short: '' }),
      await post({ ip: '1.2.3.400' }),
    ];
  },
  'an immutable field': async ({ apply }) => [
    await apply('fixed-a', { fixed: 'x' }),
    await apply('fixed-a', { fixed: 'y' }),
    await apply('fixed-a', {}),
    await apply('fixed-a', { fixed: 'z' }),
  ],
  'integer or string': async ({ apply, post }) => [
    await apply('either-a', { port: 80 }),
    await apply('either-a', { port: 'http' }),
    await apply('either-b', { port: 1.5 }),
    await post('either-c', { port: true }),
  ],
  null: async ({ apply, post }) => [
    await apply('null-a', { maybe: null }),
    await apply('null-b', { size: null }),
    await apply('null-c', { name: null }),
    await post('null-d', { size: null, maybe: null }),
    await post('null-e', { labels: null }),
  ],
  'integers over 2^53': async ({ apply, get }) => [
    await apply('large-a', { size: 9007199254740993n }),
    await get('large-a'),
    await apply('large-a', { size: 9007199254740992n }),
  ],
  'apply creates, changes, and writes nothing without a change': async ({ apply, raw }) => {
    const created = await apply('course-a', { name: 'x' });
    const changed = await apply('course-a', { name: 'y', words: ['a'] });
    const before = await raw('course-a');
    const again = await apply('course-a', { name: 'y', words: ['a'] });
    return [created, changed, again, sameObject(before, await raw('course-a'))];
  },
  'owners of every type of field': async ({ apply, raw }) => {
    const spec = {
      name: 'x',
      tags: ['b', 'a'],
      words: ['w'],
      ports: [{ port: 80 }, { port: 80, proto: 'udp', opts: { k: 'v' } }],
      labels: { a: '1' },
      atom: { a: '1' },
      nested: { on: false, deep: { one: { v: 1 } } },
      free: { a: { b: [1], c: {} } },
    };
    const metadata = { labels: { l: '1' }, annotations: { n: '2' }, finalizers: ['fettle.dev/a'] };
    const made = await apply('owners-a', spec, { metadata });
    const empty = await apply('owners-b', { ports: [], tags: [], labels: {}, words: [] });
    const before = await raw('owners-a');
    const same = await apply('owners-a', spec, { metadata, query: 'dryRun=All' });
    return [made, empty, same, before.code];
  },
  'a conflict': async ({ apply, patch }) => [
    await apply('conflict-a', { name: 'x', labels: { a: '1', b: '2' } }),
    await apply('conflict-a', { name: 'y' }, { manager: 'other' }),
    await patch('conflict-a', 'merge', { spec: { labels: { a: '3' } } }, 'fieldManager=editor'),
    await apply('conflict-a', { name: 'x', labels: { a: '1', b: '2' } }),
    await apply('conflict-a', { name: 'z', labels: { a: '9' } }, { manager: 'third' }),
  ],
  force: async ({ apply, patch }) => [
    await apply('force-a', { name: 'x', labels: { a: '1' } }),
    await patch('force-a', 'merge', { spec: { labels: { a: '3' } } }, 'fieldManager=editor'),
    await apply('force-a', { name: 'y' }, { manager: 'other', query: 'force=true' }),
    await apply('force-a', { name: 'x', labels: { a: '1' } }, { query: 'force=true' }),
  ],
  'a field that is left out': async ({ apply }) => [
    await apply('left-a', { name: 'x', size: 7, labels: { a: '1', b: '2' }, nested: { deep: { one: { v: 1 } } } }),
    await apply('left-a', { name: 'x', labels: { a: '1' } }, { manager: 'other' }),
    await apply('left-a', { labels: { b: '2' } }),
    await apply('left-a', {}),
  ],
  'an emptied mapping': async ({ apply }) => [
    await apply('emptied-a', {
      labels: { a: '1' },
      tags: ['a'],
      ports: [{ port: 80 }],
      nested: { deep: { one: { v: 1 } } },
    }),
    await apply('emptied-a', { labels: {}, tags: ['a'], ports: [{ port: 80 }], nested: { deep: { one: { v: 1 } } } }),
    await apply('emptied-a', { labels: { a: '1' }, tags: [], ports: [], nested: { deep: { one: { v: 1 } } } }),
    await apply('emptied-a', { labels: { a: '1' }, nested: {} }),
    await apply('emptied-b', { free: { a: '1' }, words: ['a'] }),
    await apply('emptied-b', { free: {}, words: [] }),
  ],
  'the order of items': async ({ apply, patch }) => [
    await apply('order-a', { tags: ['a', 'b', 'c'], ports: [{ port: 1 }, { port: 2 }] }),
    await apply('order-a', { tags: ['d', 'c', 'a'], ports: [{ port: 2 }, { port: 3 }] }, { manager: 'other' }),
    await apply('order-a', { tags: ['c', 'e', 'b'], ports: [{ port: 3 }, { port: 1 }] }),
    await patch('order-a', 'merge', { spec: { tags: ['z', 'a'] } }, 'fieldManager=editor'),
    await apply('order-a', { tags: ['e', 'a', 'z'] }),
  ],
  'equal keys': async ({ apply, post }) => [
    await apply('equal-a', { ports: [{ port: 80 }, { port: 80, proto: 'tcp' }] }),
    await apply('equal-b', { tags: ['a', 'a'] }),
    await apply('equal-c', { ports: [{ name: 'x' }] }),
    await post('equal-d', { tags: ['a', 'a'] }),
    await post('equal-e', { ports: [{ port: 80 }, { port: 80, proto: 'tcp' }] }),
  ],
  'another API version of the same manager': async ({ send }) => {
    const wide = (version: string, spec: Tree, manager: string): Promise<Sight> =>
      send(`/apis/test.fettle.dev/${version}/wides/wide-a?fieldManager=${manager}`, {
        method: 'PATCH',
        type: 'application/apply-patch+yaml',
        body: { apiVersion: `test.fettle.dev/${version}`, kind: 'Wide', metadata: { name: 'wide-a' }, spec },
      });
    return [
      await wide('v1', { a: 1, b: { c: 2 } }, 'fettle'),
      await wide('v2', { a: 1 }, 'fettle'),
      await wide('v2', { d: 1 }, 'other'),
      await send(`${WIDES}/wide-a`),
    ];
  },
  'patches own what they change': async ({ apply, patch }) => [
    await apply('patches-a', { name: 'x', words: ['a'] }),
    await patch('patches-a', 'merge', { spec: { name: 'y', labels: { a: '1' } } }, 'fieldManager=editor'),
    await patch(
      'patches-a',
      'json',
      [
        { op: 'add', path: '/spec/labels/b', value: '2' },
        { op: 'remove', path: '/spec/words' },
      ],
      'fieldManager=editor',
    ),
    await patch('patches-a', 'json', [{ op: 'test', path: '/spec/name', value: 'no' }]),
    await patch('patches-a', 'merge', { spec: { name: null } }, 'fieldManager=editor'),
    await patch('patches-b', 'merge', { spec: { name: 'y' } }),
  ],
  'adoption by rewriting the managed fields': async ({ post, apply, patch, raw, api }) => {
    const made = await post('adopt-a', { name: 'x', labels: { a: '1' } }, 'fieldManager=kubectl-client-side-apply');
    const live = await raw('adopt-a');
    const entries = listAt(live.body, 'metadata', 'managedFields').map((entry) => ({
      ...treeAt(entry),
      manager: 'fettle',
      operation: 'Apply',
    }));
    const adoption = (version: string): Value => [
      { op: 'replace', path: '/metadata/managedFields', value: entries },
      { op: 'replace', path: '/metadata/resourceVersion', value: version },
    ];
    const stale = await patch('adopt-a', 'json', adoption('1'));
    const dry = await patch('adopt-a', 'json', adoption(versionOf(live)), 'dryRun=All');
    const adopted = await patch('adopt-a', 'json', adoption(versionOf(live)));
    return [
      made,
      stale,
      dry,
      adopted,
      await apply('adopt-a', { name: 'x', size: 3 }),
      (await api.send(`${THINGS}/adopt-a`)).code,
    ];
  },
  'parameters of an apply': async ({ apply, send }) => [
    await apply('params-a', {}, { metadata: { managedFields: [] } }),
    await send(`${THINGS}/params-b`, {
      method: 'PATCH',
      type: 'application/apply-patch+yaml',
      body: thing('params-b', {}),
    }),
    await apply('params-c', {}, { manager: 'm'.repeat(129) }),
    await apply('params-d', {}, { manager: 'a\tb' }),
    await apply('params-e', {}, { query: 'dryRun=Yes' }),
    await send(`${THINGS}/params-f?force=true`, { method: 'PATCH', type: 'application/merge-patch+json', body: {} }),
    await apply('params-g', {}, { query: 'fieldValidation=Sometimes' }),
  ],
  'a dry run changes nothing': async ({ apply, remove, raw, api, patch }) => {
    const list = async (): Promise<string> => (await api.send(`${THINGS}?labelSelector=dry=run`)).text;
    const metadata = { labels: { dry: 'run' } };
    const first = await api.apply(`${THINGS}/dry-a?dryRun=All`, thing('dry-a', {}, metadata));
    const second = await api.apply(`${THINGS}/dry-a?dryRun=All`, thing('dry-a', {}, metadata));
    await apply('dry-b', { name: 'x' }, { metadata });
    const before = [await list(), (await raw('dry-b')).text];
    const update = await api.apply(`${THINGS}/dry-b?dryRun=All`, thing('dry-b', { name: 'y' }, metadata));
    const isSameVersion = versionOf(update) === versionOf(await raw('dry-b'));
    const steps = [
      sightOf(first),
      sightOf(update),
      await remove('dry-b', { dryRun: ['All'] }),
      await patch('dry-b', 'merge', { spec: { name: 'z' } }, 'dryRun=All&fieldManager=e'),
    ];
    const after = [await list(), (await raw('dry-b')).text];
    return [
      ...steps,
      isSameVersion,
      uidOf(first) === uidOf(second),
      versionOf(first),
      before.join('\n') === after.join('\n'),
    ];
  },
  'a body decides whether a deletion is a dry run': async ({ apply, remove, get }) => [
    await apply('body-a', {}),
    await remove('body-a', undefined, 'dryRun=All'),
    await remove('body-a', { dryRun: ['All'] }),
    await remove('body-a', {}, 'dryRun=All'),
    await get('body-a'),
  ],
  'preconditions of a deletion': async ({ apply, remove, raw }) => {
    await apply('pre-a', {});
    const live = await raw('pre-a');
    return [
      await remove('pre-a', { preconditions: { uid: GONE } }),
      await remove('pre-a', { preconditions: { resourceVersion: '1' } }),
      await remove('pre-a', { preconditions: { uid: uidOf(live), resourceVersion: versionOf(live) } }),
      await remove('pre-a', { preconditions: { uid: uidOf(live) } }),
    ];
  },
  'uid and resourceVersion in an apply': async ({ apply, raw }) => {
    await apply('uid-a', {});
    const live = await raw('uid-a');
    return [
      await apply('uid-a', { name: 'x' }, { metadata: { uid: GONE } }),
      await apply('uid-b', {}, { metadata: { uid: GONE } }),
      await apply('uid-a', { name: 'x' }, { metadata: { resourceVersion: '1' } }),
      await apply('uid-c', {}, { metadata: { resourceVersion: '1' } }),
      await apply('uid-a', { name: 'x' }, { metadata: { uid: uidOf(live), resourceVersion: versionOf(live) } }),
    ];
  },
  finalizers: async ({ apply, remove, patch, post, get }) => [
    await apply('final-a', { name: 'x' }, { metadata: { finalizers: ['fettle.dev/a'] } }),
    await remove('final-a', { dryRun: ['All'] }),
    await remove('final-a'),
    await remove('final-a'),
    await apply('final-a', { name: 'y' }, { metadata: { finalizers: ['fettle.dev/a'] } }),
    await apply('final-a', { name: 'y' }, { metadata: { finalizers: ['fettle.dev/a', 'fettle.dev/b'] } }),
    await post('final-a', {}),
    await patch('final-a', 'merge', { metadata: { finalizers: null } }, 'fieldManager=controller'),
    await get('final-a'),
  ],
  'the status has its own endpoint': async ({ apply, send, get }) => {
    const status = (name: string, body: Tree, type = 'application/merge-patch+json'): Promise<Sight> =>
      send(`${THINGS}/${name}/status?fieldManager=agent`, { method: 'PATCH', type, body });
    return [
      await apply('status-a', { name: 'x' }, { status: { phase: 'sent' } }),
      await status('status-a', { status: { phase: 'ready' }, spec: { name: 'no' } }),
      await apply('status-a', { name: 'y' }),
      await status(
        'status-a',
        { ...thing('status-a', { name: 'no' }), status: { phase: 'applied', seen: 2 } },
        'application/apply-patch+yaml',
      ),
      await status(
        'status-a',
        { ...thing('status-a', undefined), status: { phase: 'applied', seen: 2 } },
        'application/apply-patch+yaml',
      ),
      await get('status-a'),
      await apply('status-a', { name: 'y' }, { status: { bogus: 1 } }),
    ];
  },
  'metadata alone leaves the generation': async ({ apply }) => [
    await apply('meta-a', { name: 'x' }),
    await apply('meta-a', { name: 'x' }, { metadata: { labels: { a: '1' }, annotations: { b: '2' } } }),
    await apply('meta-a', { name: 'y' }, { metadata: { labels: { a: '1' }, annotations: { b: '2' } } }),
    await apply('meta-a', { name: 'y' }, { metadata: { labels: { a: 'not valid' } } }),
    await apply('meta-a', { name: 'y' }, { metadata: { annotations: { b: 'x'.repeat(262_145) } } }),
    await apply('Meta-B', {}),
  ],
  'a list in pages is one snapshot': async ({ apply, api, send, compact }) => {
    for (let i = 0; i < 5; i += 1) await apply(`page-${i}`, {}, { metadata: { labels: { page: 'yes' } } });
    const path = `${THINGS}?fieldSelector=${encodeURIComponent('metadata.namespace=default')}&labelSelector=page=yes&limit=2`;
    const first = await api.send(path);
    const token = textAt(first.body, 'metadata', 'continue');
    await apply('page-2a', {}, { metadata: { labels: { page: 'yes' } } });
    const second = await api.send(`${path}&continue=${token}`);
    const third = await api.send(`${path}&continue=${textAt(second.body, 'metadata', 'continue')}`);
    const whole = await api.send(`${WIDES}?limit=1`);
    const old = Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: 2, start: 'page-1\0' })).toString('base64url');
    await compact();
    const expired = await api.send(`${path}&continue=${old}`);
    return [
      [first, second, third].map(({ body }) => namesOf(body)),
      new Set([first, second, third].map(({ body }) => textAt(body, 'metadata', 'resourceVersion'))).size,
      [first, third].map(({ body }) => 'remainingItemCount' in treeAt(body, 'metadata')),
      whole.code,
      expired.code,
      textAt(expired.body, 'reason'),
      textAt(expired.body, 'message'),
      textAt(expired.body, 'metadata', 'continue') !== '',
      (await api.send(`${path}&continue=nonsense`)).code,
      await send(`${path}&continue=${token}&resourceVersion=5`),
    ];
  },
  'resource versions of a list': async ({ api, send, compact }) => {
    await compact();
    const exact = await api.send(`${THINGS}?resourceVersion=2&resourceVersionMatch=Exact&limit=1`);
    return [
      await send(`${THINGS}?resourceVersion=99999999`),
      exact.code,
      textAt(exact.body, 'reason'),
      (await api.send(`${THINGS}?resourceVersion=0`)).code,
    ];
  },
  'a watch from a resource version': async ({ apply, remove, api }) => {
    const from = textAt((await api.send(THINGS)).body, 'metadata', 'resourceVersion');
    await apply('watch-a', { name: 'one' });
    await apply('watch-a', { name: 'two' });
    await apply('watch-b', { name: 'three' });
    await remove('watch-a');
    const lines = await watchLines(api, `${THINGS}?watch=1&resourceVersion=${from}`, 4, 10_000);
    const old = await watchLines(api, `${THINGS}?watch=1&resourceVersion=2`, 1, 10_000);
    const future = await watchLines(api, `${THINGS}?watch=1&resourceVersion=99999999`, 1, 500);
    return [
      typesOf(lines),
      old.map(({ type, object }) => [type, valueAt(object, 'code') ?? null, textAt(object, 'reason')]),
      future.length,
    ];
  },
  'timeouts, and initial events with their annotation': async ({ apply, api }) => {
    await apply('initial-a', {}, { metadata: { labels: { initial: 'yes' } } });
    const labels = 'labelSelector=initial=yes';
    const start = Date.now();
    await watchLines(api, `${THINGS}?watch=1&timeoutSeconds=1&${labels}`, 99, 10_000);
    const ended = Date.now() - start < 9000;
    const path = `${THINGS}?watch=1&${labels}&sendInitialEvents=true&allowWatchBookmarks=true`;
    const lines = await watchLines(api, `${path}&resourceVersionMatch=NotOlderThan`, 2, 10_000);
    return [
      ended,
      lines.map(({ type, object }) => [
        type,
        textAt(object, 'metadata', 'name'),
        treeAt(object, 'metadata', 'annotations'),
      ]),
      (await api.send(path)).code,
    ];
  },
  'label selectors': async ({ apply, api, send }) => {
    for (const [name, labels] of Object.entries({
      a: { sel: 'x', tier: '1' },
      b: { sel: 'x', tier: '2' },
      c: { sel: 'y' },
    }))
      await apply(`sel-${name}`, {}, { metadata: { labels } });
    const select = async (selector: string): Promise<Value> =>
      namesOf((await api.send(`${THINGS}?labelSelector=${encodeURIComponent(selector)}`)).body);
    const from = textAt((await api.send(THINGS)).body, 'metadata', 'resourceVersion');
    const found = [
      await select('sel=x'),
      await select('sel,tier!=1'),
      await select('sel in (x,y),!tier'),
      await select('sel notin (x),sel'),
    ];
    await apply('sel-c', {}, { metadata: { labels: { sel: 'x' } } });
    await apply('sel-b', {}, { metadata: { labels: { sel: 'y', tier: '2' } } });
    await apply('sel-a', { name: 'n' }, { metadata: { labels: { sel: 'x', tier: '1' } } });
    const lines = await watchLines(api, `${THINGS}?watch=1&labelSelector=sel%3Dx&resourceVersion=${from}`, 3, 10_000);
    const cleared = await api.send(`${THINGS}?labelSelector=sel%3Dx`, { method: 'DELETE' });
    return [
      found,
      typesOf(lines),
      cleared.code,
      await select('sel'),
      await send(`${THINGS}?fieldSelector=spec.name%3Dx`),
    ];
  },
  permissions: async ({ apply, send, api }) => {
    await apply('rbac-a', {});
    const as =
      (user: string) =>
      (name: string): Promise<Sight> =>
        apply(name, { name: user }, { user, query: 'dryRun=All' });
    const bad = await api.send(THINGS, { headers: { authorization: 'Bearer wrong' }, user: 'anonymous' });
    return [
      bad.code,
      textAt(bad.body, 'message'),
      await send(THINGS, { user: 'anonymous' }),
      await send(THINGS, { user: 'stranger' }),
      await send(`${WIDES}/rbac-a`, { user: 'stranger' }),
      await as('reader')('rbac-a'),
      await as('patcher')('rbac-a'),
      await as('patcher')('rbac-b'),
      await as('dry-runner')('rbac-b'),
      await send(`${THINGS}/rbac-a`, { method: 'DELETE', user: 'dry-runner' }),
      await send(`${THINGS}/rbac-a/status`, { user: 'patcher' }),
    ];
  },
  'namespaces that are missing or going': async ({ api, send }) => {
    const path = (namespace: string): string =>
      `/apis/test.fettle.dev/v1/namespaces/${namespace}/things/a?fieldManager=f`;
    const put = (namespace: string): Promise<Sight> =>
      send(path(namespace), {
        method: 'PATCH',
        type: 'application/apply-patch+yaml',
        body: thing('a', {}, { finalizers: ['fettle.dev/a'] }),
      });
    const missing = await put('nowhere');
    await api.send('/api/v1/namespaces', {
      method: 'POST',
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'going' } },
    });
    const made = await put('going');
    await api.send('/api/v1/namespaces/going', { method: 'DELETE' });
    const refused = await send('/apis/test.fettle.dev/v1/namespaces/going/things', {
      method: 'POST',
      body: thing('b', {}),
    });
    return [missing, made, refused];
  },
  'too large, of another type, or not of the path': async ({ send, api }) => {
    const large = thing('large-b', { words: ['x'.repeat(3 * 1024 * 1024)] });
    const body = thing('other', {});
    const patch = { method: 'PATCH', type: 'application/apply-patch+yaml' };
    return [
      await send(`${THINGS}/large-b?fieldManager=f`, { ...patch, body: large }),
      await send(`${THINGS}/large-c?fieldManager=f`, {
        ...patch,
        body: thing('large-c', { words: ['x'.repeat(1_800_000)] }),
      }),
      await send(`${THINGS}/a`, { method: 'PATCH', type: 'text/plain', body: '{}' }),
      await send(`${THINGS}/named?fieldManager=f`, { ...patch, body }),
      await send(`${THINGS}/a?fieldManager=f`, { ...patch, body: thing('a', {}, { namespace: 'kube-system' }) }),
      await send(`${THINGS}/a?fieldManager=f`, { ...patch, body: { ...thing('a', {}), kind: 'Wide' } }),
      (await api.send(`${THINGS}/a?fieldManager=f`, { ...patch, body: '{' })).code,
      await send(THINGS, { method: 'POST', body: { ...thing('', {}), metadata: {} } }),
      await send(`${THINGS}/nothing`, { method: 'DELETE' }),
      await send(`${THINGS}/nothing`),
    ];
  },
  'POST and PUT': async ({ post, put, raw, api }) => {
    const made = await post('put-a', { name: 'x' });
    const again = await post('put-a', { name: 'x' });
    const live = (await raw('put-a')).body as Tree;
    const next = { ...live, spec: { name: 'y' } };
    const done = await put(next, 'fieldManager=editor');
    const stale = await put(next, 'fieldManager=editor');
    const none = await put(thing('put-b', {}), '');
    const named = await api.send(THINGS, {
      method: 'POST',
      body: { ...thing('', {}), metadata: { generateName: 'gen-' } },
    });
    return [made, again, done, stale, none, named.code, /^gen-.{5}$/u.test(textAt(named.body, 'metadata', 'name'))];
  },
  'a deprecated version warns': async ({ send }) => [await send('/apis/test.fettle.dev/v2/wides/nothing')],
};
