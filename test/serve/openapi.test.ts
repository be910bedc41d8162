/** The description of the API, held against running daemons: every path with valid and invalid requests, and every role. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startEmulator } from '../../plugins/nodes/sandbox/emulator.ts';
import { builtinPlugins } from '../../src/plugins.ts';
import { announcedEndpoints } from '../../src/serve/answers/answerer.ts';
import { description } from '../../src/serve/answers/project-endpoints.ts';
import type { ServedApi } from '../../src/serve/http/api-routes.ts';
import { pageRoutes } from '../../src/serve/http/page-routes.ts';
import { routesOf } from '../../src/serve/http/routes.ts';
import { Changes } from '../../src/serve/changes.ts';
import { eventsOf, Intake } from '../../src/serve/intake.ts';
import { cliFile, run, temporaryFolder, writeFiles } from '../support/cli.ts';
import { DOMAIN_ID, SIGNED, signedHeaders } from '../support/intake-server.ts';
import { clusterProject, manifest } from '../plugins/fabric/cluster.ts';
import { type Daemon, daemon } from './daemon.ts';
import {
  type Answered,
  answerMistakes,
  type Described,
  type Description,
  invalidBodies,
  invalidQueries,
  mistakesIn,
  operationsOf,
  roleOf,
} from './described.ts';
import { seriesIn } from './exposed.ts';

const ROLES = ['metrics', 'read', 'relay', 'operate', 'intake'] as const;
type Role = (typeof ROLES)[number];

function tokenOf(role: Role): string {
  return `${role}-token`;
}

const ACCESS = `access:
  tokens:
${ROLES.map((role) => {
  const hash = createHash('sha256').update(tokenOf(role)).digest('hex');
  return `    - { name: ${role}, hash: "sha256:${hash}", roles: [${role}] }`;
}).join('\n')}
`;

const shipped = JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/openapi.json'), 'utf8')) as Description;
const operations = operationsOf(shipped);

test('the shipped description has every route of the server, and no other', async () => {
  const made = await description(builtinPlugins, 'NAME');
  expect(JSON.parse(JSON.stringify(made))).toEqual(shipped);
  const intake = new Intake({
    project: 'shop',
    events: await eventsOf(builtinPlugins),
    env: {},
    openStore: () => Promise.reject(new Error('not used')),
    redactor: () => (text) => text,
    now: Date.now,
    elapsed: () => performance.now(),
    wake: () => undefined,
    received: () => undefined,
    say: () => undefined,
  });
  const api: ServedApi = {
    project: 'shop',
    ask: () => Promise.reject(new Error('not used')),
    order: () => Promise.resolve('failed'),
    plan: () => undefined,
    refresh: () => Promise.resolve('failed'),
    changes: new Changes(() => Promise.resolve(undefined)),
    lastRound: undefined,
  };
  // Pages are for people: the description is of the API.
  const pages = new Set(pageRoutes([api]).map(({ method, path }) => `${method} ${path}`));
  const all = routesOf({
    metrics: { type: 'text/plain', text: () => Promise.resolve('') },
    notReady: () => [],
    reload: () => undefined,
    callerOf: () => undefined,
    intakes: [intake],
    apis: [api],
    endpoints: await announcedEndpoints(builtinPlugins),
    isLocal: false,
    regions: [{ project: 'NAME', answer: () => Promise.reject(new Error('not used')) }],
  });
  // Pulls are between daemons: their path is in a document for people.
  const pulls = all.filter(({ role }) => role === 'replicate').map(({ method, path }) => `${method} ${path}`);
  expect(pulls).toHaveLength(1);
  const text = readFileSync(join(import.meta.dirname, '../../docs/serve.md'), 'utf8');
  for (const pull of pulls) expect(text).toContain(`\`${pull}\``);
  const routes = all.filter(({ method, path, role }) => role !== 'replicate' && !pages.has(`${method} ${path}`));
  const served = routes
    .filter(({ path }) => !path.startsWith('/v1/projects/'))
    .map(({ method, path, role }) => `${method} ${path.replaceAll(/:(\w+)(?:\{[^}]*\})?/gu, '{$1}')} ${role ?? ''}`);
  const described = operations.map((each) => `${each.method} ${each.path} ${roleOf(each) ?? ''}`);
  expect(served.toSorted()).toEqual(described.toSorted());
  const projects = routes.filter(({ path }) => path.startsWith('/v1/projects/shop/'));
  expect(projects).toHaveLength(served.filter((line) => line.includes(' /v1/')).length);
  await intake.close();
});

test('every operation has an id, a summary and described parameters', () => {
  const ids = operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { operationId, summary, path, parameters = [] } of operations) {
    expect(summary, operationId).toMatch(/^[A-Z].*\.$/u);
    for (const { name, description: means } of parameters) expect(means, `${operationId} ${name}`).toMatch(/\S/u);
    const inPath = [...path.matchAll(/\{(\w+)\}/gu)].map(([, name]) => name);
    expect(
      parameters.filter((each) => each.in === 'path').map(({ name }) => name),
      operationId,
    ).toEqual(inPath);
  }
});

test.each(['/v1/plan', '/v1/nodes'] as const)('a plugin cannot declare the endpoint %s again', async (path) => {
  const { certificates } = Object.fromEntries(builtinPlugins);
  if (certificates === undefined) throw new Error('the plugin certificates is missing');
  const [any] = (await (await certificates()).endpoints?.()) ?? [];
  if (any === undefined) throw new Error('the plugin has no endpoint');
  const plugins = new Map([
    ...builtinPlugins,
    ['other', async () => ({ ...(await certificates()), endpoints: async () => [{ ...any, path }] })] as const,
  ]);
  await expect(announcedEndpoints(plugins)).rejects.toThrow(
    `the plugin other declares the endpoint GET ${path}, which exists already`,
  );
});

interface Sent {
  readonly query?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function pathWith(path: string, { params = {}, query }: Sent): string {
  const filled = path.replaceAll(/\{(\w+)\}/gu, (_, name: string) => encodeURIComponent(params[name] ?? 'unknown'));
  return query === undefined ? filled : `${filled}?${query}`;
}

async function send(running: Daemon, { method, path, takesEvents }: Described, sent: Sent): Promise<Answered> {
  const { headers = {}, body } = sent;
  const response = await fetch(`http://127.0.0.1:${await running.port()}${pathWith(path, sent)}`, {
    method,
    headers: { ...(takesEvents ? {} : { authorization: `Bearer ${tokenOf('operate')}` }), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() };
}

const DOMAIN = `apiVersion: certificates/v1
kind: Domain
metadata: { name: www }
spec:
  host: www.example.test
  address: 127.0.0.1
  port: 1
  externalId: ${DOMAIN_ID}
  route: { target: lb.example.test, region: eu }
`;

const NODE = `apiVersion: nodes/v1
kind: Node
metadata: { name: web-1 }
spec: { serverType: cx23, image: debian-13, location: nbg1, power: on, readiness: { after: 1m } }
`;

/** A project with a Domain, a failing Fabric, and a node whose removal was refused. */
async function recordedProject(): Promise<{ readonly folder: string; readonly env: Readonly<Record<string, string>> }> {
  const provider = await startEmulator();
  onTestFinished(() => provider.stop());
  const {
    folder,
    env: cluster,
    write,
    login,
  } = await clusterProject({
    'desired/objects.yaml': manifest('IPv4Namespace', 'default', '{ subnets: [10.10.0.0/16] }'),
  });
  const { url } = provider.workloads;
  write({
    'fettle.yaml': `name: shop\nstore: .fettle\nplugins:\n  nodes: { provider: { hetzner: { endpoint: "${provider.endpoint}" } }, workloads: { http: { url: "${url}" } } }\n`,
    'desired/www.yaml': DOMAIN,
    'desired/web-1.yaml': NODE,
  });
  const env = { ...cluster, HCLOUD_TOKEN: provider.tokens.readWrite, HCLOUD_ENDPOINT: provider.endpoint };
  const apply = async (): Promise<void> => void (await run(process.execPath, [cliFile, 'apply', '--yes'], folder, env));
  await apply();
  rmSync(join(folder, 'desired/web-1.yaml'));
  await apply();
  login('wrong');
  return { folder, env };
}

