/**
 * Unlike resources held against the central types: a certificate, a pool, a port within a switch, a custom resource
 * with three machines.
 */

import { resourceWith } from '../support/resource.ts';
import { describe, expect, it } from 'vitest';
import { stateFor } from '../../src/engine/lifecycle.ts';
import {
  defer,
  defineKind,
  type Desired,
  formatRef,
  type Handler,
  type Kind,
  type KindTables,
  parseRef,
  pass,
  type Ref,
  reject,
  type Rule,
  type Scene,
  stepTransition,
  seenFacts,
  seenSignals,
  observedOf,
  otherState,
} from '#plugin';

const source = { file: 'x.yaml', line: 1, column: 1 };
const meta = { labels: {}, lifecycle: { ignore: [] } };
const scene = {} as Scene;

// A certificate: one machine, a step that settles elsewhere, memory that a handler returns.
interface CertificateSpec {
  readonly dnsNames: readonly string[];
}
interface CertificateFacts {
  readonly fingerprint: string;
  readonly notAfter: string;
}
interface CertificateMemory {
  readonly fingerprint: string;
}
type CertificateStep = 'absent>normal' | 'expiring_soon>renewing';
interface CertificateWorld {
  readonly issue: (names: readonly string[], signal: AbortSignal) => Promise<string>;
}
const renew: Handler<CertificateWorld, CertificateSpec, CertificateFacts, CertificateMemory> = async (
  world,
  resource,
  run,
) => ({
  fingerprint: await world.issue(resource.desired?.spec.dnsNames ?? [], run.signal),
});
const sameIssuer: Rule<CertificateSpec, CertificateFacts, CertificateMemory> = (_change, resource) =>
  resource.memory?.kept.fingerprint === seenFacts(resource)?.fingerprint
    ? pass('the same as remembered')
    : reject('another one than was remembered', { seen: seenFacts(resource)?.fingerprint ?? null });
const certificate: Kind<
  CertificateWorld,
  CertificateSpec,
  CertificateFacts,
  CertificateMemory,
  CertificateStep,
  'same-issuer'
> = {
  diff: (resource, { now }) => {
    const observed = observedOf(resource);
    if (observed === undefined) return { step: 'absent>normal', goal: 'create', because: 'never issued' };
    if (observed.state !== 'expiring_soon') return undefined;
    const days = Math.trunc((Date.parse(observed.facts.notAfter) - now) / 86_400_000);
    return { step: 'expiring_soon>renewing', goal: 'update', because: `expires in ${days} days`, cause: 'time' };
  },
  note: ({ sight }) => (sight.is === 'absent' ? {} : { fingerprint: sight.observed.facts.fingerprint }),
  rules: { 'same-issuer': sameIssuer },
  handlers: { 'absent>normal': renew, 'expiring_soon>renewing': renew },
};

// A pool that expands into nodes. The state has the names of its members, so that the one to remove is chosen.
interface PoolSpec {
  readonly size: number;
}
interface PoolMemory {
  readonly members: readonly string[];
}
function node(name: string): Ref {
  return { plugin: 'nodes', kind: 'Node', name };
}
const pool: Kind<undefined, PoolSpec, { readonly ready: number }, PoolMemory, 'steady>steady'> = {
  expand: (desired, recall) => {
    const kept = recall(desired.ref)?.kept as Partial<PoolMemory> | undefined;
    const fresh = Array.from({ length: desired.spec.size }, (_, i) => `${desired.ref.name}-${i + 1}`);
    const names = [...(kept?.members ?? []), ...fresh.filter((name) => kept?.members?.includes(name) !== true)];
    const members = names.slice(0, desired.spec.size).map(
      (name): Desired => ({
        ref: node(name),
        spec: { pool: desired.ref.name },
        meta,
        needs: [desired.ref],
        source: desired.source,
      }),
    );
    return [desired, ...members];
  },
  diff: ({ desired, memory }) =>
    desired !== undefined && memory?.kept.members?.length !== desired.spec.size
      ? {
          step: 'steady>steady',
          goal: 'update',
          because: 'another size',
          cause: 'policy',
          fields: [{ path: '/size', after: desired.spec.size }],
        }
      : undefined,
  rules: {},
  handlers: { 'steady>steady': async (_world, resource) => ({ members: [resource.ref.name] }) },
};

// A port named within a switch: a scope of one part, an edit in place, volatile signals next to the facts.
const portRef: Ref = { plugin: 'portsync', kind: 'Port', scope: ['leaf-1'], name: 'Ethernet0' };
const port: Kind<
  { readonly set: (port: Ref, mtu: number) => Promise<void> },
  { readonly mtu: number },
  { readonly mtu: number },
  Record<string, never>,
  'up>up',
  'warm-restart'
