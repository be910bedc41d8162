/** Derive: computes states and findings from a sighting, at a time. */

import {
  type Json,
  type Observed,
  type Plugin,
  type Redact,
  redactPatterns,
  type Resource,
  type Sighting,
} from '#plugin';
import type { Failures } from './guard.ts';

/** Inputs other than document, sighting and state. */
export interface Deriving {
  readonly plugins: ReadonlyMap<string, Plugin>;
  /** Each plugin's part of `fettle.yaml`, by plugin. */
  readonly settings: ReadonlyMap<string, Json>;
  /** Epoch ms. */
  readonly now: number;
  readonly redact?: Redact | undefined;
  /** Gets the errors of kinds, by address. */
  readonly failures?: Failures | undefined;
}

/** Adds the states to a sighting. Throws if the kind throws, or returns a state that its spec does not have. */
export function derived(
  seen: Sighting,
  { kind, tables, policy, memory }: Pick<Resource, 'kind' | 'tables' | 'policy' | 'memory'>,
  { now, redact = redactPatterns }: Deriving,
): Observed {
  const { raw: _raw, ...rest } = seen;
  const standing = kind.state?.(policy, seen, memory, now);
  const state = standing?.state ?? seen.state;
  const states = Object.values(tables.machines)[0]?.states ?? [];
  if (state === undefined || !states.includes(state))
    throw new Error(`the plugin returned a state that the kind does not have: ${String(state)}`);
  if (standing === undefined) return { ...rest, state, findings: seen.findings ?? [] };
  const { signals, findings = [], ...others } = standing;
  return {
    ...rest,
    ...others,
    state,
    ...(signals === undefined ? {} : { signals: { ...seen.signals, ...signals } }),
    findings: [...(seen.findings ?? []), ...findings.map((found) => ({ ...found, message: redact(found.message) }))],
  };
}
