/** Lines of `ip monitor`, and a watch of real links: with the kernel's messages, lost ones, and a monitor that is killed. */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventIn, lineSplitter, startMonitor } from '../../../../plugins/portsync/linux/monitor.ts';
import {
  type LinkEvent,
  linkSource,
  type LinkWatch,
  watchLinks,
} from '../../../../plugins/portsync/linux/watch-links.ts';
import { readLinks } from '../../../../plugins/portsync/linux/read-links.ts';
import { hasNamespaces, makeNamespace, type Namespace } from '../../../support/network-namespace.ts';
import fc from '../../../support/property.ts';

const ETHER = 'link/ether c2:50:11:2a:75:5f brd ff:ff:ff:ff:ff:ff';

describe('a line of a monitor', () => {
  test('is the state of a link', () => {
    const text = `2: v1@v0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1400 qdisc noqueue master br0 state LOWERLAYERDOWN group default \\    ${ETHER}\\    altname x`;
    expect(eventIn(text)).toEqual({
      what: 'seen',
      line: {
        index: 2,
        label: 'v1@v0',
        mtu: 1400,
        admin: 'up',
        oper: 'down',
        operState: 'LOWERLAYERDOWN',
        master: 'br0',
        group: 'default',
        address: 'c2:50:11:2a:75:5f',
      },
    });
    const another = `4: br0: <BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state UP group 7 event FEATURE CHANGE \\    ${ETHER}`;
    expect(eventIn(another)).toMatchObject({ line: { label: 'br0', oper: 'up', group: '7' } });
    expect(eventIn('9: t0: <POINTOPOINT> mtu 1500 qdisc noop state DOWN group default \\    link/none ')).toMatchObject(
      {
        line: { index: 9, admin: 'down', oper: 'down' },
      },
    );
  });

  test.each([
    ['Deleted 5: mv0@v1: <BROADCAST> mtu 1400 qdisc noop state DOWN group default ', { what: 'removed', index: 5 }],
    [
      'Deleted 5: a: <BROADCAST> mtu 1400 qdisc noop state DOWN group default new-netnsid 0 new-ifindex 5',
      { what: 'removed', index: 5 },
    ],
    // A port that leaves a bridge.
    [`Deleted 3: v0@v1: <BROADCAST,UP> mtu 1500 master br0 state UP \\    ${ETHER}`, undefined],
    ['Deleted 3: v0: <BROADCAST,UP> mtu 1500 qdisc noqueue master br0 state UP ', undefined],
    // A message of a bridge.
    [`3: v0@v1: <BROADCAST,UP> mtu 1500 master br0 state UP \\    ${ETHER}`, undefined],
    ['', undefined],
    ['    link/ether c2:50:11:2a:75:5f', undefined],
    ['x 3: v0: <UP> mtu 1500 qdisc noqueue state UP ', undefined],
  ])('%j is %j', (text, event) => {
    expect(eventIn(text)).toEqual(event);
  });

  test('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => void eventIn(text)),
      { numRuns: 50 },
    );
  });
});

test('chunks are split into the lines that a whole text has, without those that are too long', () => {
  const text = fc.stringMatching(/^[ab\n]{0,60}$/u);
  const property = fc.property(text, fc.array(fc.integer({ min: 0, max: 60 })), (whole, cuts) => {
    const heard: string[] = [];
    let tooLong = 0;
    const split = lineSplitter(
      5,
      (line) => heard.push(line),
      () => (tooLong += 1),
    );
    let at = 0;
    for (const cut of [...cuts.toSorted((a, b) => a - b), whole.length]) {
      split(whole.slice(at, cut));
      at = Math.max(at, cut);
    }
    const lines = whole.split('\n');
    const last = lines.pop() ?? '';
    expect(heard).toEqual(lines.filter((line) => line.length <= 5));
    expect(tooLong).toBe(lines.filter((line) => line.length > 5).length + (last.length > 5 ? 1 : 0));
  });
  fc.assert(property);
});

/** Processes with a text in their command line. */
function processesOf(text: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false;
      }
    });
}

/** Programs of the events. One that does not start, such as without a capability, leaves them to `ip`. */
const sources = [
  ['ip', '/bin/false'],
  ['socat', undefined],
] as const;

