/** Authoritative DNS servers from Debian's packages, which take signed updates: bind9 and knot. As any user, on a high port. */

import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Resolver } from 'node:dns/promises';
import { onTestFinished } from 'vitest';
import type { TsigAlgorithm, TsigKey } from '../../plugins/certificates/acme/dns/tsig.ts';
import { temporaryFolder } from './cli.ts';
import { freePort, startDaemon } from './daemons.ts';

export interface ZoneFile {
  readonly zone: string;
  /** Lines of the zone's file, in addition to its SOA and NS record. */
  readonly lines?: readonly string[];
  /** Names whose TXT records the key may change. */
  readonly granted: readonly string[];
}

export interface AuthoritativeServer {
  readonly port: number;
  /** The server as a resolver. */
  readonly address: string;
  readonly key: TsigKey;
  /** The TXT values of a name, sorted. */
  readonly texts: (name: string) => Promise<readonly string[]>;
  readonly stop: () => Promise<void>;
}

function zoneText({ zone, lines = [] }: ZoneFile): string {
  return [
    '$TTL 60',
    `@ IN SOA ns1.${zone}. root.${zone}. 1 3600 600 86400 1`,
    `@ IN NS ns1.${zone}.`,
    'ns1 IN A 127.0.0.1',
    ...lines,
    '',
  ].join('\n');
}

function newKey(algorithm: TsigAlgorithm): TsigKey {
  return { name: 'fettle', algorithm, secret: randomBytes(48) };
}

async function textsAt(address: string, name: string): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 2000, tries: 3 });
  resolver.setServers([address]);
  try {
    return (await resolver.resolveTxt(name)).map((parts) => parts.join('')).sort();
  } catch (error) {
    if (['ENODATA', 'ENOTFOUND'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

async function running(
  argv: (folder: string) => readonly string[],
  configure: (folder: string, port: number, key: TsigKey) => void,
  algorithm: TsigAlgorithm,
): Promise<AuthoritativeServer> {
  const folder = temporaryFolder();
  const port = await freePort();
  const key = newKey(algorithm);
  configure(folder, port, key);
  const { stop } = await startDaemon(folder, argv(folder), [port], join(folder, 'server.log'));
  onTestFinished(stop);
  const address = `127.0.0.1:${port}`;
  return { port, address, key, stop, texts: (name) => textsAt(address, name) };
}

/** bind9 with `update-policy`: the key may change the TXT records of exactly the granted names. */
export function startBind(
  zones: readonly ZoneFile[],
  algorithm: TsigAlgorithm = 'hmac-sha256',
): Promise<AuthoritativeServer> {
  return running(
    (folder) => ['named', '-c', join(folder, 'named.conf'), '-f', '-g', '-n', '1'],
    (folder, port, key) => {
      const parts = zones.map((each) => {
        writeFileSync(join(folder, each.zone), zoneText(each));
        const grants = each.granted.map((name) => `grant ${key.name}. name ${name}. TXT;`).join(' ');
        return `zone "${each.zone}" { type primary; file "${join(folder, each.zone)}"; update-policy { ${grants} }; };`;
      });
      const config = [
        `options { directory "${folder}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; pid-file none; session-keyfile none; };`,
        'controls { };',
        `key "${key.name}." { algorithm ${key.algorithm}; secret "${key.secret.toString('base64')}"; };`,
        ...parts,
      ];
      writeFileSync(join(folder, 'named.conf'), `${config.join('\n')}\n`);
    },
    algorithm,
  );
}

/** knot with an `acl` of the same extent. */
export function startKnot(zone: ZoneFile, algorithm: TsigAlgorithm = 'hmac-sha256'): Promise<AuthoritativeServer> {
  return running(
    (folder) => ['knotd', '-c', join(folder, 'knot.conf')],
    (folder, port, key) => {
      mkdirSync(join(folder, 'db'));
      writeFileSync(join(folder, 'zone'), zoneText(zone));
      const owners = zone.granted.map((name) => name.slice(0, -zone.zone.length - 1));
      const config = `server:
  rundir: "${folder}"
  listen: 127.0.0.1@${port}
database:
  storage: "${join(folder, 'db')}"
log:
  - target: stderr
    any: info
key:
  - id: ${key.name}.
    algorithm: ${key.algorithm}
    secret: ${key.secret.toString('base64')}
acl:
  - id: challenges
    key: ${key.name}.
    action: update
    update-owner: name
    update-owner-match: equal
    update-owner-name: [${owners.join(', ')}]
    update-type: [TXT]
zone:
  - domain: ${zone.zone}
    file: "${join(folder, 'zone')}"
    zonefile-load: difference-no-serial
    journal-content: all
    zonefile-sync: -1
    acl: challenges
`;
      writeFileSync(join(folder, 'knot.conf'), config);
    },
    algorithm,
  );
}
