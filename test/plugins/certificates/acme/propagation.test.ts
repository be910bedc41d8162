/** Values that have to be at every server of a zone before the authority looks. */

import { describe, expect, onTestFinished, test } from 'vitest';
import { createSocket } from 'node:dgram';
import type { Timing } from '#plugin/http';
import { usualDenial } from '#plugin/net';
import { finalName, openDns, serversOf, zoneOf } from '../../../../plugins/certificates/acme/dns/lookup.ts';
import { propagation, type PropagationOptions } from '../../../../plugins/certificates/acme/dns/propagation.ts';
import { startBind } from '../../../support/dns-servers.ts';
import { dnsServer } from '../../../support/dns.ts';
import { solverRun } from './support.ts';

const denial = usualDenial({});
const NAME = '_acme-challenge.example.test';
const expected = [{ name: NAME, texts: ['one', 'two'] }];

/** A clock that a sleep moves on, and that runs `slept` instead of waiting. */
function clock(slept: (count: number) => void = () => {}): Timing & { readonly sleeps: readonly number[] } {
  let now = 0;
  const sleeps: number[] = [];
  return {
    now: () => now,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      now += ms;
      sleeps.push(ms);
      slept(sleeps.length);
    },
    random: () => 0,
    sleeps,
  };
}

describe('the resolvers that are given', () => {
  const open = (resolvers: readonly string[], more: Partial<PropagationOptions> = {}) =>
    propagation({ dns: openDns(resolvers, denial), resolvers, timeoutMs: 60_000, timing: clock(), ...more });

  test('are asked until each has every text', async () => {
    const [first, second] = [await dnsServer({ [NAME]: { txt: [['one'], ['two'], ['other']] } }), await dnsServer({})];
    const timing = clock((count) => {
      if (count === 1) second.names.set(NAME, { txt: [['one']] });
      if (count === 2) second.names.set(NAME, { txt: [['two'], ['one']] });
    });
    const run = solverRun();
    await open([first.address, second.address], { timing })(expected, run);
    expect(timing.sleeps).toEqual([500, 750]);
    expect(run.said).toContain('waiting for 1 DNS answer');
    // A server that has all texts is not asked again.
    expect(first.asked.filter((each) => each.startsWith('TXT'))).toHaveLength(1);
  });

  test('are named if one does not have the texts, or does not answer in the end', async () => {
    const [full, empty, broken] = [
      await dnsServer({ [NAME]: { txt: [['one'], ['two']] } }),
      await dnsServer({}),
      await dnsServer({ [NAME]: { broken: true } }),
    ];
    const wait = open([full.address, empty.address, broken.address], { timeoutMs: 2000 })(expected, solverRun());
    const missing = [`${empty.address} does not have ${NAME}`, `${broken.address} does not answer`].sort();
    await expect(wait).rejects.toThrow(`after 2 s: ${missing.join(', ')}. If this machine sees other servers`);
  });

  test('are not asked again after a stop', async () => {
    const { address, asked } = await dnsServer({});
    const stop = new AbortController();
    const timing = clock(() => stop.abort(new Error('stopped')));
    await expect(open([address], { timing })(expected, solverRun(stop.signal))).rejects.toThrow('stopped');
    expect(asked).toHaveLength(1);
  });

  test('must be addresses that are permitted', () => {
    expect(() => openDns(['169.254.169.254'], denial)).toThrow('is in 169.254.169.254/32, which is denied');
    expect(() => openDns(['dns.example.test'], denial)).toThrow('must be an address');
  });
});

test('a wait asks no server', async () => {
  const { address, asked } = await dnsServer({});
  const timing = clock();
  const wait = propagation({ dns: openDns([address], denial), waitMs: 120_000, timeoutMs: 1, timing });
  await wait(expected, solverRun());
  expect(timing.sleeps).toEqual([120_000]);
  expect(asked).toEqual([]);
});