describe.runIf(hasNamespaces).each(sources)('a watch of real links by %s', (program, socat) => {
  let space: Namespace;
  const stop = new AbortController();
  const events: LinkEvent[] = [];
  let watch: LinkWatch;

  beforeAll(async () => {
    space = makeNamespace();
    space.batch([
      'link add v0 type veth peer name v1',
      'link add br0 type bridge',
      'link set v1 up',
      'link set br0 up',
    ]);
    watch = await watchLinks({
      source: linkSource({ namespace: space.name }, socat),
      onEvent: (event) => void events.push(event),
      signal: stop.signal,
      timing: { laterMs: 100, retryMs: 10 },
    });
  });
  afterAll(async () => {
    stop.abort();
    await watch.ended;
    space.remove();
  });

  const until = async (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> => {
    const deadline = Date.now() + 60_000;
    while (!(await isSo())) {
      if (Date.now() > deadline) throw new Error(`not seen: ${what}`);
      await sleep(5);
    }
  };
  const named = (name: string) => [...watch.links().values()].find((link) => link.name === name);
  const isRight = async (): Promise<boolean> => {
    const { links } = await readLinks({ namespace: space.name }, stop.signal);
    return isDeepStrictEqual(new Map(links.map((link) => [link.index, link])), new Map(watch.links()));
  };
  /** The process of the monitor: a child of this one. */
  const monitor = (): number => {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
    const words = program === 'ip' ? `${space.name}\0-o\0monitor` : 'SOCKET-DATAGRAM';
    const found = processesOf(words).filter((pid) => children.includes(String(pid)));
    expect(found).toHaveLength(1);
    return found[0] ?? 0;
  };

  test('sees changes, members that leave, and links that come and go', async () => {
    space.ip('link set v0 up');
    await until('v0 up', () => named('v0')?.oper === 'up' && named('v1')?.oper === 'up');
    space.ip('link set v0 mtu 1400');
    await until('MTU', () => named('v0')?.mtu === 1400);
    space.ip('link set v0 master br0');
    await until('master', () => named('v0')?.master?.kind === 'bridge');
    space.ip('link set v0 nomaster');
    await until('no master', () => named('v0') !== undefined && named('v0')?.master === undefined);
    space.ip('link set v1 name w1');
    await until('name', () => named('w1') !== undefined && named('v1') === undefined);
    space.ip('link add i0 type ifb');
    await until('new link', () => named('i0')?.kind === 'ifb');
    space.ip('link delete i0');
    await until('deleted link', () => named('i0') === undefined);
    space.ip('link set w1 alias uplink');
    await until('alias', () => named('w1')?.alias === 'uplink');
    await until('all', isRight);
    expect(events.some(({ what }) => what === 'lost')).toBe(false);
  });

  test('sees a link that moves to another namespace, and comes back', async () => {
    const other = makeNamespace();
    try {
      space.ip('link add i1 type ifb');
      await until('new link', () => named('i1') !== undefined);
      space.ip(`link set i1 netns ${other.name}`);
      await until('link that moved', () => named('i1') === undefined);
      other.ip(`link set i1 netns ${space.name}`);
      await until('link that came back', () => named('i1') !== undefined);
      await until('all', isRight);
    } finally {
      other.remove();
    }
  });

  test('recovers from events that the kernel dropped', { timeout: 120_000 }, async () => {
    const pid = monitor();
    const many = Array.from({ length: 1500 }, (_, i) => `link add many${i} type ifb`);
    process.kill(pid, 'SIGSTOP');
    try {
      space.batch(many);
      // The buffer of ip is 1 MB, and that of socat 16 MB.
      for (let round = program === 'ip' ? 2 : 20; round > 0; round -= 1)
        space.batch(many.map((_, index) => `link set many${index} mtu ${1300 + round}`));
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    // A full buffer ends socat.
    const why = program === 'ip' ? /buffer/u : /buffer|ended with code/u;
    await until('lost', () => events.some((event) => event.what === 'lost' && why.test(event.why)));
    await until('all', isRight);
    expect(named('many1499')?.mtu).toBe(1301);
  });

  test('starts a monitor that was killed again', async () => {
    process.kill(monitor(), 'SIGKILL');
    await until('lost', () => events.some((event) => event.what === 'lost' && event.why === 'it was ended by SIGKILL'));
    space.ip('link set v0 mtu 1350');
    await until('all', isRight);
    const { length } = events;
    space.ip('link set v0 mtu 1300');
    await until('MTU', () => named('v0')?.mtu === 1300);
    expect(events.slice(length)).toContainEqual(expect.objectContaining({ what: 'changed', fields: ['mtu'] }));
  });
});

describe.runIf(hasNamespaces)('a monitor', () => {
  const { signal } = new AbortController();

  test('has every change since its start', async () => {
    const space = makeNamespace();
    try {
      for (let round = 0; round < 10; round += 1) {
        const seen: number[] = [];
        const monitor = await startMonitor(
          { namespace: space.name },
          (event) => {
            if (event.what === 'seen') seen.push(event.line.mtu);
          },
          signal,
        );
        space.ip(`link set lo mtu ${1000 + round}`);
        const deadline = Date.now() + 20_000;
        while (!seen.includes(1000 + round) && Date.now() < deadline) await sleep(2);
        monitor.stop();
        expect(seen).toEqual([1000 + round]);
      }
    } finally {
      space.remove();
    }
  });

  test('has a change that comes while `ip` would still read the list of many links', async () => {
    const space = makeNamespace();
    try {
      space.batch(Array.from({ length: 300 }, (_, i) => `link add v${i} type veth peer name w${i}`));
      for (let round = 0; round < 5; round += 1) {
        const seen: number[] = [];
        const monitor = await startMonitor(
          { namespace: space.name },
          (event) => {
            if (event.what === 'seen') seen.push(event.line.mtu);
          },
          signal,
        );
        space.ip(`link set lo mtu ${1000 + round}`);
        const deadline = Date.now() + 20_000;
        while (!seen.includes(1000 + round) && Date.now() < deadline) await sleep(2);
        monitor.stop();
        expect(seen).toEqual([1000 + round]);
      }
    } finally {
      space.remove();
    }
  });

  test('ends with the process that started it', async () => {
    const space = makeNamespace();
    try {
      const script = `
        import { startMonitor } from '${import.meta.dirname}/../../../../plugins/portsync/linux/monitor.ts';
        await startMonitor({ namespace: '${space.name}' }, () => {}, new AbortController().signal);
        process.exit(0);`;
      const ran = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
      expect(ran).toMatchObject({ status: 0, stderr: '' });
      expect(processesOf(`${space.name}\0-o\0monitor`)).toEqual([]);
    } finally {
      space.remove();
    }
  });

  test('that cannot start says why', async () => {
    await expect(startMonitor({ namespace: 'nowhere' }, () => {}, signal)).rejects.toThrow(
      'the network namespace nowhere does not exist',
    );
  });
});
