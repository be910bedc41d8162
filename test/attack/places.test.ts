/**
 * Places that documents and `fettle.yaml` name: no secret and no connection goes there, unless the environment lets it.
 */

import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { tables as certificateTables } from '../../plugins/certificates/generated.ts';
import { tables as nodeTables } from '../../plugins/nodes/generated.ts';
import { placesIn, type Schema } from '../../src/codegen/schema.ts';
import { specsOf, specTexts } from '../codegen/specs.ts';
import { NO_SECRETS, NOT_REACHED, REACHED, type Secrets } from './places.ts';

const NAMES =
  /(?:url|uri|host|address(?:es)?|endpoint|origin|resolvers?|target|server|store|ips?|allow|deny|proxy|registry|webhook|repository)$/iu;
const WORDS = /\b(?:URL|address|host name|origin)\b/iu;

/** Fields of a schema that name a place by what they are called, or by what is said of them. */
function namingPlaces(where: string, schema: Schema): readonly string[] {
  return placesIn(schema).flatMap(({ pointer, schema: { type, description = '', format } }) => {
    const name = pointer.split('/').findLast((part) => part !== '*') ?? '';
    const isText = [type].flat().includes('string');
    return isText && format !== 'secret' && format !== 'path' && (NAMES.test(name) || WORDS.test(description))
      ? [`${where}${pointer}`]
      : [];
  });
}

it('are in the table of attempts, each field of each schema', () => {
  const { engine, plugins } = specsOf(specTexts());
  const fields = [
    ...namingPlaces('fettle', engine.config),
    ...plugins.flatMap(({ name, config, kinds }) => [
      ...namingPlaces(name, config),
      ...Object.entries(kinds).flatMap(([kind, { spec }]) => namingPlaces(`${name}/${kind}`, spec)),
    ]),
  ];
  const known = [...Object.keys(REACHED).filter((field) => !field.includes(',')), ...Object.keys(NOT_REACHED)];
  expect(fields.toSorted()).toEqual(known.toSorted());
});

it.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
  'lead to a metadata service only if the environment allows it',
  { timeout: 120_000 },
  async () => {
    const script = join(import.meta.dirname, 'denied-places.ts');
    const setUp = 'ip link set lo up && ip addr add 169.254.169.254/32 dev lo && exec "$0" "$1"';
    const { stdout } = await promisify(execFile)('unshare', ['-n', 'sh', '-c', setUp, process.execPath, script]);
    const seen = JSON.parse(stdout) as Record<string, { readonly denied: number; readonly allowed: number }>;
    expect(Object.keys(seen).length).toBeGreaterThan(Object.keys(REACHED).length);
    const wrong = Object.entries(seen).filter(([, { denied, allowed }]) => denied !== 0 || allowed === 0);
    expect(wrong).toEqual([]);
  },
);

