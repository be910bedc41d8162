/**
 * One mutation of each field of the published JSON Schemas, of documents and of `fettle.yaml`: the digest changes
 * exactly if the effect of `apply` changes.
 *
 * An applied document becomes state, so each of its fields counts, except for those of resources without a row. A table
 * has the fields of `fettle.yaml` that count, by planned action. If a digest stays, `apply` runs with and without the
 * mutation, and must make the same calls and record the same state.
 */

import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Emulator, startEmulator } from '../../plugins/nodes/sandbox/emulator.ts';
import type { Plan } from '../../src/formats/plan.ts';
import { changeAt, type Json } from '#plugin';
import { temporaryFolder, writeFiles } from '../support/cli.ts';
import { type Done, fettle } from '../support/command-line.ts';
import { itemsYaml, toyPlugins } from '../support/toy-project.ts';
import { toyWorld } from '../support/toy.ts';

interface SchemaPart {
  readonly type?: string | readonly string[];
  readonly enum?: readonly Json[];
  readonly default?: Json;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, SchemaPart>>;
  readonly maxProperties?: number;
}

interface Leaf {
  readonly pointer: string;
  readonly schema: SchemaPart;
  /** Pointers to objects with exactly one member: the mutation replaces it. */
  readonly alone: readonly string[];
}

function schemaOf(name: string): SchemaPart {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../../schemas', `${name}.json`), 'utf8')) as SchemaPart;
}

function leavesOf(schema: SchemaPart, pointer = '', alone: readonly string[] = []): readonly Leaf[] {
  const { properties = {}, maxProperties } = schema;
  if (Object.keys(properties).length === 0) return [{ pointer, schema, alone }];
  const within = maxProperties === 1 ? [...alone, pointer] : alone;
  return Object.entries(properties).flatMap(([key, part]) => leavesOf(part, `${pointer}/${key}`, within));
}

/** A value different from the present one, chosen by its schema alone. */
function mutated({ enum: values, type, default: fallback, pattern = '' }: SchemaPart, before: Json | undefined): Json {
  const now = before ?? fallback;
  if (values !== undefined) return values.find((value) => value !== now) ?? null;
  if (type === 'boolean') return now !== true;
  if (type === 'integer' || type === 'number') return now === 7 ? 8 : 7;
  if (type === 'object') return { mutated: 'yes' };
  if (type === 'array') return ['mutated'];
  if (pattern.includes('(?:ms|s|m|h|d)')) return now === '50m' ? '51m' : '50m';
  if (pattern.includes('%')) return '77%';
  if (pattern.includes('T[0-9]')) return '2020-01-01T00:00:00Z';
  return 'mutated';
}

interface Mutation {
  readonly value?: Json;
  /** Other changes that the value requires. */
  readonly with?: Readonly<Record<string, Json | undefined>>;
}

function mutate(document: Json, { pointer, schema, alone }: Leaf, { value, with: more = {} }: Mutation): Json {
  const cleared = alone.reduce<Json>((changed, at) => {
    const own = pointer.slice(at.length + 1).split('/')[0] ?? '';
    return changeAt(changed, at, (old) =>
      typeof old === 'object' && old !== null && own in old
        ? { [own]: (old as Record<string, Json>)[own] ?? null }
        : {},
    );
  }, document);
  const patched = Object.entries(more).reduce<Json>(
    (changed, [at, part]) => changeAt(changed, at, () => part),
    cleared,
  );
  return changeAt(patched, pointer, (before) => value ?? mutated(schema, before));
}

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator({ times: { create: 1, start: 1, boot: 1 } });
});
afterAll(() => emulator.stop());

interface Project {
  readonly config: Json;
  readonly documents: Readonly<Record<string, Json>>;
}

function documentOf(apiVersion: string, kind: string, name: string, spec: Json): Json {
  return { apiVersion, kind, metadata: { name }, spec };
}