test('every answer of a daemon is as described, to valid and to invalid requests', { timeout: 240_000 }, async () => {
  const { folder, env } = await recordedProject();
  const running = await daemon(folder, ACCESS, [], { ...env, ...SIGNED, CERT_EVENT_MAX_RETRIES: '1' });
  await running.said(/shop: .*resources? refreshed/u);
  const seen = new Map<string, Set<number>>();
  const byId = new Map(operations.map((each) => [each.operationId, each]));

  /** Sends a request that the description allows. The answer must be as described. */
  const valid = async (id: string, sent: Sent = {}): Promise<{ readonly status: number; readonly body: unknown }> => {
    const operation = byId.get(id);
    if (operation === undefined) throw new Error(`${id} is not described`);
    const schema = operation.requestBody?.content['application/json']?.schema;
    if (schema !== undefined && sent.body !== undefined)
      expect([id, mistakesIn(schema, JSON.parse(sent.body))]).toEqual([id, []]);
    const answer = await send(running, operation, sent);
    expect([id, answerMistakes(shipped, operation, answer)]).toEqual([id, []]);
    const statuses = seen.get(id) ?? new Set();
    seen.set(id, statuses.add(answer.status));
    return {
      status: answer.status,
      body: answer.type.startsWith('application/json') ? JSON.parse(answer.text) : answer.text,
    };
  };
  const until = async (id: string, sent: Sent, part: object): Promise<unknown> => {
    let last: unknown;
    await expect
      .poll(
        async () => {
          last = (await valid(id, sent)).body;
          return last;
        },
        { timeout: 60_000, interval: 100 },
      )
      .toMatchObject(part);
    return last;
  };
  const json = (value: object): Sent => ({ body: JSON.stringify(value) });
  const event = async (id: string, value: object): Promise<void> => {
    const body = JSON.stringify(value);
    expect(await valid(id, { body, headers: signedHeaders(body) })).toMatchObject({ status: 202 });
  };

  await event('postDomainsCertEvents', { eventType: 'renewal_failed', domainId: DOMAIN_ID, callbackAttempt: 4 });
  await event('postCertificatesEvents', { eventType: 'issuance_failed', domain: 'gone.example.test' });
  await until('getAdminCertEvents', {}, { stats: { pending: 0, applied: 1, failed: 1, unresolved: 1 } });
  const { events: dead } = (await until(
    'getAdminCertEvents',
    { query: 'status=failed&limit=1' },
    { events: [{}] },
  )) as {
    readonly events: readonly { readonly event: { readonly id: string } }[];
  };
  const { incidents } = (await until('getAdminCertIncidents', { query: 'limit=5' }, { total: 1 })) as {
    readonly incidents: readonly { readonly id: string }[];
  };
  const incident = { params: { id: incidents[0]?.id ?? '' } };
  await valid('postAdminCertIncidentsIdAck', { ...incident, ...json({ reason: 'on it' }) });
  await until('getAdminCertIncidents', {}, { incidents: [{ status: 'acknowledged', acknowledged_by: 'operate' }] });
  expect(await valid('postAdminCertIncidentsIdAck', incident)).toMatchObject({ status: 200 });
  await valid('postAdminCertIncidentsIdResolve', incident);
  await until('getAdminCertIncidents', { query: 'status=resolved' }, { incidents: [{ resolved_by: 'operate' }] });
  expect(await valid('postAdminCertIncidentsIdAck', incident)).toMatchObject({ status: 409 });
  expect(await valid('postAdminCertIncidentsIdResolve', incident)).toMatchObject({ status: 200 });
  await valid('postAdminCertEventsReplay', json({ dryRun: true }));
  await valid('postAdminCertEventsReplay', json({ limit: 5, resetRetry: false }));
  await valid('postAdminCertEventsIdReplay', { params: { id: dead[0]?.event.id ?? '' }, ...json({ force: true }) });
  await valid('getAdminCertSources');
  expect(await valid('getAdminDomainsCertRegionSummary')).toMatchObject({
    body: { regions: [{ region: 'eu', total: 1 }] },
  });
  for (const id of ['getDomainsCertReplication', 'getRelayCertReplication'])
    expect(await valid(id, { query: 'domain=www&limit=2' })).toMatchObject({ body: { region: null, targets: [] } });
  await valid('getDomainsCustomIdCertEvents', { params: { id: 'www' } });
  const domain = { params: { id: DOMAIN_ID } };
  expect(await valid('patchDomainsCustomIdFailurePolicy', { ...domain, ...json({ policy: 'hold' }) })).toMatchObject({
    status: 409,
  });
  for (const each of ['Verify', 'Route', 'Unroute']) await valid(`postDomainsCustomId${each}`, domain);

  const { body: plan } = await valid('getPlan');
  const schemaOf = (name: string): Readonly<Record<string, unknown>> => {
    const file = join(import.meta.dirname, `../../schemas/${name}.json`);
    const { $schema: _, ...schema } = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, unknown>>;
    return schema;
  };
  expect(mistakesIn(schemaOf('plan'), plan)).toEqual([]);
  expect(await valid('getState', { query: 'limit=1' })).toMatchObject({ body: { next: expect.any(String) } });
  await valid('getState', { query: 'plugin=nodes&kind=Node&after=a' });
  const { records } = (await until('getLog', { query: 'last=1000' }, {})) as { readonly records: readonly unknown[] };
  const record = schemaOf('record');
  expect(records.flatMap((each) => mistakesIn(record, each))).toEqual([]);
  expect(await valid('getLog', { query: 'run=other' })).toMatchObject({ status: 404 });
  expect(
    await valid('getExplainAddress', { params: { address: 'certificates/Domain/www' }, query: 'last=2' }),
  ).toMatchObject({ body: { declared: true } });
  expect(await valid('getRounds')).toMatchObject({
    body: { rounds: expect.arrayContaining([expect.objectContaining({ outcome: 'ok' })]) },
  });
  expect(await valid('postRounds')).toMatchObject({ status: 202 });
  expect(await valid('getOpenapiJson')).toMatchObject({ body: { openapi: '3.1.0', paths: shipped.paths } });

  expect(
    await valid('getAudit', { query: 'plugin=nodes&action=node_provision&result=success&since=1h' }),
  ).toMatchObject({
    body: { total: 1, decisions: [{ address: 'nodes/Node/web-1', state_snapshot: { node_id: 'nodes/Node/web-1' } }] },
  });
  expect(await valid('getAudit', { query: 'action=node_decommission&result=rejected' })).toMatchObject({
    body: { total: 1, decisions: [{ result: 'rejected', reason: expect.stringMatching(/\S/u) }] },
  });
  expect(await valid('getAudit', { query: 'address=nodes/Node/other&until=2026-01-01' })).toMatchObject({
    body: { total: 0, decisions: [] },
  });
  expect(await valid('getAuditStatistics', { query: 'plugin=nodes' })).toMatchObject({
    body: { decisions: 2, by_action: { node_provision: { success: 1 }, node_decommission: { rejected: 1 } } },
  });
  expect((await valid('getAudit', { query: 'since=yesterday' })).status).toBe(400);
  expect(await valid('getNodes', { query: 'limit=1' })).toMatchObject({
    body: { total: 1, nodes: [{ address: 'nodes/Node/web-1', declared: false, state: expect.any(String) }] },
  });
  const { metrics } = (await valid('getNodesMetrics')).body as {
    readonly metrics: readonly { readonly name: string; readonly values: readonly { readonly value: number }[] }[];
  };
  const { body: text } = await valid('getMetrics');
  const series = seriesIn(String(text));
  expect(series).toContainEqual({
    name: 'fettle_domains_by_region',
    labels: { project: 'shop', region: 'eu', state: expect.any(String) },
    value: 1,
  });
  const total = (values: readonly { readonly value: number }[]): number =>
    values.reduce((sum, { value }) => sum + value, 0);
  for (const { name, values } of metrics)
    expect([name, total(series.filter((each) => each.name === name))]).toEqual([name, total(values)]);
  await until(
    'getFabricAlerts',
    { query: 'fabric=prod&all=true' },
    { alerts: [{ type: 'connection_failure', status: 'active' }] },
  );

  await valid('getHealthz');
  await valid('getReadyz');
  await valid('postReload');

  // Each operation was asked, and each of its own statuses of success was seen where it has one.
  for (const { operationId, responses } of operations) {
    const good = Object.keys(responses).filter((status) => status.startsWith('2'));
    const found = [...(seen.get(operationId) ?? [])].map(String);
    expect([operationId, found.length > 0, good.filter((status) => !found.includes(status))]).toEqual([
      operationId,
      true,
      [],
    ]);
  }

  for (const operation of operations.filter(({ path }) => path.startsWith('/v1/'))) {
    const refused = async (sent: Sent, statuses: readonly number[]): Promise<void> => {
      const answer = await send(running, operation, sent);
      const name = `${operation.operationId} ${JSON.stringify(sent)}`;
      expect([name, answerMistakes(shipped, operation, answer)]).toEqual([name, []]);
      expect(statuses, `${name}: ${answer.status} ${answer.text}`).toContain(answer.status);
    };
    if (operation.takesEvents) {
      await refused({ body: '{}' }, [401]);
      for (const body of ['not JSON', '{}', '{"eventType":"other"}'])
        await refused({ body, headers: signedHeaders(body) }, [400]);
      const unknown = `{"eventType":"renewal_failed","domainId":"${DOMAIN_ID.replaceAll(/\d/gu, '0')}"}`;
      await refused({ body: unknown, headers: signedHeaders(unknown) }, [400, 404]);
      const large = 'x'.repeat(70_000);
      await refused({ body: large, headers: signedHeaders(large) }, [413]);
      continue;
    }
    for (const query of invalidQueries(operation)) await refused({ query }, [400]);
    for (const body of invalidBodies(operation)) await refused({ body }, [400]);
    if (operation.path.includes('{')) await refused({}, [404]);
    const wrong = operation.method === 'GET' ? 'PATCH' : 'PUT';
    expect((await send(running, { ...operation, method: wrong }, {})).status, operation.path).toBe(405);
  }
  expect(await running.stop()).toBe(0);
});

