/** Ports and switches for tests of pure functions. */

import type { Desired, Json, KnownResource, Memory, Scene } from '#plugin';
import { resourceOf } from '#plugin';
import type { PortFacts, PortResource, PortSignals, SwitchFacts } from '../../../../plugins/portsync/facts.ts';
import type { PortSpec, SwitchSpec } from '../../../../plugins/portsync/generated.ts';
import { portRef } from '../../../../plugins/portsync/kinds.ts';
import { portsync } from '../../../../plugins/portsync/plugin.ts';
import { portStanding } from '../../../../plugins/portsync/port/standing.ts';
import type { Evidence } from '../../../../plugins/portsync/path/evidence.ts';
import { surroundingsData } from '../../../../plugins/portsync/switch/surroundings.ts';
import { sceneAt } from '../../../support/scene.ts';

export const NOW = 1_780_000_000_000;
export const SETTINGS = { takeUp: '10s', commandSeconds: 5, flaps: { max: 10, per: '10m' } } as const;

export interface PortCase {
  readonly name?: string;
  readonly spec?: PortSpec;
  /** Absent for a missing port. */
  readonly facts?: PortFacts;
  readonly signals?: PortSignals;
  readonly memory?: Partial<Memory>;
}

function desired(kind: string, name: string, spec: unknown): Desired {
  return {
    ref: kind === 'Port' ? portRef('leaf-1', name) : { plugin: 'portsync', kind, name },
    spec,
    meta: { labels: {}, lifecycle: { ignore: [] } },
    needs: [],
    source: { file: 'leaf.yaml', line: 1, column: 1 },
  };
}

export function port({ name = 'Ethernet0', spec, facts, signals = {}, memory }: PortCase): KnownResource<PortResource> {
  const ref = portRef('leaf-1', name);
  const kept: Memory | undefined =
    memory === undefined ? undefined : { ref, version: 1, kept: {}, owned: 'created', ...memory };
  const policy = portsync.kinds['Port']?.policy?.(undefined, undefined, SETTINGS);
  const seen = facts === undefined ? undefined : { ref, facts, signals: signals as Json & object, at: NOW };
  const standing = seen === undefined ? undefined : portStanding(policy as never, seen as never, kept, NOW);
  const { Port } = portsync.kinds;
  const tables = portsync.tables.kinds['Port'];
  if (Port === undefined || tables === undefined) throw new Error('the plugin has no kind Port');
  return resourceOf({
    ref,
    kind: Port,
    tables,
    desired: spec === undefined ? undefined : desired('Port', name, spec),
    memory: kept,
    settings: SETTINGS,
    sight:
      seen === undefined || standing === undefined
        ? { is: 'absent' }
        : { is: 'seen', observed: { ...seen, ...standing, findings: standing.findings ?? [] } as never },
  }) as unknown as KnownResource<PortResource>;
}

/** A Switch. `applied`: its safety inputs as last applied; undefined before the first apply. */
export function device(
  facts: Partial<SwitchFacts> = {},
  spec: Partial<SwitchSpec> = {},
  applied?: Readonly<Record<string, Json>>,
) {
  const ref = { plugin: 'portsync', kind: 'Switch', name: 'leaf-1' };
  const { Switch } = portsync.kinds;
  const tables = portsync.tables.kinds['Switch'];
  if (Switch === undefined || tables === undefined) throw new Error('the plugin has no kind Switch');
  const known: SwitchFacts = { world: 'sonic', target: 'sonic local', ...facts };
  return resourceOf({
    ref,
    kind: Switch,
    tables,
    desired: desired('Switch', 'leaf-1', { sonic: { local: true }, management: [], ...spec }),
    memory: applied === undefined ? undefined : { ref, version: 1, kept: {}, owned: 'adopted', safety: applied },
    sight: { is: 'seen', observed: { ref, given: true, state: 'ready', facts: known, findings: [], at: NOW } },
  });
}

/** A scene with ports, their switch, and the evidence about its management paths. */
export function portScene(
  ports: readonly PortResource[],
  owner: ReturnType<typeof device> = device(),
  evidence?: Evidence,
): Scene {
  const scene = sceneAt(NOW, [owner, ...(ports as readonly never[])]);
  return evidence === undefined
    ? scene
    : {
        ...scene,
        extras: {
          portsync: surroundingsData(new Map([['leaf-1', { evidence, management: [...evidence.devices.keys()] }]])),
        },
      };
}
