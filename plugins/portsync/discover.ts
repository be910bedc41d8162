/** Discover: the ports of the declared Switches that no document declares; without a Switch, those of this machine. */

import {
  type Desired,
  type Discovered,
  type Discovery,
  errorText,
  formatRef,
  type Found,
  type Gap,
  type PassedOver,
} from '#plugin';
import { PLUGIN } from './facts.ts';
import type { SwitchSpec } from './generated.ts';
import { portRef } from './kinds.ts';
import { type PortField, specOfRow } from './model/fields.ts';
import { targetText } from './switch/target.ts';
import type { PortsyncReader, PortSeen } from './world.ts';

/** The name of the Switch in documents for this machine. */
const THIS_MACHINE = 'this-switch';

/** Fields that belong to one device, and to no declaration. */
const NOT_DECLARED: ReadonlySet<PortField> = new Set(['core_id', 'core_port_id', 'num_voq', 'asic_port_name']);

function foundPort(name: string, port: string, { facts }: PortSeen): Found {
  const { spec } = specOfRow(facts.row);
  const declared = Object.fromEntries(Object.entries(spec).filter(([field]) => !NOT_DECLARED.has(field as PortField)));
  const lists = facts.lists ?? [];
  return {
    ref: portRef(name, port),
    spec: declared,
    notes: lists.map((field) => `CONFIG_DB has ${field} as a list, which the switch does not read`),
  };
}

interface Asked {
  readonly name: string;
  readonly spec: SwitchSpec;
  /** True if the Switch is to be declared too. */
  readonly isNew: boolean;
}

/** The declared Switches; without one, this machine: its databases, or else its links. */
async function askedSwitches(world: PortsyncReader, { desired, signal }: Discovery): Promise<readonly Asked[]> {
  const declared = desired.filter(({ ref }) => ref.kind === 'Switch') as readonly Desired<SwitchSpec>[];
  if (declared.length > 0) return declared.map(({ ref, spec }) => ({ name: ref.name, spec, isNew: false }));
  const local: SwitchSpec = { sonic: { local: true }, management: [] };
  const isSonic = await world.look({ name: THIS_MACHINE, spec: local, ports: new Set(), signal }).then(
    () => true,
    () => false,
  );
  return [{ name: THIS_MACHINE, spec: isSonic ? local : { linux: {}, management: [] }, isNew: true }];
}

export async function discover(world: PortsyncReader, discovery: Discovery): Promise<Discovered> {
  const { desired, memory, signal, progress } = discovery;
  const known = new Set([...desired, ...memory].map(({ ref }) => formatRef(ref)));
  const found: Found[] = [];
  const passed: PassedOver[] = [];
  const gaps: Gap[] = [];
  const switches = await askedSwitches(world, discovery);
  for (const [i, { name, spec, isNew }] of switches.entries()) {
    progress(i, switches.length);
    const ref = { plugin: PLUGIN, kind: 'Switch', name };
    try {
      const seen = await world.look({ name, spec, signal });
      if (seen.unread !== undefined) {
        gaps.push({ plugin: PLUGIN, refs: [ref], endpoint: targetText(spec), message: `the switch ${seen.unread}` });
        continue;
      }
      if (isNew) {
        const { management: _management, ...target } = spec;
        found.push({ ref, spec: target, notes: [] });
      }
      for (const [port, each] of seen.ports) {
        if (known.has(formatRef(portRef(name, port)))) passed.push({ what: port, why: 'is declared already' });
        else found.push(foundPort(name, port, each));
      }
    } catch (error) {
      signal.throwIfAborted();
      gaps.push({ plugin: PLUGIN, refs: [ref], endpoint: targetText(spec), message: errorText(error) });
    }
  }
  return { found, passed, gaps };
}