function base(): Project {
  const { url, drainUrl, migrateUrl } = emulator.workloads;
  return {
    config: {
      name: 'shop',
      store: '.fettle',
      desired: ['desired/'],
      plugins: {
        certificates: {
          commands: [['./push.sh'], ['./other.sh']],
          pidFiles: ['other.pid'],
          acme: { accounts: { other: { kid: 'kid' } } },
        },
        nodes: {
          provider: { hetzner: { endpoint: emulator.endpoint, token: '${env:HCLOUD_TOKEN}' } },
          workloads: { http: { url, drainUrl, migrateUrl } },
        },
      },
    },
    documents: {
      Issuer: documentOf('certificates/v1', 'Issuer', 'ca', { localCa: { dir: '../ca', commonName: 'Test CA' } }),
      Certificate: documentOf('certificates/v1', 'Certificate', 'www', {
        issuer: 'ca',
        dnsNames: ['www.example.test'],
        storage: { file: { certificate: '../tls/www.crt', key: '../tls/www.key' } },
        deploy: { command: ['./push.sh'] },
      }),
      Domain: documentOf('certificates/v1', 'Domain', 'www', {
        host: 'www.example.test',
        address: '127.0.0.1',
        port: 1,
        certificate: 'www',
      }),
      Node: documentOf('nodes/v1', 'Node', 'web-1', { serverType: 'cx23', image: 'debian-13', location: 'nbg1' }),
      NodePool: documentOf('nodes/v1', 'NodePool', 'pool', {
        size: 1,
        template: { serverType: 'cx23', image: 'debian-13', location: 'nbg1' },
      }),
    },
  };
}

interface Opened {
  readonly run: (line: string) => Promise<Done>;
  readonly close: () => void;
}

