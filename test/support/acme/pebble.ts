/** A real ACME server for tests: Pebble, with its program that answers challenges. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyPem, makeAuthority, makeKeys, makeLeaf } from '../../../plugins/certificates/live/x509-make.ts';
import { temporaryFolder } from '../cli.ts';
import { freePort, startDaemon } from '../daemons.ts';
import { type AuthorityOptions, BLOCKED_NAME, type Feature, PROFILES, type TestAuthority } from './authority.ts';
import { PEBBLE_VERSION, type PebblePrograms } from './programs.ts';

/** A pair for the server's own HTTPS. */
async function serverPair(folder: string): Promise<string> {
  const now = Date.now();
  const [caKeys, keys] = await Promise.all([makeKeys('ecdsa-p256'), makeKeys('ecdsa-p256')]);
  const ca = await makeAuthority('Test server', caKeys, now);
  const leaf = await makeLeaf({
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
    validityDays: 2,
    keys,
    signer: { certificate: ca, key: caKeys.privateKey },
    now,
  });
  writeFileSync(join(folder, 'server.crt'), leaf.toString());
  writeFileSync(join(folder, 'server.key'), keyPem(keys.privateKey));
  return ca.toString();
}

export function pebbleFeatures({ version }: PebblePrograms): ReadonlySet<Feature> {
  return new Set(version === PEBBLE_VERSION ? ['ari', 'profiles'] : []);
}

/** Starts Pebble, and the program that answers its challenges. */
export async function startPebble(programs: PebblePrograms, options: AuthorityOptions = {}): Promise<TestAuthority> {
  const folder = temporaryFolder();
  const ca = await serverPair(folder);
  const [port, httpPort, tlsPort, dnsPort, managementPort] = await Promise.all(
    Array.from({ length: 5 }, () => freePort()),
  );
  const isNew = programs.version === PEBBLE_VERSION;
  const eab = options.externalAccounts;
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    certificate: join(folder, 'server.crt'),
    privateKey: join(folder, 'server.key'),
    httpPort,
    tlsPort,
    ocspResponderURL: '',
    externalAccountBindingRequired: eab !== undefined,
    ...(eab === undefined ? {} : { externalAccountMACKeys: eab }),
    domainBlocklist: [BLOCKED_NAME],
    retryAfter: { authz: 1, order: 1 },
    ...(isNew ? { keyAlgorithm: 'ecdsa', profiles: PROFILES } : { certificateValidityPeriod: 7_776_000 }),
  };
  writeFileSync(join(folder, 'pebble.json'), JSON.stringify({ pebble }));
  const challenges = await startDaemon(
    folder,
    [
      programs.challenges,
      ...(isNew ? ['-doh', '', '-dnsserver'] : ['-dns01']),
      `127.0.0.1:${dnsPort}`,
      ...(options.ownHttp === true ? ['-http01='] : ['-http01', `127.0.0.1:${httpPort}`]),
      '-https01=',
      '-tlsalpn01=',
      '-management',
      `127.0.0.1:${managementPort}`,
      // Nothing listens on IPv6.
      '-defaultIPv6=',
    ],
    [...(options.ownHttp === true ? [] : [httpPort ?? 0]), managementPort ?? 0],
    join(folder, 'challenges.log'),
  );
  const resolver = options.resolver ?? `127.0.0.1:${dnsPort}`;
  const env = {
    PEBBLE_WFE_NONCEREJECT: String(options.rejectNonces ?? 0),
    PEBBLE_VA_NOSLEEP: '1',
    PEBBLE_AUTHZREUSE: '0',
    PEBBLE_ALTERNATE_ROOTS: '2',
    PEBBLE_CHAIN_LENGTH: '2',
  };
  const server = await startDaemon(
    folder,
    [
      'env',
      ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
      programs.pebble,
      '-config',
      join(folder, 'pebble.json'),
      '-dnsserver',
      resolver,
    ],
    [port ?? 0],
    join(folder, 'pebble.log'),
  );
  const manage = async (path: string, body: unknown): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${managementPort}/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  };
  return {
    directory: `https://127.0.0.1:${port}/dir`,
    ca,
    profile: isNew ? 'default' : undefined,
    httpPort: httpPort ?? 0,
    resolver,
    serveFile: (token, content) => manage('add-http01', { token, content }),
    addTxt: (host, value) => manage('set-txt', { host: `${host}.`, value }),
    stop: async () => {
      await server.stop();
      await challenges.stop();
    },
  };
}