describe('the servers of a zone', () => {
  test('are all asked, at all of their addresses that answer', async () => {
    const server = await startBind([
      {
        zone: 'example.test',
        granted: [],
        // 127.0.0.1 answers; no server has the other addresses.
        lines: [
          '@ IN NS ns2',
          'ns2 IN A 127.0.0.1',
          'ns2 IN AAAA 2001:db8::53',
          `${NAME}. IN TXT "one"`,
          `${NAME}. IN TXT "two"`,
        ],
      },
    ]);
    const dns = openDns([server.address], denial);
    const { signal } = new AbortController();
    expect(
      (await serversOf(dns, 'example.test', signal)).servers.map(({ name, address }) => `${name} ${address}`).sort(),
    ).toEqual(['ns1.example.test 127.0.0.1', 'ns2.example.test 127.0.0.1', 'ns2.example.test 2001:db8::53']);
    const timing = clock();
    await propagation({ dns, timeoutMs: 0, port: server.port, timing })(expected, solverRun());
    expect(timing.sleeps).toEqual([]);
  }, 60_000);

  test('are searched again if the search fails for a moment', async () => {
    const { address, names } = await dnsServer({});
    for (const name of [NAME, 'example.test', 'test']) names.set(name, { broken: true });
    const timing = clock((count) => {
      if (count === 2) for (const name of [NAME, 'example.test', 'test']) names.delete(name);
    });
    const wait = propagation({ dns: openDns([address], denial), timeoutMs: 2000, timing })(expected, solverRun());
    await expect(wait).rejects.toThrow(`the zone of ${NAME} was not found`);
    expect(timing.sleeps).toEqual([500, 750]);
  });

  test('are not found by an alias: its target is in another zone', async () => {
    const server = await startBind([
      { zone: 'example.test', granted: [], lines: ['www IN CNAME other.test.'] },
      { zone: 'other.test', granted: [] },
    ]);
    const { ask } = openDns([server.address], denial);
    const { signal } = new AbortController();
    expect(await zoneOf(ask, '_acme-challenge.www.example.test', signal)).toBe('example.test');
  });

  test('are named if the name of one does not resolve', async () => {
    const texts = [`${NAME}. IN TXT "one"`, `${NAME}. IN TXT "two"`];
    const server = await startBind([
      { zone: 'example.test', granted: [], lines: ['@ IN NS ns.gone.invalid.', ...texts] },
    ]);
    const dns = openDns([server.address], denial);
    const left = 'not asked: ns.gone.invalid (its name does not resolve)';
    const run = solverRun();
    await propagation({ dns, timeoutMs: 0, port: server.port, timing: clock() })(expected, run);
    expect(run.said).toEqual([left]);
    const other = [{ name: NAME, texts: ['three'] }];
    const wait = propagation({ dns, timeoutMs: 0, port: server.port, timing: clock() })(other, solverRun());
    await expect(wait).rejects.toThrow(`does not have ${NAME}; ${left}. If this machine`);
  });

  test('are awaited, and named, if one of them cannot be looked up', async () => {
    // This server refuses names of other zones.
    const server = await startBind([{ zone: 'example.test', granted: [], lines: ['@ IN NS ns.elsewhere.test.'] }]);
    const timing = clock();
    const dns = openDns([server.address], denial);
    const wait = propagation({ dns, timeoutMs: 1000, port: server.port, timing })(expected, solverRun());
    await expect(wait).rejects.toThrow('the server ns.elsewhere.test cannot be resolved');
    expect(timing.sleeps).toEqual([500]);
  });

  test('have no denied address', async () => {
    const server = await startBind([
      { zone: 'example.test', granted: [], lines: ['@ IN NS ns2', 'ns2 IN A 169.254.169.254'] },
    ]);
    const dns = openDns([server.address], denial);
    const { servers, left } = await serversOf(dns, 'example.test', new AbortController().signal);
    expect(left).toEqual(['ns2.example.test (its addresses are denied)']);
    expect(servers.map(({ address }) => address)).toEqual(['127.0.0.1']);
    const wait = propagation({ dns, timeoutMs: 0, port: server.port, timing: clock() })(expected, solverRun());
    await expect(wait).rejects.toThrow(`ns1.example.test (127.0.0.1) does not have ${NAME}`);
  });
});

describe('CNAMEs', () => {
  const { signal } = new AbortController();

  test('that form a loop, never end, or lead to a name that is not valid end the search', async () => {
    const chain = Array.from({ length: 12 }, (_, i) => `c${i} IN CNAME c${i + 1}`);
    const server = await startBind([
      {
        zone: 'example.test',
        granted: [],
        lines: ['a IN CNAME b', 'b IN CNAME a', 'odd IN CNAME x\\;y', 'slash IN CNAME a\\/b', ...chain],
      },
    ]);
    const { ask } = openDns([server.address], denial);
    await expect(finalName(ask, 'a.example.test', signal)).rejects.toThrow(
      'form a loop: a.example.test → b.example.test → a.example.test',
    );
    await expect(finalName(ask, 'c0.example.test', signal)).rejects.toThrow('more than 10 CNAMEs');
    await expect(finalName(ask, 'odd.example.test', signal)).rejects.toThrow('is not valid');
    await expect(finalName(ask, 'slash.example.test', signal)).rejects.toThrow('is not valid');
    expect(await finalName(ask, 'c5.example.test', signal)).toBe('c12.example.test');
  });

  test('are not believed from a server that answers with another id', async () => {
    const socket = createSocket('udp4');
    socket.on('message', (query, { port, address }) => {
      const answer = Buffer.from(query);
      answer.writeUInt16BE(query.readUInt16BE(0) ^ 1, 0);
      answer.writeUInt16BE(0x8180, 2);
      socket.send(answer, port, address);
    });
    await new Promise<void>((resolve) => void socket.bind(0, '127.0.0.1', resolve));
    onTestFinished(() => void socket.close());
    const { ask } = openDns([`127.0.0.1:${socket.address().port}`], denial);
    await expect(finalName(ask, 'a.example.test', signal)).rejects.toThrow(
      /^the CNAME of a\.example\.test cannot be looked up: .*did not answer in time.*\. If this machine must ask other DNS servers, name them in dns01\.resolvers of the Issuer$/u,
    );
  }, 30_000);
});
