/**
 * Every field that names a place to connect to, each in its own project that leads to a recorder.
 *
 * `test/attack/places.test.ts` holds the table against the schemas: a new field without an entry here fails.
 */

import { type DnsProvider, openSolver, type SolverConfig } from '../../plugins/certificates/acme/solvers/open.ts';
import { keyPem, makeKeys } from '../../plugins/certificates/live/x509-make.ts';
import { nodes } from '../../plugins/nodes/plugin.ts';
import type { NodesWriter } from '../../plugins/nodes/world.ts';
import type { Json } from '#plugin';
import { usualDenial } from '#plugin/net';
import { temporaryFolder, writeFiles } from '../support/cli.ts';
import { fettleWith } from '../support/command-line.ts';

export interface Place {
  /** As a document or `fettle.yaml` writes it. */
  readonly host: string;
  readonly port: number;
}

type Environment = Readonly<Record<string, string>>;

/** A project whose field leads to the place. Returns the output of a command of fettle, or the error of a call. */
type Reach = (place: Place, env: Environment, secrets: Secrets) => Promise<string>;

/** References to secrets, for fields that go with one. */
export interface Secrets {
  readonly cloud: string | undefined;
  readonly workloads: string | undefined;
}

export const NO_SECRETS: Secrets = { cloud: 'sandbox-token-of-a-test', workloads: undefined };

const hostOf = (host: string): string => (host.includes(':') ? `[${host}]` : host);

async function planOf(files: Readonly<Record<string, string>>, env: Environment): Promise<string> {
  const folder = temporaryFolder();
  writeFiles(folder, files);
  const done = await fettleWith(env, folder, 'plan', '--format', 'json');
  return done.stdout + done.stderr;
}

const configYaml = (plugins: Json): string => JSON.stringify({ name: 'places', desired: ['desired/'], plugins });

function document(plugin: string, kind: string, spec: Json): string {
  return JSON.stringify({ apiVersion: `${plugin}/v1`, kind, metadata: { name: 'web' }, spec });
}

const domain =
  (specOf: (place: Place) => Json, probeOf: (place: Place) => Json = () => ({})): Reach =>
  (place, env) =>
    planOf(
      {
        'fettle.yaml': configYaml({ certificates: { probe: { totalSeconds: 2, ...(probeOf(place) as object) } } }),
        'desired/web.yaml': document('certificates', 'Domain', specOf(place)),
      },
      env,
    );

const staticNode =
  (readinessOf: (place: Place) => Json): Reach =>
  (place, env) =>
    planOf(
      {
        'fettle.yaml': configYaml({ nodes: { probe: { timeoutSeconds: 2 } } }),
        'desired/web.yaml': document('nodes', 'Node', {
          provider: 'static',
          address: place.host,
          readiness: readinessOf(place),
        }),
      },
      env,
    );

function nodesConfig({ cloud, workloads }: Secrets, endpoint: string, http: Json | undefined): Json {
  return {
    requestSeconds: 2,
    provider: { hetzner: { endpoint, ...(cloud === undefined ? {} : { token: cloud }) } },
    ...(http === undefined
      ? {}
      : {
          workloads: {
            http: { timeoutSeconds: 2, ...(http as object), ...(workloads === undefined ? {} : { token: workloads }) },
          },
        }),
  };
}

const cloudNode = document('nodes', 'Node', { serverType: 'cx23', image: 'debian-13', location: 'nbg1' });
/** Never used: it has no token. */
const NOWHERE = 'https://127.0.0.1:1/v1';

/** A hook is called only by `apply`, on the answer of a provider: here as the handler calls it. */
const hook =
  (name: 'drainUrl' | 'migrateUrl', tell: (world: NodesWriter) => Promise<unknown>): Reach =>
  async ({ host, port }, env, { workloads }) => {
    const config: { [key: string]: Json } = {
      workloads: {
        http: {
          url: 'http://127.0.0.1:1/',
          [name]: `http://${hostOf(host)}:${port}/`,
          hookSeconds: 2,
          // A hook receives the settings of `fettle.yaml` as they were read.
          ...(workloads === undefined ? {} : { token: env['WORKLOADS_TOKEN'] ?? workloads }),
        },
      },
    };
    (await nodes.validators()).config?.(config);
    const outside = { config, project: 'places', folder: '/', fileRoots: [], env, now: () => Date.now() };
    const world = (await nodes.openWriter(outside)) as NodesWriter;
    return tell(world).then(
      () => 'sent',
      (error: unknown) => String(error),
    );
  };

const SANDBOX_KEY = Buffer.from('key of a test').toString('base64');

