/** `fettle state …`: what is remembered. */

import { formatRef, parseRef } from '../engine/ref.ts';
import type { Memory } from '../engine/types.ts';
import { columnWidth, printable } from '../report/text.ts';
import type { Shell } from '../shell.ts';
import { type Flags, UsageError, withinOf } from './flags.ts';
import { openConfig, openStore, recallFrom } from './session.ts';

async function memories(flags: Flags, shell: Shell): Promise<ReadonlyMap<string, Memory>> {
  const store = await openStore(await openConfig(flags, shell), shell);
  const { recall, report } = await recallFrom(store);
  if (report.status === 'none') shell.stderr.write(`there is no log at ${store.place}\n`);
  if (report.status === 'damaged')
    shell.stderr.write('warning: the log is damaged, its sound beginning is used; see `fettle log verify`\n');
  await store.close();
  return new Map([...recall.resources].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function marks(memory: Memory): string {
  return [
    memory.owned ?? 'not ours',
    ...(memory.protect === true ? ['protected'] : []),
    ...(memory.unknown === true ? ['unknown'] : []),
    ...(memory.open === undefined ? [] : [`open: ${memory.open.step}`]),
    ...(memory.failures === undefined ? [] : [`${memory.failures} failed`]),
  ].join(', ');
}

export async function stateList(flags: Flags, shell: Shell): Promise<number> {
  const within = withinOf(flags);
  const shown = [...(await memories(flags, shell))].filter(([address]) => within?.(address) ?? true);
  if (flags.format === 'json') {
    for (const [address, memory] of shown) shell.stdout.write(`${JSON.stringify({ address, ...memory })}\n`);
    return 0;
  }
  const width = columnWidth(
    shown.map(([address]) => address),
    56,
  );
  const states = columnWidth(
    shown.map(([, { state }]) => state ?? '-'),
    24,
  );
  for (const [address, memory] of shown)
    shell.stdout.write(
      `${printable(address).padEnd(width)}  ${(memory.state ?? '-').padEnd(states)}  ${memory.since ?? '-'}  ${marks(memory)}\n`,
    );
  return 0;
}

export async function stateShow(address: string, flags: Flags, shell: Shell): Promise<number> {
  const ref = parseRef(address);
  if (ref === undefined) throw new UsageError(`"${address}" is no address; it looks like certificates/Certificate/www`);
  const known = await memories(flags, shell);
  const memory = known.get(formatRef(ref));
  if (memory === undefined)
    throw new UsageError(`nothing is remembered of ${formatRef(ref)}; \`fettle state list\` names what is`);
  shell.stdout.write(`${JSON.stringify(memory, null, flags.format === 'json' ? undefined : 2)}\n`);
  return 0;
}
