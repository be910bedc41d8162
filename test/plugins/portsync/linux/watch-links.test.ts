/** A watch of links ends at what the kernel says, after any loss of events, failed dump and end of a monitor. */

import { describe, expect, test } from 'vitest';
import type { LinkSeen } from '../../../../plugins/portsync/linux/link.ts';
import {
  type LinkEvent,
  type LinkSource,
  type LinkWatch,
  watchLinks,
} from '../../../../plugins/portsync/linux/watch-links.ts';
import { SimulatedLinks, simulatedLink, turn } from '../../../support/simulated-links.ts';
import fc from '../../../support/property.ts';

const timing = { laterMs: 0, retryMs: 1 };

interface Watched extends LinkWatch {
  readonly kernel: SimulatedLinks;
  readonly events: LinkEvent[];
  readonly stop: () => Promise<void>;
}

async function watched(kernel: SimulatedLinks, source = kernel.source): Promise<Watched> {
  const stop = new AbortController();
  const events: LinkEvent[] = [];
  const options = {
    source,
    onEvent: (event: LinkEvent) => void events.push(event),
    signal: stop.signal,
  };
  const watch = await watchLinks({ ...options, timing });
  const end = async (): Promise<void> => {
    stop.abort();
    await watch.ended;
  };
  return { ...watch, kernel, events, stop: end };
}

function kernelWith(...links: readonly LinkSeen[]): SimulatedLinks {
  const kernel = new SimulatedLinks();
  for (const link of links) kernel.set(link.index, link);
  return kernel;
}

/** Delivers events until the table is the kernel's, or for a long time. */
async function settled({ kernel, links }: Watched): Promise<void> {
  for (let turns = 0; turns < 3000; turns += 1) {
    kernel.deliver();
    await turn();
    if (turns > 50 && isSame(links(), kernel.links)) return;
    if (turns % 100 === 99) await new Promise((resolve) => void setTimeout(resolve, 5));
  }
}

function isSame(a: ReadonlyMap<number, LinkSeen>, b: ReadonlyMap<number, LinkSeen>): boolean {
  return a.size === b.size && [...a].every(([index, link]) => JSON.stringify(link) === JSON.stringify(b.get(index)));
}

/** The table that the events of a watch give. */
function replayed(events: readonly LinkEvent[]): Map<number, LinkSeen> {
  const table = new Map<number, LinkSeen>();
  for (const event of events) {
    if (event.what === 'synced' || event.what === 'lost') continue;
    const before = table.get(event.link.index);
    if (event.what === 'appeared') expect(before).toBeUndefined();
    else expect(before).toEqual(event.what === 'changed' ? event.before : event.link);
    if (event.what === 'removed') table.delete(event.link.index);
    else table.set(event.link.index, event.link);
  }
  return table;
}