/** A solver that sets a record is opened only by `apply`: here as its handler does. */
const challenge =
  (solverOf: (place: Place) => SolverConfig, providerOf: (place: Place) => DnsProvider): Reach =>
  async (place, env) => {
    const signal = AbortSignal.timeout(5000);
    const https = `https://${hostOf(place.host)}:${place.port}`;
    const origins = `DNS_HCLOUD_TOKEN=${https} DNS_ACMEDNS_PASSWORD=${https} dns://${hostOf(place.host)}:${place.port} dns://127.0.0.1:1`;
    try {
      const solver = openSolver(solverOf(place), {
        folder: '/',
        env: { ...env, FETTLE_DNS_ORIGINS: origins },
        denial: usualDenial(env),
        now: () => Date.now(),
        commands: [],
        providers: { corp: providerOf(place) },
        stillApproved: async () => undefined,
      });
      const one = {
        name: 'www.example.test',
        wildcard: false,
        kind: 'dns',
        token: 'a'.repeat(43),
        keyAuthorization: 'k',
        txt: 't',
        issuers: ['ca.example.test'],
        accountUri: 'https://ca.example.test/account/1',
      } as const;
      const run = { signal, progress: () => undefined, remark: () => undefined };
      await solver.present(await solver.prepare([one], run), run);
      return 'present';
    } catch (error) {
      return String(error);
    }
  };

const call = { signal: new AbortController().signal, progress: () => undefined };

/** By the field's place: plugin, kind (or nothing, in `fettle.yaml`) and pointer. */
export const REACHED: Readonly<Record<string, Reach>> = {
  'certificates/Domain/host': domain(({ host, port }) => ({ host, port })),
  'certificates/Domain/address': domain(({ host, port }) => ({ host: 'web.example.test', address: host, port })),
  'certificates/Domain/route/target': domain(({ host, port }) => ({
    host: 'web.example.test',
    route: { target: host },
    port,
  })),
  'certificates/probe/resolvers/*': domain(
    () => ({ host: 'web.example.test' }),
    ({ host, port }) => ({ resolvers: [`${hostOf(host)}:${port}`] }),
  ),
  'certificates/Issuer/acme/directory': async ({ host, port }, env) =>
    planOf(
      {
        'fettle.yaml': configYaml({ certificates: {} }),
        'desired/issuer.yaml': document('certificates', 'Issuer', {
          acme: {
            directory: `https://${hostOf(host)}:${port}/directory`,
            accountKey: '../account.key',
            solvers: [{ http01: { listener: {} } }],
          },
        }),
        'desired/www.yaml': document('certificates', 'Certificate', {
          issuer: 'web',
          dnsNames: ['www.example.test'],
          storage: { file: { certificate: '../www.crt', key: '../www.key' } },
        }),
        'account.key': keyPem((await makeKeys('ecdsa-p256')).privateKey),
      },
      env,
    ),
  'certificates/Issuer/acme/solvers/*/dns01/resolvers/*': challenge(
    ({ host, port }) => ({ dns01: { provider: 'corp', resolvers: [`${hostOf(host)}:${port}`] } }),
    () => ({ rfc2136: { server: '127.0.0.1:1', keyName: 'key', secret: SANDBOX_KEY } }),
  ),
  'certificates/Issuer/acme/solvers/*/dnsPersist01/resolvers/*': challenge(
    ({ host, port }) => ({ dnsPersist01: { resolvers: [`${hostOf(host)}:${port}`] } }),
    () => ({}),
  ),
  'certificates/acme/dnsProviders/*/rfc2136/server': challenge(
    () => ({ dns01: { provider: 'corp', wait: '1s' } }),
    ({ host, port }) => ({
      rfc2136: { server: `${hostOf(host)}:${port}`, keyName: 'key', secret: SANDBOX_KEY, zone: 'example.test' },
    }),
  ),
  'certificates/acme/dnsProviders/*/hetzner/endpoint': challenge(
    () => ({ dns01: { provider: 'corp', wait: '1s' } }),
    ({ host, port }) => ({ hetzner: { token: 'any', endpoint: `https://${hostOf(host)}:${port}/v1` } }),
  ),
  'certificates/acme/dnsProviders/*/acmeDns/url': challenge(
    () => ({ dns01: { provider: 'corp', wait: '1s' } }),
    ({ host, port }) => ({
      acmeDns: { url: `https://${hostOf(host)}:${port}`, username: 'u', password: 'p', subdomain: 'd' },
    }),
  ),
  'fabric/Fabric/server/url': ({ host, port }, env, { cloud }) =>
    planOf(
      {
        'fettle.yaml': configYaml({ fabric: cloud?.startsWith('sandbox-token-') === true ? { token: cloud } : {} }),
        'desired/web.yaml': document('fabric', 'Fabric', { server: { url: `https://${hostOf(host)}:${port}` } }),
      },
      { ...env, FABRIC_TOKEN: env['HCLOUD_TOKEN'] ?? NO_SECRETS.cloud ?? '' },
    ),
  'fabric/GitRepository/url': ({ host, port }, env) =>
    planOf(
      {
        'fettle.yaml': configYaml({ fabric: {} }),
        'desired/infra.yaml': document('fabric', 'GitRepository', { url: `https://${hostOf(host)}:${port}/infra.git` }),
      },
      env,
    ),
  'fabric/GitRepository/url, by ssh': ({ host, port }, env) =>
    planOf(
      {
        'fettle.yaml': configYaml({ fabric: { git: { credentials: { infra: { auth: 'SSH_KEY' } } } } }),
        'desired/infra.yaml': document('fabric', 'GitRepository', {
          url: `ssh://git@${hostOf(host)}:${port}/infra.git`,
          credentials: 'infra',
        }),
      },
      {
        ...env,
        FABRIC_GIT_SECRET: 'sandbox-token-of-a-test',
        FETTLE_PROVIDER_ORIGINS: `ssh://${hostOf(host)}:${port}`,
      },
    ),
  'nodes/Node/address': staticNode(({ port }) => ({ tcp: { port } })),
  'nodes/Node/address, by HTTP': staticNode(({ port }) => ({ http: { port, path: '/latest/meta-data?do=1' } })),
  'nodes/provider/hetzner/endpoint': ({ host, port }, env, secrets) =>
    planOf(
      {
        'fettle.yaml': configYaml({
          nodes: nodesConfig(
            secrets,
            `${/^(?:127\.|\[?::1)/u.test(host) ? 'http' : 'https'}://${hostOf(host)}:${port}/v1`,
            undefined,
          ),
        }),
        'desired/web.yaml': cloudNode,
      },
      env,
    ),
  'nodes/workloads/http/url': ({ host, port }, env, secrets) =>
    planOf(
      {
        'fettle.yaml': configYaml({
          nodes: nodesConfig({ ...secrets, cloud: undefined }, NOWHERE, {
            url: `http://${hostOf(host)}:${port}/latest/meta-data`,
          }),
        }),
        'desired/web.yaml': cloudNode,
      },
      env,
    ),
  'nodes/workloads/http/drainUrl': hook('drainUrl', (world) => world.drainHook('web', call)),
  'nodes/workloads/http/migrateUrl': hook('migrateUrl', (world) => world.migrateHook('c', 'a', 'b', call)),
};

