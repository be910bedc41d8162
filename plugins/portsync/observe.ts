/**
 * Refreshes every switch with its ports, one connection for each.
 *
 * A switch that cannot be reached is a gap over itself and its ports, and so is a CONFIG_DB that is not fully loaded.
 */

import {
  defined,
  type Desired,
  errorText,
  formatRef,
  type Gap,
  type Instant,
  type Memory,
  type Query,
  type Ref,
  type Sighting,
  type View,
} from '#plugin';
import { forEachOf } from '#plugin/limit';
import { asJson, PLUGIN } from './facts.ts';
import type { SwitchMemory, SwitchSpec } from './generated.ts';
import { switchRef } from './kinds.ts';
import { type Surroundings, surroundingsData } from './switch/surroundings.ts';
import { managementOf, recordedSpec, targetText } from './switch/target.ts';
import type { PortsyncReader, SwitchSeen } from './world.ts';

/** Switches that are read at once. */
const SWITCHES_AT_ONCE = 16;

/** One switch with the ports to refresh. */
interface Part {
  readonly ref: Ref;
  readonly spec: SwitchSpec | undefined;
  readonly ports: Map<string, Ref>;
  /** False for a Switch of the state alone. */
  readonly isDeclared: boolean;
  /** The applied safety inputs. */
  readonly applied: Memory['safety'];
  /** True if every port is read. */
  readonly isWhole: boolean;
}

function partsOf({ desired, memory, only }: Query): readonly Part[] {
  const asked = only === undefined ? undefined : new Set(only.map(formatRef));
  const specs = new Map<string, SwitchSpec>();
  const applied = new Map<string, Memory['safety']>();
  for (const each of memory as readonly Memory<SwitchMemory>[]) {
    const spec = each.ref.kind === 'Switch' ? recordedSpec(each) : undefined;
    if (spec !== undefined) specs.set(each.ref.name, spec);
    if (each.ref.kind === 'Switch') applied.set(each.ref.name, each.safety);
  }
  const declared = new Set<string>();
  for (const each of desired as readonly Desired<SwitchSpec>[]) {
    if (each.ref.kind !== 'Switch') continue;
    specs.set(each.ref.name, each.spec);
    declared.add(each.ref.name);
  }
  const parts = new Map<string, Part>();
  const partOf = (ref: Ref): Part => {
    const known = parts.get(ref.name);
    if (known !== undefined) return known;
    const part: Part = {
      ref,
      spec: specs.get(ref.name),
      isDeclared: declared.has(ref.name),
      ports: new Map(),
      applied: applied.get(ref.name),
      isWhole: asked === undefined,
    };
    parts.set(ref.name, part);
    return part;
  };
  for (const { ref } of [...desired, ...memory]) {
    if (asked !== undefined && !asked.has(formatRef(ref))) continue;
    if (ref.kind === 'Switch') partOf(ref);
    else partOf(switchRef(ref)).ports.set(ref.name, ref);
  }
  return [...parts.values()];
}

function gapOver({ ref, spec, ports }: Part, message: string): Gap {
  const endpoint = spec === undefined ? ref.name : targetText(spec);
  return { plugin: PLUGIN, refs: [ref, ...ports.values()], endpoint, message };
}

/** The ways out of a gap over a Switch that is no longer declared. */
function forgetText({ ref }: Part): string {
  return `Declare the Switch ${ref.name} again, or remove it and its ports from the state with \`fettle state forget\``;
}

function sightingsOf({ ref, ports }: Part, seen: SwitchSeen, at: Instant): readonly Sighting[] {
  return [
    defined<Sighting>({
      ref,
      given: true,
      facts: asJson(seen.facts),
      signals:
        seen.firing === undefined ? undefined : asJson(defined({ firing_rules: seen.firing, daemon: seen.daemon })),
      at,
    }),
    ...[...ports].flatMap(([name, port]): readonly Sighting[] => {
      const found = seen.ports.get(name);
      return found === undefined ? [] : [{ ref: port, facts: asJson(found.facts), signals: asJson(found.signals), at }];
    }),
  ];
}

export async function observe(world: PortsyncReader, query: Query): Promise<View> {
  const { signal, now, progress } = query;
  const parts = partsOf(query);
  const observed: Sighting[] = [];
  const gaps: Gap[] = [];
  const around = new Map<string, Surroundings>();
  const total = parts.reduce((sum, { ports }) => sum + ports.size + 1, 0);
  let done = 0;
  await forEachOf(parts, SWITCHES_AT_ONCE, async (part) => {
    const { ref, spec, ports, isWhole } = part;
    if (spec === undefined)
      gaps.push(
        gapOver(part, `the Switch ${ref.name} is not declared, so its address is not known. ${forgetText(part)}`),
      );
    else
      try {
        const management = managementOf(spec, part.applied);
        const seen = await world.look({
          name: ref.name,
          spec,
          management,
          signal,
          ...(isWhole ? {} : { ports: new Set(ports.keys()) }),
        });
        around.set(ref.name, {
          evidence: seen.evidence,
          management,
          ...(spec.configDb?.whole === true ? { ports: seen.names } : {}),
        });
        const found = sightingsOf(part, seen, now);
        if (seen.unread === undefined) observed.push(...found);
        else {
          observed.push(...found.slice(0, 1));
          if (ports.size > 0) gaps.push({ ...gapOver(part, `the switch ${seen.unread}`), refs: [...ports.values()] });
        }
      } catch (error) {
        signal.throwIfAborted();
        gaps.push(gapOver(part, part.isDeclared ? errorText(error) : `${errorText(error)}. ${forgetText(part)}`));
      }
    done += ports.size + 1;
    progress(done, total);
  });
  return { observed, gaps, extras: { [PLUGIN]: surroundingsData(around) }, at: now };
}
