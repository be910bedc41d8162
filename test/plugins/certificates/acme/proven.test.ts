/** Orders of an authority that looks for itself: by DNS at a real server with signed updates, and by HTTP at a listener. */

import { describe, expect, onTestFinished, test } from 'vitest';
import { usualDenial } from '#plugin/net';
import type { Order } from '../../../../plugins/certificates/acme/answers.ts';
import type { AcmeClient } from '../../../../plugins/certificates/acme/client.ts';
import { type AccountKey, dnsDigest, keyAuthorization } from '../../../../plugins/certificates/acme/jws.ts';
import { openSolver, type SolverConfig } from '../../../../plugins/certificates/acme/solvers/open.ts';
import type { Challenge, Solver } from '../../../../plugins/certificates/acme/solvers/solver.ts';
import type { TestAuthority } from '../../../support/acme/authority.ts';
import { startEmulated } from '../../../support/acme/emulated.ts';
import { startPebble } from '../../../support/acme/pebble.ts';
import { cachedPebble, debianPebble } from '../../../support/acme/programs.ts';
import { freePort } from '../../../support/daemons.ts';
import { type AuthoritativeServer, startBind } from '../../../support/dns-servers.ts';
import { anySignal, clientOf, dns, quickTiming } from './issuing.ts';
import { solverRun } from './support.ts';

const ZONE = 'example.test';
const granted = ['wild', 'one', 'two'].map((name) => `_acme-challenge.${name}.${ZONE}`);
const lines = ['wild', 'one', 'two', 'www'].map((name) => `${name} IN A 127.0.0.1`);

/** An authority that asks a DNS server, and port `httpPort` of names; Pebble has a port of its own. */
type StartAuthority = (resolver: string, httpPort: number) => Promise<TestAuthority>;

const sandbox: StartAuthority = (resolver, httpPort) => startEmulated({}, { validation: { httpPort, resolver } });

const authorities: readonly (readonly [string, StartAuthority])[] = [
  ['the sandbox', sandbox],
  ...[cachedPebble(), debianPebble()].flatMap((programs): readonly (readonly [string, StartAuthority])[] =>
    programs === undefined ? [] : [[`Pebble ${programs.version}`, (resolver) => startPebble(programs, { resolver })]],
  ),
];

/** An account, and the profile of its orders. */
interface Account {
  readonly client: AcmeClient;
  readonly key: AccountKey;
  readonly profile: string | undefined;
}

/** An authority that asks a real DNS server, and that server. */
async function looking(start: StartAuthority): Promise<{
  readonly server: AuthoritativeServer;
  readonly httpPort: number;
  readonly by: Account;
  readonly open: (config: SolverConfig) => Solver;
}> {
  const server = await startBind([{ zone: ZONE, granted, lines }]);
  const httpPort = await freePort();
  const authority = await start(server.address, httpPort);
  onTestFinished(authority.stop);
  const { secret } = server.key;
  const provider = { rfc2136: { server: server.address, keyName: 'fettle', secret: secret.toString('base64') } };
  const open = (config: SolverConfig): Solver =>
    openSolver(config, {
      folder: '/nowhere',
      env: { FETTLE_DNS_ORIGINS: `dns://${server.address}` },
      denial: usualDenial({}),
      now: Date.now,
      commands: [],
      providers: { corp: provider },
      resolvers: [server.address],
      stillApproved: async () => {},
      ports: { dns: server.port },
      timing: quickTiming,
    });
  return { server, httpPort, by: { ...(await clientOf(authority)), profile: authority.profile }, open };
}

/** Presents the challenges of an order, lets the authority look, and removes them. */
async function proven({ client, key, profile }: Account, solver: Solver, names: readonly string[]): Promise<Order> {
  const order = await client.newOrder(
    { identifiers: dns(...names), ...(profile === undefined ? {} : { profile }) },
    anySignal,
  );
  const offered = (await client.authorizations(order, anySignal)).map(({ identifier, wildcard, challenges }) => {
    const challenge = challenges.find(({ type }) => type === solver.type);
    if (challenge === undefined) throw new Error(`no challenge ${solver.type} for ${identifier.value}`);
    const token = challenge.token ?? '';
    const authorization = keyAuthorization(token, key);
    const own: Challenge = {
      name: identifier.value,
      wildcard,
      kind: 'dns',
      token,
      keyAuthorization: authorization,
      txt: dnsDigest(authorization),
    };
    return { challenge, own };
  });
  const prepared = await solver.prepare(
    offered.map(({ own }) => own),
    solverRun(),
  );
  try {
    await solver.present(prepared, solverRun());
    for (const { challenge } of offered) await client.answer(challenge, anySignal);
    return await client.untilReady(order, anySignal);
  } finally {
    await solver.remove(prepared, solverRun());
  }
}

describe.each(authorities)('%s', (_, start) => {
  test('a wildcard and its name are proven by two values, which are removed', async () => {
    const { server, by, open } = await looking(start);
    const order = await proven(by, open({ dns01: { provider: 'corp' } }), [`wild.${ZONE}`, `*.wild.${ZONE}`]);
    expect(order.status).toBe('ready');
    expect(await server.texts(`_acme-challenge.wild.${ZONE}`)).toEqual([]);
  });

  test('orders at once are proven, each with its values', async () => {
    const { server, by, open } = await looking(start);
    const orders = await Promise.all(
      [[`one.${ZONE}`, `two.${ZONE}`], [`*.one.${ZONE}`], [`*.two.${ZONE}`, `two.${ZONE}`]].map((names) =>
        proven(by, open({ dns01: { provider: 'corp' } }), names),
      ),
    );
    expect(orders.map(({ status }) => status)).toEqual(['ready', 'ready', 'ready']);
    for (const name of granted) expect(await server.texts(name)).toEqual([]);
  });
});

test('names are proven by a listener, also by two orders at once', async () => {
  const { httpPort, by, open } = await looking(sandbox);
  const solver = open({ http01: { listener: { port: httpPort, address: '127.0.0.1' }, selfCheck: 'skip' } });
  const orders = await Promise.all(
    [[`www.${ZONE}`, `one.${ZONE}`], [`two.${ZONE}`]].map((names) => proven(by, solver, names)),
  );
  expect(orders.map(({ status }) => status)).toEqual(['ready', 'ready']);
  await expect(fetch(`http://127.0.0.1:${httpPort}/`)).rejects.toThrow('fetch failed');
});