interface Recorder {
  readonly port: number;
  /** The credentials in the header of a request. */
  readonly credentials: () => readonly string[];
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function recorder(location?: string): Promise<Recorder> {
  const credentials: string[] = [];
  const server = createServer((request, response) => {
    credentials.push(JSON.stringify(request.headers));
    if (location === undefined) response.writeHead(404).end();
    else response.writeHead(307, { location }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, credentials: () => credentials };
}

/** The fields of a secret, and the places to which it goes. */
const SENT: Readonly<Record<string, { readonly fields: readonly string[]; readonly variable: string }>> = {
  '/provider/hetzner/token': { fields: ['nodes/provider/hetzner/endpoint'], variable: 'HCLOUD_TOKEN' },
  '/workloads/http/token': {
    fields: ['nodes/workloads/http/url', 'nodes/workloads/http/drainUrl', 'nodes/workloads/http/migrateUrl'],
    variable: 'WORKLOADS_TOKEN',
  },
};

describe('a secret', () => {
  const CANARY = 'canary-8d1f0b6e42';
  const all = Object.values(SENT).flatMap(({ fields, variable }) => fields.map((field) => [field, variable] as const));

  it('is in the table of attempts, each field of each plugin', () => {
    // Where these secrets go is in the test of the DNS providers, and that of accounts.
    expect(certificateTables.secrets.map(({ variable }) => variable)).toEqual([
      'ACME_EAB_KEY',
      'DNS_TSIG_SECRET',
      'DNS_HCLOUD_TOKEN',
      'DNS_ACMEDNS_PASSWORD',
    ]);
    expect(nodeTables.secrets).toEqual(Object.entries(SENT).map(([pointer, { variable }]) => ({ pointer, variable })));
  });

  const named = (variable: string): Secrets =>
    variable === 'HCLOUD_TOKEN'
      ? { cloud: `\${env:${variable}}`, workloads: undefined }
      : { cloud: NO_SECRETS.cloud, workloads: `\${env:${variable}}` };

  async function arrives(
    field: string,
    secrets: Secrets,
    to: Recorder,
    env: Readonly<Record<string, string>>,
    host = '127.0.0.1',
  ): Promise<boolean> {
    const reach = REACHED[field];
    if (reach === undefined) throw new Error(`nothing reaches ${field}`);
    const said = await reach({ host, port: to.port }, env, secrets);
    expect(said).not.toContain(CANARY);
    return to.credentials().some((each) => each.includes(CANARY));
  }

  it.each(all)('goes to %s only if the environment names the origin', async (field, variable) => {
    const to = await recorder();
    const origin = `http://127.0.0.1:${to.port}`;
    const secret = { [variable]: CANARY };
    for (const list of [
      undefined,
      '',
      `https://127.0.0.1:${to.port}`,
      `http://127.0.0.1:${to.port + 1}`,
      `http://localhost:${to.port}`,
      `http://127.0.0.1.example.test:${to.port}`,
      `OTHER_TOKEN=${origin}`,
      origin,
      `${variable}_SHOP=${origin}`,
      `${origin}/path`,
      '*',
    ])
      expect([
        list,
        await arrives(field, named(variable), to, {
          ...secret,
          ...(list === undefined ? {} : { FETTLE_PROVIDER_ORIGINS: list }),
        }),
      ]).toEqual([list, false]);
    // The honest twins: the same recorder sees it.
    for (const list of [
      `${variable}=${origin}`,
      `https://api.example.test, OTHER_TOKEN=${origin} ${variable}=${origin}/`,
    ]) {
      const twin = await recorder();
      const at = list.replaceAll(String(to.port), String(twin.port));
      expect([list, await arrives(field, named(variable), twin, { ...secret, FETTLE_PROVIDER_ORIGINS: at })]).toEqual([
        list,
        true,
      ]);
    }
  });

  it.each(all)('is not carried on by a redirect of %s', async (field, variable) => {
    const elsewhere = await recorder();
    const to = await recorder(`http://127.0.0.1:${elsewhere.port}/v1`);
    const env = {
      [variable]: CANARY,
      FETTLE_PROVIDER_ORIGINS: `${variable}=http://127.0.0.1:${to.port},${variable}=http://127.0.0.1:${elsewhere.port}`,
    };
    expect(await arrives(field, named(variable), to, env)).toBe(true);
    expect(elsewhere.credentials()).toEqual([]);
  });

  it.each(['nodes/provider/hetzner/endpoint', 'nodes/workloads/http/url'])(
    'of another name goes nowhere, not to %s either',
    async (field) => {
      for (const variable of ['AWS_SECRET_ACCESS_KEY', 'GITHUB_TOKEN', 'PGPASSWORD', 'HCLOUD_TOKENS', 'FETTLE_PG']) {
        const to = await recorder();
        const reference = `\${env:${variable}}`;
        const origin = `http://127.0.0.1:${to.port}`;
        const list = ['HCLOUD_TOKEN', 'WORKLOADS_TOKEN', variable].map((name) => `${name}=${origin}`).join(',');
        const env = { [variable]: CANARY, FETTLE_PROVIDER_ORIGINS: list };
        const secrets = { cloud: reference, workloads: field.includes('workloads') ? reference : undefined };
        expect([variable, await arrives(field, secrets, to, env)]).toEqual([variable, false]);
        expect(to.credentials()).toEqual([]);
      }
    },
  );
});