/** Fields with the form of places, and the reasons why they cause no connection. */
export const NOT_REACHED: Readonly<Record<string, string>> = {
  'fettle/store': 'the store has its own test: store-secrets.test.ts',
  'fettle/safety/overrides/*/address': 'an address of a resource',
  'fettle/drift/confirm/*/address': 'an address of a resource',
  'fettle/drift/suppress/*/address': 'an address of a resource',
  'certificates/probe/allow/*': 'always empty',
  'certificates/probe/deny/*': 'networks that are never connected to',
  'certificates/Certificate/ipAddresses/*': 'written into the certificate',
  'certificates/Issuer/acme/solvers/*/http01/listener/address': 'an address of this machine to listen at',
  'fabric/Fabric/gitRepository': 'the name of a GitRepository',
  'nodes/Node/networks/*/ip': 'sent to the provider',
  'nodes/Node/networks/*/aliasIps/*': 'sent to the provider',
  'nodes/Node/publicNet/ipv4Address': 'the name of a primary IP',
  'nodes/Node/publicNet/ipv6Address': 'the name of a primary IP',
  'nodes/Node/readiness/tcp/network': 'the name of a network: the provider gives the address',
  'nodes/Node/readiness/http/network': 'the name of a network: the provider gives the address',
  'nodes/NodePool/template/networks/*/ip': 'as of a Node',
  'nodes/NodePool/template/networks/*/aliasIps/*': 'as of a Node',
  'nodes/NodePool/template/publicNet/ipv4Address': 'as of a Node',
  'nodes/NodePool/template/publicNet/ipv6Address': 'as of a Node',
  'nodes/NodePool/template/readiness/tcp/network': 'as of a Node',
  'nodes/NodePool/template/readiness/http/network': 'as of a Node',
};