describe('a watch', () => {
  test('begins with every link, and the end of the dump', async () => {
    const watch = await watched(kernelWith(simulatedLink(1), simulatedLink(2)));
    expect(watch.events).toEqual([
      { what: 'appeared', link: simulatedLink(1) },
      { what: 'appeared', link: simulatedLink(2) },
      { what: 'synced', isMerged: false },
    ]);
    await watch.stop();
  });

  test('reports a change with its fields, without another dump', async () => {
    const watch = await watched(kernelWith(simulatedLink(1)));
    watch.kernel.set(1, { mtu: 1500 });
    watch.kernel.deliver();
    expect(watch.events.at(-1)).toEqual({
      what: 'changed',
      link: simulatedLink(1, { mtu: 1500 }),
      before: simulatedLink(1),
      fields: ['mtu'],
    });
    watch.kernel.delete(1);
    watch.kernel.deliver();
    expect(watch.events.at(-1)).toEqual({ what: 'removed', link: simulatedLink(1, { mtu: 1500 }) });
    expect(watch.kernel.dumps).toBe(1);
    await watch.stop();
  });

  test('dumps for a new link, and for what a line does not show', async () => {
    const watch = await watched(kernelWith(simulatedLink(1)));
    watch.kernel.set(2, { kind: 'vlan' });
    watch.kernel.set(1, { alias: 'uplink' });
    await settled(watch);
    expect(watch.links().get(2)?.kind).toBe('vlan');
    expect(watch.links().get(1)?.alias).toBe('uplink');
    await watch.stop();
  });

  test('keeps the events that came during a dump', async () => {
    const watch = await watched(kernelWith(simulatedLink(1), simulatedLink(2), simulatedLink(3)));
    watch.kernel.set(4);
    watch.kernel.deliver();
    // The dump has read the first link.
    for (let turns = 0; turns < 2; turns += 1) await turn();
    watch.kernel.set(1, { mtu: 1500 });
    watch.kernel.delete(2);
    watch.kernel.deliver();
    while (watch.kernel.dumps < 2) await turn();
    await turn();
    expect(watch.links().get(1)?.mtu).toBe(1500);
    expect(watch.links().has(2)).toBe(false);
    expect(watch.links().has(4)).toBe(true);
    await watch.stop();
  });

  test('dumps after lost events, and starts a monitor that ended again', async () => {
    const watch = await watched(kernelWith(simulatedLink(1), simulatedLink(2)));
    watch.kernel.set(1, { mtu: 1500 });
    watch.kernel.delete(2);
    watch.kernel.overrun();
    await settled(watch);
    expect(watch.links()).toEqual(watch.kernel.links);
    watch.kernel.end();
    watch.kernel.set(1, { mtu: 1400 });
    await settled(watch);
    watch.kernel.set(1, { mtu: 1300 });
    await settled(watch);
    expect(watch.links()).toEqual(watch.kernel.links);
    const lost = watch.events.filter(({ what }) => what === 'lost');
    expect(lost).toEqual([
      { what: 'lost', why: 'too many events' },
      { what: 'lost', why: 'it was ended' },
    ]);
    await watch.stop();
  });

  test('does not wait for a consistent dump for ever: it merges the third one', async () => {
    const kernel = kernelWith(simulatedLink(1), simulatedLink(2), simulatedLink(3));
    const { dump } = kernel.source;
    const source: LinkSource = {
      ...kernel.source,
      dump: async (signal) => ({ ...(await dump(signal)), isConsistent: false }),
    };
    const watch = await watched(kernel, source);
    expect(watch.events.at(-1)).toEqual({ what: 'synced', isMerged: true });
    expect(kernel.dumps).toBe(3);
    await watch.stop();
  });

  test('does not take a link that an inconsistent dump left out for removed', async () => {
    const kernel = kernelWith(simulatedLink(1), simulatedLink(2));
    let isPartial = false;
    const { dump } = kernel.source;
    const source: LinkSource = {
      ...kernel.source,
      dump: async (signal) => {
        const { links } = await dump(signal);
        return isPartial ? { links: links.slice(0, 1), isConsistent: false } : { links, isConsistent: true };
      },
    };
    const watch = await watched(kernel, source);
    isPartial = true;
    kernel.set(3);
    kernel.deliver();
    for (let turns = 0; turns < 50; turns += 1) await turn();
    expect(kernel.dumps).toBeGreaterThan(3);
    expect(watch.links().has(2)).toBe(true);
    expect(watch.events.some(({ what }) => what === 'removed')).toBe(false);
    await watch.stop();
  });

  test('goes on after dumps that fail, and throws if the first one does', async () => {
    const watch = await watched(kernelWith(simulatedLink(1)));
    watch.kernel.failures = 3;
    watch.kernel.set(2);
    await settled(watch);
    expect(watch.links()).toEqual(watch.kernel.links);
    expect(watch.events.filter(({ what }) => what === 'lost')).toHaveLength(3);
    await watch.stop();
    const kernel = kernelWith();
    kernel.failures = 1;
    await expect(watched(kernel)).rejects.toThrow('the dump failed');
  });

  test('does not believe lines once an alternative name could forge them', async () => {
    const watch = await watched(kernelWith(simulatedLink(1), simulatedLink(2, { altnames: ['x\n1: Ethernet1: <'] })));
    const { dumps } = watch.kernel;
    watch.kernel.set(1, { mtu: 1500 });
    watch.kernel.deliver();
    expect(watch.links().get(1)?.mtu).toBe(9100);
    await settled(watch);
    expect(watch.links().get(1)?.mtu).toBe(1500);
    expect(watch.kernel.dumps).toBeGreaterThan(dumps);
    await watch.stop();
  });
});

type Step = readonly [what: string, index: number, value: number];

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('turn', 'deliver') },
    { weight: 3, arbitrary: fc.constantFrom('mtu', 'oper', 'alias', 'master', 'rename', 'delete') },
    { weight: 1, arbitrary: fc.constantFrom('deliver-one', 'overrun', 'end', 'fail') },
  ),
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 0, max: 3 }),
);

async function take(kernel: SimulatedLinks, [what, index, value]: Step): Promise<void> {
  if (what === 'mtu') kernel.set(index, { mtu: 1500 + value });
  else if (what === 'oper')
    kernel.set(index, value % 2 === 0 ? { oper: 'up', operState: 'UP' } : { oper: 'down', operState: 'DOWN' });
  else if (what === 'alias') kernel.set(index, { alias: `a${value}` });
  else if (what === 'master') kernel.set(index, { master: { name: `bond${value}`, kind: 'bond' } });
  else if (what === 'rename') kernel.set(index, { name: ['e@1', 'e', 'e@1@2', 'eth'][value] ?? 'e' });
  else if (what === 'delete') kernel.delete(index);
  else if (what === 'deliver') kernel.deliver();
  else if (what === 'deliver-one') kernel.deliver(1);
  else if (what === 'overrun') kernel.overrun();
  else if (what === 'end') kernel.end();
  else if (what === 'fail') kernel.failures += 1;
  else await turn();
}

test('any order of changes, deliveries, losses, ends and failures ends at what the kernel says', async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
    const watch = await watched(kernelWith(simulatedLink(1), simulatedLink(2)));
    for (const each of steps) await take(watch.kernel, each);
    await settled(watch);
    expect([...watch.links().values()]).toEqual(expect.arrayContaining([...watch.kernel.links.values()]));
    expect(watch.links().size).toBe(watch.kernel.links.size);
    expect(replayed(watch.events)).toEqual(new Map(watch.links()));
    await watch.stop();
  });
  await fc.assert(property, { numRuns: 200 });
});
