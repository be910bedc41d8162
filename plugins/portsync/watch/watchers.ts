/** The watchers of `fettle serve`: one for each declared Switch that is not a snapshot, over its declared and recorded ports. */

import { type Desired, formatRef, type Ref, type Watcher, type WatchRun, type WatchScope } from '#plugin';
import type { SwitchSpec } from '../generated.ts';
import { switchRef } from '../kinds.ts';
import { worldOf } from '../switch/target.ts';
import type { PortsyncReader } from '../world.ts';

async function watchSwitch(
  world: PortsyncReader,
  { ref: ofSwitch, spec }: Desired<SwitchSpec>,
  ports: readonly Ref[],
  { signal, sees, blind, changed }: WatchRun,
): Promise<void> {
  const byName = new Map(ports.map((ref) => [ref.name, ref]));
  await world.watch(spec, {
    signal,
    sees,
    blind,
    // A port is reached through its Switch, which is refreshed with it.
    changed: (names) => {
      const own = [...names].flatMap((name) => byName.get(name) ?? []);
      if (own.length > 0) changed([ofSwitch, ...own]);
    },
  });
}

export function watchersOf({ desired, memory }: WatchScope): readonly Watcher<PortsyncReader>[] {
  const known = [...desired, ...memory].map(({ ref }) => ref).filter(({ kind }) => kind === 'Port');
  const ports = Map.groupBy(new Map(known.map((ref) => [formatRef(ref), ref])).values(), (ref) =>
    formatRef(switchRef(ref)),
  );
  const switches = desired.filter(({ ref }) => ref.kind === 'Switch') as readonly Desired<SwitchSpec>[];
  return switches.flatMap((each) => {
    const { ref, spec } = each;
    const world = worldOf(spec);
    if (world === undefined || world === 'snapshot') return [];
    const own = ports.get(formatRef(ref)) ?? [];
    return {
      name: `Switch ${ref.name}`,
      covers: [ref, ...own],
      watch: (reader, run) => watchSwitch(reader, each, own, run),
    };
  });
}
