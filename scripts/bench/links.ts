/** Links of a Linux host: a dump to facts against `ip` alone, and changes of many callers against one plain batch. */

import { execFileSync } from 'node:child_process';
import { openBatch } from '../../plugins/portsync/linux/batch.ts';
import { stepWords } from '../../plugins/portsync/linux/link-step.ts';
import { dumpLinks } from '../../plugins/portsync/linux/read-links.ts';
import { hasNamespaces, makeNamespace, type Namespace } from '../../test/support/network-namespace.ts';
import { median } from './measure.ts';
import { fixed, ratioRow, type Row } from './rows.ts';

const LINKS = 9000;
const ROUNDS = 7;
const MTU_ROUNDS = 3;
/** More than `ip` prints of 9,000 links. */
const MOST_BYTES = 1 << 28;
const never = new AbortController().signal;

/** Milliseconds of two kinds of work, in turns. */
async function inTurns(rounds: number, first: () => Promise<void> | void, second: () => Promise<void> | void) {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round += 1)
    for (const [i, work] of [first, second].entries()) {
      const began = performance.now();
      await work();
      // The first round does not count.
      if (round > 0) times[i]?.push(performance.now() - began);
    }
  return times.map(median);
}

async function dumpRow({ name }: Namespace): Promise<Row> {
  const args = ['-n', name, '-j', '-d', 'link', 'show'];
  const [alone = 0, facts = 0] = await inTurns(
    ROUNDS,
    () => void execFileSync('ip', args, { maxBuffer: MOST_BYTES }),
    async () => {
      const { links } = await dumpLinks({ namespace: name }, never);
      if (links.length !== LINKS + 1) throw new Error(`${links.length} links instead of ${LINKS + 1}`);
    },
  );
  const detail = `${fixed(facts)} ms over ${fixed(alone)} ms, medians of ${ROUNDS}`;
  return ratioRow('dump of 9,000 links to facts over ip -j -d link', 2, facts / alone, detail);
}

async function mtuRow(space: Namespace): Promise<Row> {
  const names = Array.from({ length: LINKS }, (_, i) => `i${i}`);
  let mtu = 1000;
  const [alone = 0, shared = 0] = await inTurns(
    MTU_ROUNDS,
    () => {
      mtu += 1;
      space.batch(names.map((name) => `link set dev ${name} mtu ${mtu}`));
    },
    async () => {
      mtu += 1;
      const batch = openBatch({ namespace: space.name }, never);
      await Promise.all(names.map((link) => batch.change(stepWords({ what: 'mtu', link, to: mtu }))));
    },
  );
  const detail = `${fixed(shared)} ms over ${fixed(alone)} ms, medians of ${MTU_ROUNDS}`;
  return ratioRow('9,000 MTUs of callers that share a batch over one ip -batch', 1.5, shared / alone, detail);
}

/** Needs root. */
export async function linksRows(): Promise<readonly Row[]> {
  if (!hasNamespaces) throw new Error('network namespaces need Linux and root');
  const space = makeNamespace();
  try {
    space.batch(Array.from({ length: LINKS }, (_, i) => `link add i${i} type ifb`));
    return [await dumpRow(space), await mtuRow(space)];
  } finally {
    space.remove();
  }
}
