/** Changes of real links in one batch, each with its own result, and words that cannot be more than one. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isUnknownOutcome } from '../../../../src/plugin/errors.ts';
import { failuresIn, MOST_LINES, openBatch } from '../../../../plugins/portsync/linux/batch.ts';
import { batchLine, wordMistake } from '../../../../plugins/portsync/linux/batch-line.ts';
import { type IpRun, runIp } from '../../../../plugins/portsync/linux/ip.ts';
import { aliasMistake, linkNameMistake, stepWords } from '../../../../plugins/portsync/linux/link-step.ts';
import { readLinks } from '../../../../plugins/portsync/linux/read-links.ts';
import { hasNamespaces, makeNamespace, type Namespace } from '../../../support/network-namespace.ts';
import fc from '../../../support/property.ts';

const never = new AbortController().signal;

describe.runIf(hasNamespaces)('a batch', () => {
  let space: Namespace;
  const host = () => ({ namespace: space.name });
  const link = async (name: string) => {
    const { links } = await readLinks(host(), never);
    return links.find((each) => each.name === name);
  };

  beforeAll(() => {
    space = makeNamespace();
    space.batch(Array.from({ length: 600 }, (_, i) => `link add i${i} type ifb`));
  });
  afterAll(() => space.remove());

  test('makes every change, and each caller gets the result of its own', async () => {
    const processes: number[] = [];
    const batch = openBatch(host(), never, (run: IpRun) => {
      processes.push((run.input ?? '').split('\n').length - 1);
      return runIp(run);
    });
    const names = Array.from({ length: 600 }, (_, i) => (i % 7 === 0 ? `none${i}` : `i${i}`));
    const results = await Promise.allSettled(
      names.map((name, i) => batch.change(stepWords({ what: 'mtu', link: name, to: 1000 + i }))),
    );
    results.forEach((result, i) => {
      if (i % 7 !== 0) expect(result).toEqual({ status: 'fulfilled', value: undefined });
      else
        expect(String((result as PromiseRejectedResult).reason)).toBe(
          `OutsideError: "ip link set dev none${i} mtu ${1000 + i}" failed in the network namespace ${space.name}: Cannot find device "none${i}". Correct the value, or the link`,
        );
    });
    expect(processes).toEqual([600]);
    const { links } = await readLinks(host(), never);
    const mtus = new Map(links.map(({ name, mtu }) => [name, mtu]));
    names.forEach((_, i) => expect(mtus.get(`i${i}`)).toBe(i % 7 === 0 ? 1500 : 1000 + i));
  });

  test('sets every field', async () => {
    const batch = openBatch(host(), never);
    space.ip('link add v0 type veth peer name v1');
    const words = [
      stepWords({ what: 'alias', link: 'v0', to: "it's up" }),
      stepWords({ what: 'queueLength', link: 'v0', to: 77 }),
      stepWords({ what: 'address', link: 'v0', to: '02:00:00:00:00:09' }),
      stepWords({ what: 'name', link: 'v0', to: 'a"b' }),
      stepWords({ what: 'admin', link: 'a"b', to: 'up' }),
    ];
    for (const each of words) await batch.change(each);
    expect(await link('a"b')).toMatchObject({
      alias: "it's up",
      queueLength: 77,
      address: '02:00:00:00:00:09',
      admin: 'up',
    });
    await batch.change(stepWords({ what: 'alias', link: 'a"b', to: '' }));
    expect(await link('a"b')).not.toHaveProperty('alias');
  });

  test('is cut into processes, and each of them has its own numbers of lines', async () => {
    const processes: number[] = [];
    const batch = openBatch(host(), never, (run: IpRun) => {
      processes.push((run.input ?? '').split('\n').length - 1);
      return runIp(run);
    });
    const most = 2 * MOST_LINES + 10;
    const isWrong = (i: number): boolean => i % MOST_LINES === 3 || i === most - 1;
    const all = Array.from({ length: most }, (_, i) =>
      batch.change(stepWords({ what: 'mtu', link: isWrong(i) ? 'none' : 'i9', to: 1000 + (i % 100) })),
    );
    const results = await Promise.allSettled(all);
    expect(results.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))).toEqual(
      results.flatMap((_, i) => (isWrong(i) ? [i] : [])),
    );
    expect(processes).toEqual([MOST_LINES, MOST_LINES, 10]);
  });

  test('keeps the order of one caller and of several', async () => {
    const batch = openBatch(host(), never);
    const all = [1300, 1301, 1302].map((to) => batch.change(stepWords({ what: 'mtu', link: 'i2', to })));
    await sleep(1);
    all.push(batch.change(stepWords({ what: 'mtu', link: 'i2', to: 1303 })));
    await Promise.all(all);
    expect((await link('i2'))?.mtu).toBe(1303);
  });

  test('changes the link that has the name now, although another one had it before', async () => {
    const batch = openBatch(host(), never);
    await batch.change(stepWords({ what: 'mtu', link: 'i3', to: 1400 }));
    space.batch(['link set i3 name old', 'link set i4 name i3']);
    await batch.change(stepWords({ what: 'mtu', link: 'i3', to: 1401 }));
    expect((await link('old'))?.mtu).toBe(1400);
    expect((await link('i3'))?.mtu).toBe(1401);
    // All at once.
    const names = [
      ['i6', 'other'],
      ['i7', 'i6'],
      ['other', 'i7'],
    ] as const;
    const all = [
      batch.change(stepWords({ what: 'mtu', link: 'i6', to: 1406 })),
      batch.change(stepWords({ what: 'mtu', link: 'i7', to: 1407 })),
      ...names.map(([name, to]) => batch.change(stepWords({ what: 'name', link: name, to }))),
      batch.change(stepWords({ what: 'queueLength', link: 'i6', to: 7 })),
    ];
    await Promise.all(all);
    expect(await link('i6')).toMatchObject({ mtu: 1407, queueLength: 7 });
    expect(await link('i7')).toMatchObject({ mtu: 1406, queueLength: 32 });
  });

  test('writes any alias that it does not refuse, and nothing else', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', ' ', '\\', '"', "'", '\t', '$', ';', '-', 'é', '\u0001'),
      maxLength: 12,
    });
    const property = fc.asyncProperty(text, fc.constantFrom('', '\\', ' \\'), async (start, end) => {
      const alias = start + end;
      const batch = openBatch(host(), never);
      const both = Promise.allSettled([
        batch.change(stepWords({ what: 'alias', link: 'i5', to: alias })),
        batch.change(stepWords({ what: 'mtu', link: 'i5', to: 1234 })),
      ]);
      const [first, second] = await both;
      expect(second).toMatchObject({ status: 'fulfilled' });
      if (wordMistake(alias) !== undefined) expect(first).toMatchObject({ status: 'rejected' });
      else expect((await link('i5'))?.alias ?? '').toBe(alias);
    });
    await fc.assert(property, { numRuns: 60 });
  });

  test('that is ended has an unknown outcome', async () => {
    const stop = new AbortController();
    const batch = openBatch(host(), stop.signal, (run) => {
      stop.abort();
      return runIp(run);
    });
    const error: unknown = await batch.change(['link', 'set', 'dev', 'lo', 'up']).catch((reason: unknown) => reason);
    expect(isUnknownOutcome(error)).toBe(true);
    const late = openBatch(host(), never, () => Promise.resolve({ how: 'late' }));
    const lateError: unknown = await late.change(['link']).catch((reason: unknown) => reason);
    expect(isUnknownOutcome(lateError)).toBe(true);
  });

  test('in a namespace that does not exist fails with one reason for all', async () => {
    const batch = openBatch({ namespace: 'nowhere' }, never);
    const all = [1, 2].map(() => batch.change(['link', 'set', 'dev', 'lo', 'up']));
    for (const result of await Promise.allSettled(all))
      expect(String((result as PromiseRejectedResult).reason)).toContain(
        'the network namespace nowhere does not exist',
      );
  });
});

test('failures are matched to their lines', () => {
  const stderr =
    'Error: mtu greater than device maximum.\nCommand failed -:2\nCannot find device "x"\nhint\nCommand failed -:10\nnote\n';
  expect(failuresIn(stderr)).toEqual(
    new Map([
      [2, 'Error: mtu greater than device maximum.'],
      [10, 'Cannot find device "x" hint'],
    ]),
  );
});

test.each(['a\nb', 'a\rb', 'a\0b', 'a#b', `a'b"c`])('the word %j is refused', (word) => {
  expect(() => batchLine(['link', 'set', 'dev', 'eth0', 'alias', word])).toThrow(
    'so it cannot be part of a batch of ip',
  );
});

test.each([
  [['a', 'b c'], 'a "b c"'],
  [['a"b'], `'a"b'`],
  [["a'b"], `"a'b"`],
  [[''], '""'],
  [['a\\'], '"a\\"'],
  [['-x'], '-x'],
])('the words %j are the line %j', (words, line) => {
  expect(batchLine(words)).toBe(line);
});

test.each([
  ['', 'is not the name of a link'],
  ['..', 'is not the name of a link'],
  ['a b', 'white space'],
  ['a/b', 'white space'],
  ['a:b', 'white space'],
  ['a\u0001', 'control character'],
  ['abcdefghijklmnop', 'more than 15 bytes'],
  ['éééééééé', 'more than 15 bytes'],
  ['Ethernet0', undefined],
  ['abcdefghijklmno', undefined],
])('the mistake of the link name %j is %j', (name, mistake) => {
  if (mistake === undefined) expect(linkNameMistake(name)).toBeUndefined();
  else expect(linkNameMistake(name)).toContain(mistake);
});

test('an alias has at most 255 bytes', () => {
  expect(aliasMistake('é'.repeat(127))).toBeUndefined();
  expect(aliasMistake('é'.repeat(128))).toBe('has more than 255 bytes');
});