/** The files of a server for `localhost`, signed by itself. */
function serverFiles(): { readonly yaml: string; readonly authority: string } {
  const folder = temporaryFolder();
  const [certificate, key] = [join(folder, 'server.crt'), join(folder, 'server.key')];
  const ask = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '20'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', [...ask, ...names, '-keyout', key, '-out', certificate], { stdio: 'pipe' });
  return { yaml: `tls: { certificate: ${certificate}, key: ${key} }\n`, authority: readFileSync(certificate, 'utf8') };
}

function statusOf(port: number, ca: string, { method, path }: Described, token: string | undefined): Promise<number> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: pathWith(path, {}), method, headers, ca }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    })
      .on('error', reject)
      .end();
  });
}

test('each role may use exactly the operations that the description gives it', { timeout: 120_000 }, async () => {
  const folder = join(temporaryFolder(), 'shop');
  writeFiles(folder, { 'fettle.yaml': 'name: shop\nstore: .fettle\n', 'desired/www.yaml': DOMAIN });
  const { yaml, authority } = serverFiles();
  const running = await daemon(folder, ACCESS + yaml);
  await running.said(/shop: .*resources? refreshed/u);
  const port = await running.port();
  for (const operation of operations) {
    const needed = roleOf(operation);
    const statuses = await Promise.all(
      [undefined, 'other-token', ...ROLES.map(tokenOf)].map((token) => statusOf(port, authority, operation, token)),
    );
    const may = (role: Role): boolean =>
      role === needed ||
      (needed === 'read' && role === 'operate') ||
      (needed === 'relay' && ['read', 'operate'].includes(role));
    const refusalOf = (role: Role): 'answered' | 401 | 403 => {
      if (operation.takesEvents) return role === 'intake' ? 'answered' : 401;
      return operation.security.length === 0 || may(role) ? 'answered' : 403;
    };
    const isOpen = operation.security.length === 0;
    expect([
      operation.operationId,
      ...statuses.map((status) => (status === 401 || status === 403 ? status : status < 500 ? 'answered' : status)),
    ]).toEqual([operation.operationId, ...(isOpen ? ['answered', 'answered'] : [401, 401]), ...ROLES.map(refusalOf)]);
  }
  expect(await running.stop()).toBe(0);
});