> = {
  diff: ({ desired, sight }) =>
    desired === undefined || sight.is === 'absent' || desired.spec.mtu === sight.observed.facts.mtu
      ? undefined
      : {
          step: 'up>up',
          goal: 'update',
          because: 'mtu differs',
          fields: [{ path: '/mtu', before: sight.observed.facts.mtu, after: desired.spec.mtu }],
        },
  rules: {
    'warm-restart': (_change, resource) =>
      seenSignals(resource)?.warmRestart === true
        ? defer('a warm restart is going on', { warmRestart: true }, { clearsAt: Date.parse('2026-01-01T00:00:00Z') })
        : pass('no warm restart'),
  },
  handlers: {
    'up>up': async (world, resource) => {
      await world.set(resource.ref, resource.desired?.spec.mtu ?? 0);
      return undefined;
    },
  },
};

// A custom resource with three machines and a scope of two parts; a step names the machine that it moves.
const fabricTables: KindTables = {
  summary: 'A fabric.',
  scope: ['cluster', 'namespace'],
  onRemove: 'release',
  machines: {
    connection: {
      states: ['absent', 'connected'],
      transitions: [{ from: 'absent', to: 'connected', trigger: 'test', by: 'fettle' }],
      edits: [],
    },
    sync: {
      states: ['IN_SYNC', 'OUT_OF_SYNC', 'SYNCING'],
      transitions: [
        {
          from: 'OUT_OF_SYNC',
          to: 'SYNCING',
          trigger: 'sync',
          by: 'fettle',
          settles: 'IN_SYNC',
          together: ['health:DEGRADED>HEALTHY'],
        },
      ],
      edits: [],
    },
    health: {
      states: ['HEALTHY', 'DEGRADED'],
      transitions: [{ from: 'DEGRADED', to: 'HEALTHY', trigger: 'check', by: 'world' }],
      edits: [],
    },
  },
  rules: [
    { id: 'maintenance', guards: ['sync:OUT_OF_SYNC>SYNCING'], overridable: true, text: 'Nothing in a maintenance.' },
  ],
  references: [],
  paths: [],
  safetyInputs: [],
  memoryVersion: 1,
};
const fabricRef: Ref = { plugin: 'fabric', kind: 'Fabric', scope: ['prod', 'default'], name: 'east' };
const fabric: Kind<
  undefined,
  unknown,
  { readonly generation: number },
  Record<string, never>,
  'absent>connected' | 'sync:OUT_OF_SYNC>SYNCING',
  'maintenance'
> = {
  diff: (resource) =>
    otherState(resource, 'sync') === 'OUT_OF_SYNC'
      ? { step: 'sync:OUT_OF_SYNC>SYNCING', goal: 'update', because: 'out of sync' }
      : undefined,
  rules: { maintenance: () => pass('no maintenance') },
  handlers: { 'absent>connected': async () => undefined, 'sync:OUT_OF_SYNC>SYNCING': async () => undefined },
};

describe('unlike resources fit the central types', () => {
  it('fit one table of kinds', () => {
    const kinds = {
      Certificate: defineKind(certificate),
      Pool: defineKind(pool),
      Port: defineKind(port),
      Fabric: defineKind(fabric),
    };
    expect(Object.keys(kinds)).toHaveLength(4);
  });

  it('expands a pool with the names in its state', () => {
    const ref: Ref = { plugin: 'nodes', kind: 'Pool', name: 'web' };
    const desired: Desired<PoolSpec> = { ref, spec: { size: 2 }, meta, needs: [], source };
    const memory = { ref, version: 1, kept: { members: ['web-3', 'web-7'] } };
    const names = pool.expand?.(desired, () => memory, {}).map((each) => formatRef(each.ref));
    expect(names).toEqual(['nodes/Pool/web', 'nodes/Node/web-3', 'nodes/Node/web-7']);
  });

  it('names a port within its switch, and parses the name back', () => {
    expect(formatRef(portRef)).toBe('portsync/Port/leaf-1/Ethernet0');
    expect(parseRef(formatRef(fabricRef))).toEqual(fabricRef);
  });

  it('finds a step of the second machine', () => {
    const observed = {
      ref: fabricRef,
      state: 'connected',
      others: { sync: 'OUT_OF_SYNC', health: 'DEGRADED' },
      facts: { generation: 3 },
      findings: [],
      at: Date.parse('2026-01-01T00:00:00Z'),
    };
    const resource = resourceWith({
      ref: fabricRef,
      kind: defineKind(fabric),
      tables: fabricTables,
      observed,
    });
    const proposal = fabric.diff(resource as never, scene);
    expect(proposal?.step).toBe('sync:OUT_OF_SYNC>SYNCING');
    expect(stateFor(resource, 'sync:OUT_OF_SYNC>SYNCING')).toBe('OUT_OF_SYNC');
    expect(stepTransition(fabricTables, 'sync:OUT_OF_SYNC>SYNCING')?.settles).toBe('IN_SYNC');
    expect(stepTransition(fabricTables, 'health:DEGRADED>HEALTHY')).toBeUndefined();
  });
});