function open({ config, documents }: Project, at: Emulator = emulator): Opened {
  const folder = temporaryFolder();
  writeFiles(folder, {
    '.git/HEAD': '',
    'fettle.yaml': stringify(config),
    'push.sh': '#!/bin/sh\n',
    'other.sh': '#!/bin/sh\n',
    'init.yaml': '#cloud-config\n',
    'workloads.json': JSON.stringify({ nodes: [] }),
    ...Object.fromEntries(Object.entries(documents).map(([name, each]) => [`desired/${name}.yaml`, stringify(each)])),
  });
  for (const name of ['push.sh', 'other.sh']) chmodSync(join(folder, name), 0o755);
  const { origin } = new URL(at.endpoint);
  const origins = [`HCLOUD_TOKEN=${origin}`, `WORKLOADS_TOKEN=${new URL(at.workloads.url).origin}`];
  const token = at.tokens.readWrite;
  const env = {
    HCLOUD_TOKEN: token,
    HCLOUD_TOKEN_OTHER: token,
    WORKLOADS_TOKEN: 'any',
    FABRIC_TOKEN: 'any',
    FETTLE_PROVIDER_ORIGINS: origins.join(' '),
    PATH: process.env['PATH'] ?? '',
  };
  return {
    run: (line) => fettle(folder, line, { env }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The digest of a project's plan; a text if the plan has none. */
async function digestOf(project: Project): Promise<string> {
  const { run, close } = open(project);
  try {
    const done = await run('plan --format json');
    if (done.code !== 0 && done.code !== 4) return `code ${done.code}: ${done.stderr}`;
    return (JSON.parse(done.stdout) as Plan).plan_digest ?? 'none';
  } finally {
    close();
  }
}

const DIGEST = /^sha256:/u;

/** The fields that an Issuer with `acme` needs. */
const ACME = {
  '/spec/acme/directory': 'https://acme.example.test/directory',
  '/spec/acme/accountKey': '../account.key',
  '/spec/acme/solvers': [{ http01: { webroot: '../www' } }],
};

/** By kind and field: values that do not follow from the schema, and the changes that they require. */
const MUTATIONS: Readonly<Record<string, Readonly<Record<string, Mutation>>>> = {
  Issuer: {
    '/spec/selfSigned': { value: {} },
    '/spec/acme/directory': { value: 'https://acme.example.test/other', with: ACME },
    '/spec/acme/accountKey': { value: '../other.key', with: ACME },
    '/spec/acme/contact': { value: ['ops@example.test'], with: ACME },
    ...Object.fromEntries(
      ['eab', 'profile', 'preferredChain', 'ca'].map((field) => [
        `/spec/acme/${field}`,
        { value: 'other', with: ACME },
      ]),
    ),
    '/spec/acme/solvers': { value: [{ http01: { listener: {} } }], with: ACME },
  },
  Certificate: {
    '/spec/issuer': { value: 'ca2' },
    '/spec/dnsNames': { value: ['other.example.test'] },
    '/spec/ipAddresses': { value: ['192.0.2.7'] },
    '/spec/usages': { value: ['clientAuth'] },
    '/spec/storage/file/owner': { value: 'root' },
    '/spec/storage/file/group': { value: 'root' },
    '/spec/storage/directory/owner': { value: 'root', with: { '/spec/storage/directory/path': '../www' } },
    '/spec/storage/directory/group': { value: 'root', with: { '/spec/storage/directory/path': '../www' } },
    '/spec/storage/directory/mode': { with: { '/spec/storage/directory/path': '../www' } },
    '/spec/storage/directory/combined': { with: { '/spec/storage/directory/path': '../www' } },
    '/spec/deploy/command': { value: ['./other.sh'] },
    ...Object.fromEntries(
      ['renewal', 'recovery', 'served'].map((part) => [`/spec/${part}/maxBackoff`, { value: '49h' }]),
    ),
    '/spec/renewal/checkInterval': { value: '49h' },
    // The settings are true if the document does not set the field.
    '/spec/renewal/enabled': { value: false },
    '/spec/recovery/enabled': { value: false },
    '/spec/reload/command': { value: ['./other.sh'] },
    '/spec/reload/signal/pidFile': { value: '../other.pid' },
    '/spec/reload/signal/name': { with: { '/spec/reload/signal/pidFile': '../other.pid' } },
    '/spec/reload/timeoutSeconds': { with: { '/spec/reload/command': ['./other.sh'] } },
  },
  Node: {
    '/spec/provider': { value: 'static', with: { '/spec': { address: '127.0.0.1' } } },
    '/spec/address': { value: '127.0.0.1', with: { '/spec': { provider: 'static' } } },
    '/spec/userDataFile': { value: '../init.yaml' },
    '/spec/networks': { value: [{ network: 'inside' }] },
    '/spec/readiness/tcp/network': { with: { '/spec/readiness/tcp/port': 80 } },
    '/spec/readiness/http/network': { with: { '/spec/readiness/http/port': 80 } },
    '/spec/readiness/http/path': { value: '/other', with: { '/spec/readiness/http/port': 80 } },
    '/spec/readiness/label': { value: 'a=b' },
  },
  NodePool: {
    '/spec/size': { value: 2 },
    '/spec/min': { value: 1, with: { '/spec/size': undefined, '/spec/max': 3 } },
    '/spec/max': { value: 3, with: { '/spec/size': undefined, '/spec/min': 1 } },
    '/spec/consolidation/enabled': { value: true, with: { '/spec/size': undefined, '/spec/min': 1, '/spec/max': 3 } },
    '/spec/template/userDataFile': { value: '../init.yaml' },
    '/spec/template/networks': { value: [{ network: 'inside' }] },
    '/spec/template/readiness/tcp/network': { with: { '/spec/template/readiness/tcp/port': 80 } },
    '/spec/template/readiness/http/network': { with: { '/spec/template/readiness/http/port': 80 } },
    '/spec/template/readiness/http/path': { value: '/other', with: { '/spec/template/readiness/http/port': 80 } },
    '/spec/template/readiness/label': { value: 'a=b' },
  },
  Domain: {
    '/spec/host': { value: 'other.example.test' },
    '/spec/address': { value: '127.0.0.2' },
    '/spec/verified': { value: false },
    '/spec/verified/name': { with: { '/spec/verified': { txt: 'a' } } },
    '/spec/route': { value: 'none' },
    '/spec/certificate': { value: 'api' },
    '/spec/trust': { value: ['../other.crt'] },
    '/spec/keyTypes': { value: ['ecdsa'] },
    '/spec/externalId': { value: '1c6a5d2f-7e20-4a1f-8b60-3a5b6c4d8e21' },
  },
};

/** For all kinds: the changes that a field requires. */
const ENVELOPE: Readonly<Record<string, Mutation>> = {
  '/metadata/dependsOn': { value: ['certificates/Issuer/self'] },
};

/** Documents that mutations name. */
const MORE: Readonly<Record<string, Json>> = {
  self: documentOf('certificates/v1', 'Issuer', 'self', { selfSigned: {} }),
  ca2: documentOf('certificates/v1', 'Issuer', 'ca2', { selfSigned: {} }),
  api: documentOf('certificates/v1', 'Certificate', 'api', {
    issuer: 'self',
    dnsNames: ['api.example.test'],
    storage: { file: { certificate: '../tls/api.crt', key: '../tls/api.key' } },
  }),
};

function withMore({ config, documents }: Project): Project {
  return { config, documents: { ...documents, ...MORE } };
}

/** Fields that identify the resource: another value is another row. Only a pool writes `pool`. */
const IDENTITY = new Set(['/apiVersion', '/kind', '/metadata/name', '/spec/pool']);

/** A Domain has no row: only the place where the new certificate is awaited counts. */
const DOMAIN_DECIDES = [
  '/spec/host',
  '/spec/address',
  '/spec/port',
  '/spec/keyTypes',
  '/spec/startTls',
  '/spec/tlsMode',
  '/spec/route',
  '/spec/certificate',
];

describe('a field of a document', { timeout: 120_000 }, () => {
  it.each(['certificates/Issuer', 'certificates/Certificate', 'nodes/Node', 'nodes/NodePool', 'certificates/Domain'])(
    'of %s changes the digest, if it counts',
    async (name) => {
      const kind = name.split('/')[1] ?? '';
      const project = withMore(base());
      const before = await digestOf(project);
      expect(before).toMatch(DIGEST);
      const same: string[] = [];
      const wrong: string[] = [];
      const leaves = leavesOf(schemaOf(name)).filter(({ pointer }) => !IDENTITY.has(pointer));
      const field = leaves.find(({ pointer }) => pointer.startsWith('/spec/'))?.pointer ?? '';
      for (const leaf of leaves) {
        const ignores: Mutation | undefined = leaf.pointer === '/lifecycle/ignore' ? { value: [field] } : undefined;
        const how = ignores ?? MUTATIONS[kind]?.[leaf.pointer] ?? ENVELOPE[leaf.pointer] ?? {};
        const document = mutate(project.documents[kind] ?? null, leaf, how);
        const after = await digestOf({ ...project, documents: { ...project.documents, [kind]: document } });
        if (!DIGEST.test(after)) wrong.push(`${leaf.pointer}: ${after}`);
        else if (after === before) same.push(leaf.pointer);
      }
      expect(wrong).toEqual([]);
      const counts = (pointer: string): boolean => kind !== 'Domain' || DOMAIN_DECIDES.includes(pointer);
      expect(same).toEqual(leaves.map(({ pointer }) => pointer).filter((pointer) => !counts(pointer)));
    },
  );
});

/** Settings that count for the creation of servers and certificates, and the reasons. */
const MAKING_DECIDES: Readonly<Record<string, string>> = {
  '/name': 'the label of the project, and the owner of the state',
  '/plugins/certificates/acme/accounts': 'the external account of an Issuer',
  '/plugins/certificates/acme/dnsProviders': 'the places of the proofs of control',
  '/plugins/certificates/acme/limits': 'the limits of orders',
  '/plugins/certificates/probe/deny': 'a place where the new certificate may be awaited',
  '/plugins/certificates/probe/resolvers': 'a place where the new certificate is awaited',
  '/plugins/nodes/provider/hetzner/token': 'the account',
  '/plugins/nodes/provider/hetzner/endpoint': 'the receiver of the calls',
  '/plugins/nodes/workloads/http/url': 'the source of workloads',
  '/plugins/nodes/workloads/http/drainUrl': 'the receiver of the notice',
  '/plugins/nodes/workloads/http/migrateUrl': 'the receiver of the notice',
  '/plugins/nodes/workloads/http/token': 'the account of the notice',
  '/plugins/nodes/workloads/file': 'the source of workloads',
  '/plugins/nodes/workloads/interval': 'the maximum age of workloads',
  '/safety/collapse/share': 'a limit for creations',
  '/safety/collapse/from': 'a limit for creations',
  '/safety/freeze': 'the time without creations',
  ...Object.fromEntries(
    ['renewal', 'recovery', 'served'].flatMap((part) =>
      [
        'enabled',
        'thresholdDays',
        'checkInterval',
        'withinSeconds',
        'retryInterval',
        'maxRetries',
        'backoffMultiplier',
        'maxBackoff',
      ].map((field) => [`/plugins/certificates/${part}/${field}`, 'part of what the Certificate is']),
    ),
  ),
};

/** Limits that count for the removal of resources in use. */
const TAKING_DECIDES = [
  '/safety/maxAge',
  '/safety/removals/max',
  '/safety/removals/share',
  '/safety/removals/from',
  '/safety/removals/per',
  '/safety/collapse/share',
  '/safety/collapse/from',
  '/safety/budgets',
  '/safety/freeze',
];

function settingMutations(address: string): Readonly<Record<string, Mutation>> {
  const { url } = emulator.workloads;
  const provider = '/plugins/nodes/provider/hetzner';
  return {
    '/desired': { value: ['desired/*.yaml'] },
    '/store': { value: '.other' },
    '/plugins/certificates/probe/allow': { value: [] },
    '/plugins/certificates/probe/deny': { value: ['10.0.0.0/8'] },
    '/plugins/certificates/probe/resolvers': { value: ['127.0.0.1:1'] },
    ...Object.fromEntries(
      ['renewal', 'recovery', 'served'].map((part) => [`/plugins/certificates/${part}/maxBackoff`, { value: '49h' }]),
    ),
    '/plugins/certificates/renewal/checkInterval': { value: '49h' },
    '/plugins/certificates/commands': { value: [['./push.sh'], ['true']] },
    '/plugins/certificates/pidFiles': { value: ['mutated.pid'] },
    '/plugins/certificates/acme/accounts': { value: { mutated: { kid: 'kid' } } },
    '/plugins/certificates/acme/limits': { value: { zerossl: { account: { max: 1, per: '1h' } } } },
    '/plugins/certificates/acme/dnsProviders': {
      value: { mutated: { rfc2136: { server: '127.0.0.1', keyName: 'key' } } },
    },
    [`${provider}/token`]: { value: '${env:HCLOUD_TOKEN_OTHER}' },
    [`${provider}/endpoint`]: { value: `${emulator.endpoint}/` },
    '/plugins/nodes/workloads/http/url': { value: `${url}?mutated` },
    '/plugins/nodes/workloads/http/drainUrl': { value: `${url}/drain` },
    '/plugins/nodes/workloads/http/migrateUrl': { value: `${url}/migrate` },
    '/plugins/nodes/workloads/http/token': { value: '${env:WORKLOADS_TOKEN}' },
    '/plugins/fabric/token': { value: '${env:FABRIC_TOKEN}' },
    '/plugins/fabric/git/credentials': { value: { infra: { auth: 'SSH_KEY' } } },
    '/plugins/nodes/workloads/file': { value: 'workloads.json', with: { '/plugins/nodes/workloads/http': undefined } },
    '/safety/removals/max': { value: 9 },
    '/safety/budgets': { value: [{ max: 9, per: '1h' }] },
    '/safety/freeze': { value: [{ cron: '0 0 29 2 *', for: '1m', reason: 'mutated' }] },
    '/safety/overrides': {
      value: [{ rule: 'protected', address, until: '2999-01-01T00:00:00Z', reason: 'mutated' }],
    },
    '/drift/confirm': { value: [{ address, findings: ['stuck'], after: 3 }] },
    '/serve/watch': { value: false },
    '/serve/apply': { value: [{ plugin: 'nodes', steps: ['absent>provisioning'], causes: ['new'] }] },
    '/drift/suppress': {
      value: [
        {
          address,
          path: address.startsWith('toy') ? '/value' : '/dnsNames',
          until: '2999-01-01T00:00:00Z',
          owner: 'a',
          reason: 'b',
        },
      ],
    },
  };
}

/** The effect of `apply` on its own provider: changing calls, and the state, without values that differ each time. */
async function effectOf(project: Project): Promise<string> {
  const own = await startEmulator({ times: { create: 1, start: 1, boot: 1 } });
  const ownText = JSON.stringify(project)
    .replaceAll(new URL(emulator.endpoint).origin, new URL(own.endpoint).origin)
    .replaceAll(new URL(emulator.workloads.url).origin, new URL(own.workloads.url).origin);
  const { run, close } = open(JSON.parse(ownText) as Project, own);
  try {
    const done = await run('apply --yes');
    const pulled = (await run('state pull')).stdout;
    const made = own.requests().filter(({ method }) => method !== 'GET');
    return JSON.stringify([
      done.code,
      made.map(({ method, path, body }) => [method, path.replace(/\d+/gu, '#'), body]),
      pulled,
    ])
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/gu, 'TIME')
      .replace(/[0-9a-f]{32,}/gu, 'HASH')
      .replace(/[0-9a-f]{16}-\d+/gu, 'RUN')
      .replace(/127\.0\.0\.1:\d+/gu, 'HOST');
  } finally {
    close();
    await own.stop();
  }
}

describe('a setting of fettle.yaml', { timeout: 120_000 }, () => {
  it('changes the digest if it counts for a creation; otherwise apply does the same', async () => {
    const project = base();
    const before = await digestOf(project);
    expect(before).toMatch(DIGEST);
    const leaves = leavesOf(schemaOf('fettle')).filter(({ pointer }) => pointer !== '');
    const mutations = settingMutations('certificates/Certificate/none');
    const other: string[] = [];
    let all = project.config;
    const wrong: string[] = [];
    for (const leaf of leaves) {
      const config = mutate(project.config, leaf, mutations[leaf.pointer] ?? {});
      const after = await digestOf({ ...project, config });
      if (!DIGEST.test(after)) wrong.push(`${leaf.pointer}: ${after}`);
      else if (after === before) all = mutate(all, leaf, mutations[leaf.pointer] ?? {});
      else other.push(leaf.pointer);
    }
    expect(wrong).toEqual([]);
    expect(other).toEqual(leaves.map(({ pointer }) => pointer).filter((pointer) => pointer in MAKING_DECIDES));
    const done = await effectOf(project);
    expect(done).toContain('"POST","/servers"');
    // All fields that do not count, at once: each must leave the effect unchanged.
    expect(await effectOf({ ...project, config: all })).toBe(done);
  });

  it('changes the digest if it limits removals', async () => {
    const world = toyWorld();
    const folder = temporaryFolder();
    const run = (line: string): Promise<Done> => fettle(folder, line, { plugins: toyPlugins(world) });
    const write = (config: Json, documents: string): void =>
      writeFiles(folder, { '.git/HEAD': '', 'fettle.yaml': stringify(config), 'desired/items.yaml': documents });
    const config = { name: 'shop', store: '.fettle', desired: ['desired/'] };
    write(config, itemsYaml({ a: 2, b: 2, c: 2 }));
    expect((await run('apply --yes')).code).toBe(0);
    const digest = async (each: Json): Promise<string> => {
      write(each, itemsYaml({ a: 2, b: 2 }));
      const done = await run('plan --format json');
      if (done.code !== 0) return `code ${done.code}: ${done.stderr}`;
      const plan = JSON.parse(done.stdout) as Plan;
      return plan.resource_changes.length === 1 ? (plan.plan_digest ?? 'none') : 'not one row';
    };
    const before = await digest(config);
    expect(before).toMatch(DIGEST);
    const leaves = leavesOf(schemaOf('fettle')).filter(({ pointer }) =>
      /^\/(?:safety|parallelism|onDamage|drift)/u.test(pointer),
    );
    const other: string[] = [];
    for (const leaf of leaves) {
      const after = await digest(mutate(config, leaf, settingMutations('toy/Item/none')[leaf.pointer] ?? {}));
      expect([leaf.pointer, after]).toEqual([leaf.pointer, expect.stringMatching(DIGEST)]);
      if (after !== before) other.push(leaf.pointer);
    }
    expect(other).toEqual(TAKING_DECIDES);
  });
});