test('with several projects, each has every path of the API below its own, and no other', {
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder();
  for (const name of ['shop', 'bank'])
    writeFiles(folder, {
      [`${name}/fettle.yaml`]: `name: ${name}\nstore: .fettle\n`,
      [`${name}/desired/www.yaml`]: DOMAIN,
    });
  const running = await daemon(folder, ACCESS, ['--projects', folder]);
  await running.said(/bank: .*resources? refreshed/u);
  await running.said(/shop: .*resources? refreshed/u);
  const api = operations.filter(({ path }) => path.startsWith('/v1/'));
  for (const operation of api) {
    expect((await send(running, operation, {})).status, operation.path).toBe(404);
    for (const name of ['shop', 'bank']) {
      const path = operation.path.replace('/v1', `/v1/projects/${name}`);
      const { status } = await running.ask(pathWith(path, {}), operation.method);
      expect([path, status]).toEqual([path, 401]);
    }
  }
  const describe = api.find(({ path }) => path === '/v1/openapi.json');
  if (describe === undefined) throw new Error('the description is not described');
  const { text } = await send(running, { ...describe, path: '/v1/projects/bank/openapi.json' }, {});
  expect(JSON.parse(text)).toMatchObject({ servers: [{}, { variables: { project: { default: 'bank' } } }] });
  expect(await running.stop()).toBe(0);
});
