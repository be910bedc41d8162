/** The system that a Switch names. Pure. */

import type { Inputs, Memory } from '#plugin';
import type { SwitchResource, World } from '../facts.ts';
import type { SwitchMemory, SwitchSpec } from '../generated.ts';
import { addressText, tcpAddressIn } from '../redis/address.ts';

/** The kind of system that a Switch names; undefined unless it names exactly one. */
export function worldOf({ sonic, linux, snapshot }: SwitchSpec): World | undefined {
  const named = [
    ...(sonic === undefined ? [] : ['sonic' as const]),
    ...(linux === undefined ? [] : ['linux' as const]),
    ...(snapshot === undefined ? [] : ['snapshot' as const]),
  ];
  return named.length === 1 ? named[0] : undefined;
}

/** A Switch's system as text: `sonic 10.0.0.11:6379`, `sonic local asic0`, `linux leaf-1`, `snapshot leaf-1.json`. */
export function targetText({ sonic, linux, snapshot }: SwitchSpec): string {
  if (sonic?.redis !== undefined) {
    // A document with a mistake is compared with the others too.
    const address = tcpAddressIn(sonic.redis);
    return `sonic ${address === undefined ? sonic.redis : addressText(address)}`;
  }
  if (sonic !== undefined)
    return ['sonic local', ...(sonic.namespace === undefined ? [] : [sonic.namespace])].join(' ');
  if (linux !== undefined) return linux.namespace === undefined ? 'linux' : `linux ${linux.namespace}`;
  return `snapshot ${snapshot?.file ?? ''}`;
}

/** The spec of a Switch by its system as text, which `targetText` made. */
function specOfTarget(target: string): SwitchSpec | undefined {
  const system = systemOfTarget(target);
  return system === undefined ? undefined : { ...system, management: [] };
}

function systemOfTarget(target: string): Omit<SwitchSpec, 'management'> | undefined {
  const [, kind, rest] = /^(sonic|linux|snapshot)(?: (.+))?$/su.exec(target) ?? [];
  if (kind === 'linux') return { linux: rest === undefined ? {} : { namespace: rest } };
  if (rest === undefined) return undefined;
  if (kind === 'snapshot') return { snapshot: { file: rest } };
  const [, namespace] = /^local(?: (.+))?$/su.exec(rest) ?? [rest];
  if (rest !== 'local' && namespace === undefined) return { sonic: { redis: rest } };
  return { sonic: { local: true, ...(namespace === undefined ? {} : { namespace }) } };
}

/**
 * The spec by which a Switch is reached that is no longer declared: the applied one, or the recorded system. Most Switches
 * are never applied, because they have no steps.
 */
export function recordedSpec(
  memory: Pick<Memory<SwitchMemory>, 'applied' | 'kept'> | undefined,
): SwitchSpec | undefined {
  const applied = memory?.applied?.spec as unknown as SwitchSpec | undefined;
  return applied ?? specOfTarget(memory?.kept.target ?? '');
}

/** The spec by which a Switch is reached: the declared one, or the recorded one. */
export function reachedSpec({ desired, memory }: Pick<SwitchResource, 'desired' | 'memory'>): SwitchSpec | undefined {
  return desired?.spec ?? recordedSpec(memory);
}

/** The names that the document and the applied document declare: both count until the row of a change is applied. */
export function managementOf(declared: SwitchSpec | undefined, applied: Inputs | undefined): readonly string[] {
  const names = applied?.['/management'];
  return [...new Set([...(declared?.management ?? []), ...(Array.isArray(names) ? (names as readonly string[]) : [])])];
}
