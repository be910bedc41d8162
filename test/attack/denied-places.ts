/**
 * Runs in a network namespace in which this machine answers at the address of a metadata service: points every field
 * there, and prints the fields that connected, without and with permission of the environment.
 */

import { createSocket } from 'node:dgram';
import { createServer, type AddressInfo } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { startEmulator } from '../../plugins/nodes/sandbox/emulator.ts';
import { cliFile, run, temporaryFolder, writeFiles } from '../support/cli.ts';
import { NO_SECRETS, REACHED } from './places.ts';

const METADATA = '169.254.169.254';

const originOf = (port: number): string => `https://${METADATA}:${port}`;

/** Counts what arrives at one port, over TCP and UDP. */
async function recorder(): Promise<{ readonly port: number; readonly count: () => number }> {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.on('error', () => undefined);
    setTimeout(() => socket.destroy(), 50);
  });
  await new Promise<void>((resolve) => server.listen(0, METADATA, resolve));
  const { port } = server.address() as AddressInfo;
  const udp = createSocket('udp4').on('message', () => (count += 1));
  await new Promise<void>((resolve) => udp.bind(port, METADATA, resolve));
  server.unref();
  udp.unref();
  return { port, count: () => count };
}

/** A provider whose server has the address of the metadata service. */
async function lyingProvider(env: Readonly<Record<string, string>>, port: number): Promise<void> {
  const emulator = await startEmulator({ times: { create: 1, start: 1, boot: 1 } });
  emulator.seed({ name: 'web', type: 'cx23' });
  const liar = createHttpServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? '/', emulator.endpoint);
      const headers = { authorization: request.headers.authorization ?? '' };
      const answer = await fetch(url, { headers });
      const text = (await answer.text()).replaceAll(/"ip": ?"\d+\.\d+\.\d+\.\d+"/gu, `"ip":"${METADATA}"`);
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
    })();
  });
  await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve));
  const folder = temporaryFolder();
  const { port: own } = liar.address() as AddressInfo;
  writeFiles(folder, {
    'fettle.yaml': JSON.stringify({
      name: 'places',
      desired: ['desired/'],
      plugins: {
        nodes: { provider: { hetzner: { endpoint: `http://127.0.0.1:${own}/v1`, token: emulator.tokens.readWrite } } },
      },
    }),
    'desired/web.yaml': JSON.stringify({
      apiVersion: 'nodes/v1',
      kind: 'Node',
      metadata: { name: 'web' },
      spec: { serverType: 'cx23', image: 'debian-13', location: 'nbg1', readiness: { tcp: { port } } },
    }),
  });
  await run(process.execPath, [cliFile, 'plan', '--format', 'json'], folder, env);
  liar.closeAllConnections();
  liar.close();
  await emulator.stop();
}

const ways = Object.entries(REACHED).flatMap(([field, reach]) =>
  [METADATA, '::ffff:169.254.169.254', '2852039166']
    // Fields that only accept an address are not tried with its other spellings.
    .filter((host) => host === METADATA || field.startsWith('nodes/Node') || field.startsWith('nodes/workloads'))
    .map(
      (host) =>
        [
          `${field} = ${host}`,
          (env: Readonly<Record<string, string>>, port: number) => reach({ host, port }, env, NO_SECRETS),
        ] as const,
    ),
);
const results: Record<string, object> = {};
/** Attempts at once: most of their time, they wait. */
const AT_ONCE = 4;
const waiting = [...ways, ["a server's address, as the provider gives it", lyingProvider] as const].values();
async function work(): Promise<void> {
  for (const [name, reach] of waiting) await attempt(name, reach);
}
/** Entries for every secret of the reaches. */
function permitting(port: number): string {
  return ['HCLOUD_TOKEN', 'WORKLOADS_TOKEN', 'FABRIC_TOKEN', 'FABRIC_GIT_SECRET']
    .map((name) => `${name}=${originOf(port)}`)
    .join(',');
}
async function attempt(
  name: string,
  reach: (env: Readonly<Record<string, string>>, port: number) => Promise<unknown>,
): Promise<void> {
  const [denied, allowed] = [await recorder(), await recorder()];
  // Credentials may be sent there: the test is about any connection at all.
  await Promise.all([
    reach({ FETTLE_PROVIDER_ORIGINS: permitting(denied.port) }, denied.port),
    reach({ FETTLE_PROVIDER_ORIGINS: permitting(allowed.port), FETTLE_ALLOW_NETWORKS: METADATA }, allowed.port),
  ]);
  results[name] = { denied: denied.count(), allowed: allowed.count() };
}
await Promise.all(Array.from({ length: AT_ONCE }, work));
process.stdout.write(`${JSON.stringify(results)}\n`, () => process.exit(0));
