/** A held change takes back what the kernel removes along with it: addresses and routes of a real link. */

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adoptPending } from '../../../../plugins/portsync/confirm/adopt-pending.ts';
import { changeHeld, type Hold, holdOnHost } from '../../../../plugins/portsync/confirm/hold.ts';
import { readAddresses } from '../../../../plugins/portsync/linux/addresses.ts';
import { readLinks } from '../../../../plugins/portsync/linux/read-links.ts';
import { type PlainStep, takeBackOf } from '../../../../plugins/portsync/linux/surroundings.ts';
import { temporaryFolder } from '../../../support/cli.ts';
import { hasNamespaces, makeNamespace, type Namespace } from '../../../support/network-namespace.ts';

const { signal } = new AbortController();

describe.skipIf(!hasNamespaces)('a link with addresses and routes', () => {
  let namespace: Namespace;
  beforeAll(() => {
    namespace = makeNamespace();
    namespace.batch([
      'link add p0 type veth peer name p1',
      'link set dev p0 up',
      'link set dev p1 up',
      'addr add 10.9.0.1/24 dev p0',
      'addr add fd00::1/64 dev p0 nodad',
      'route add default via 10.9.0.2',
      'route add 10.20.0.0/16 via 10.9.0.3 metric 7',
      'route add default via fd00::2',
    ]);
  });
  afterAll(() => namespace.remove());

  /** Links, addresses and routes, without values that change by themselves. */
  const seen = (): readonly string[] =>
    ['-br link show', '-br addr show scope global', '-4 route show', '-6 route show default', '-6 route show fd00::/64']
      .flatMap((line) => namespace.ip(line).split('\n'))
      .map((line) => line.replace(/\s+/gu, ' ').trim())
      .sort();

  const holding = async (folder: string, steps: readonly PlainStep[], within: number): Promise<Hold> => {
    const host = { namespace: namespace.name };
    const [{ links }, addresses] = await Promise.all([readLinks(host, signal), readAddresses(host, signal)]);
    const takeBack = { kind: 'linux', ...host, lines: takeBackOf(steps, { links, ...addresses }) } as const;
    return holdOnHost(
      { target: 'linux test', ports: ['p0'], takeBack, within },
      { folder, hasTimer: true, openConfig: () => Promise.reject(new Error('not a switch')), signal },
    );
  };

  const adopted = async (folder: string): Promise<{ readonly kept: readonly string[] }> => {
    const host = (): Promise<never> => Promise.reject(new Error('not a switch'));
    const [found] = await adoptPending(folder, 'linux test', host, signal);
    if (found?.end !== 'taken-back') throw new Error(`the change is ${found?.end}`);
    return found;
  };

  const steps: readonly (readonly [name: string, step: PlainStep, command: readonly string[]])[] = [
    ['taken down', { what: 'admin', link: 'p0', to: 'down' }, ['link', 'set', 'dev', 'p0', 'down']],
    [
      'with an MTU too small for IPv6',
      { what: 'mtu', link: 'p0', to: 1000 },
      ['link', 'set', 'dev', 'p0', 'mtu', '1000'],
    ],
  ];

  test.each(steps)('%s is back at the deadline', async (_name, step, command) => {
    const folder = join(temporaryFolder(), 'confirm');
    const before = seen();
    await holding(folder, [step], 2);
    execFileSync('ip', ['-n', namespace.name, ...command]);
    expect(seen()).not.toEqual(before);
    while (readdirSync(join(folder, 'taken-back')).length === 0) await sleep(20);
    expect(seen()).toEqual(before);
  });

  test.each([
    ['the timer', 2],
    ['fettle', 60],
  ])('%s leaves a value that others set meanwhile, and names it', async (_name, within) => {
    const folder = join(temporaryFolder(), 'confirm');
    const set = (words: string): string => namespace.ip(`link set dev p0 ${words}`);
    set('mtu 1500 alias old');
    namespace.ip('link add link p0 name m0 type macvlan');
    const changed: readonly PlainStep[] = [
      { what: 'mtu', link: 'p0', to: 1400 },
      { what: 'alias', link: 'p0', to: 'new "x"' },
      { what: 'admin', link: 'p0', to: 'down' },
    ];
    const hold = await holding(folder, changed, within);
    set('mtu 1400');
    execFileSync('ip', ['-n', namespace.name, 'link', 'set', 'dev', 'p0', 'alias', 'new "x"']);
    set('mtu 1300 down');
    if (within < 60) while (readdirSync(join(folder, 'taken-back')).length === 0) await sleep(20);
    const { kept } = within < 60 ? await adopted(folder) : await hold.takeBack(signal);
    const { links } = await readLinks({ namespace: namespace.name }, signal);
    const of = (wanted: string) => links.find(({ name }) => name === wanted);
    // The kernel made the MTU of the macvlan smaller once more.
    expect([[...kept].sort(), of('p0'), of('m0')?.mtu]).toMatchObject([
      ['m0 mtu', 'p0 mtu'],
      { mtu: 1300, alias: 'old', admin: 'up' },
      1300,
    ]);
    namespace.ip('link del m0');
    set('mtu 1500');
  });

  test.each(steps)('%s is back after a failed check, and again', async (_name, step, command) => {
    const folder = join(temporaryFolder(), 'confirm');
    const before = seen();
    const hold = await holding(folder, [step], 60);
    const outcome = await changeHeld(hold, {
      change: async () => void execFileSync('ip', ['-n', namespace.name, ...command]),
      check: async () => 'p0 has no link',
      signal,
    });
    expect([outcome.ended, seen()]).toEqual(['taken-back', before]);
    await hold.takeBack(signal);
    expect(seen()).toEqual(before);
  });
});
