/** Refreshes one resource on real files, and proposes and takes its step, as a run does, without a log. */

import { derivedView } from '../../../src/conformance/derived.ts';
import { tables } from '../../../plugins/certificates/generated.ts';
import { NO_FILES } from '../../support/covers.ts';
import { certificates } from '../../../plugins/certificates/plugin.ts';
import {
  changeOf,
  type Desired,
  formatRef,
  type Memory,
  type Proposal,
  type Resource,
  type View,
  type KnownResource,
  isKnown,
  seenState,
} from '#plugin';
import { match } from '../../../src/engine/match.ts';
import { emptyRecall } from '../../../src/engine/remember.ts';
import { outside, queryOf, sceneOf } from './support.ts';

const PLUGINS = new Map([['certificates', certificates]]);

export interface Line {
  readonly folder: string;
  readonly desired: readonly Desired[];
  readonly memory: Map<string, Memory>;
  /** In epoch ms. */
  now: number;
}

export function lineOf(folder: string, desired: readonly Desired[], now: number): Line {
  return { folder, desired, memory: new Map(), now };
}

/** The state of a resource whose create was interrupted. */
export function begun(line: Line, address: string): Line {
  const name = address.split('/').at(-1) ?? '';
  line.memory.set(address, {
    ref: { plugin: 'certificates', kind: 'Certificate', name },
    version: 1,
    kept: { began: true },
  });
  return line;
}

async function sighted(line: Line): Promise<View> {
  const reader = await certificates.openReader(outside(line.folder));
  return certificates.observe(reader, queryOf(line.desired, { memory: [...line.memory.values()], now: line.now }));
}

export async function view(line: Line): Promise<ReturnType<typeof derivedView>> {
  const { desired, memory, now } = line;
  return derivedView(certificates, await sighted(line), { desired, memory: [...memory.values()], now });
}

function resources(line: Line, seen: View): readonly Resource[] {
  const recall = { ...emptyRecall(), resources: line.memory };
  return [
    ...match(line.desired, seen, recall, { plugins: PLUGINS, settings: new Map(), now: line.now }).resources.values(),
  ];
}

/** Returns the next change of one resource. */
export async function proposal(
  line: Line,
  address: string,
): Promise<{ readonly resource: KnownResource; readonly proposal?: Proposal; readonly all: readonly Resource[] }> {
  const all = resources(line, await sighted(line));
  const resource = all.find((each) => formatRef(each.ref) === address);
  if (resource === undefined) throw new Error(`${address} is neither declared nor in the state`);
  if (!isKnown(resource)) throw new Error(`${address} cannot be seen`);
  const found = certificates.kinds[resource.ref.kind]?.diff(resource, sceneOf(all, { now: line.now }));
  return found === undefined ? { resource, all } : { resource, proposal: found, all };
}

/**
 * Takes the next step of one resource, and records the result of the handler; returns the step, or undefined if none is
 * needed.
 */
export async function take(
  line: Line,
  address: string,
  signal = new AbortController().signal,
): Promise<string | undefined> {
  const { resource, proposal: found, all } = await proposal(line, address);
  if (found === undefined) return undefined;
  const kind = certificates.kinds[resource.ref.kind];
  const handler = kind?.handlers[found.step];
  if (handler === undefined) throw new Error(`no handler for ${found.step}`);
  const kindTables = tables.kinds[resource.ref.kind as keyof typeof tables.kinds];
  const change = changeOf(resource.ref, kindTables, { ...found, cause: found.cause ?? 'new' });
  const kept = await handler(await certificates.openWriter(outside(line.folder)), resource, {
    id: 'run-1',
    change,
    scene: sceneOf(all, { now: line.now }),
    now: () => line.now,
    signal,
    progress: () => {},
    keep: async () => {},
    remark: () => {},
    aside: (waiting) => waiting,
    awaitTurn: (waiting) => waiting,
    ...NO_FILES,
  });
  if (found.goal === 'remove') line.memory.delete(address);
  else {
    const before = line.memory.get(address);
    const spec = resource.desired?.spec as NonNullable<Memory['applied']>['spec'];
    line.memory.set(address, {
      ref: resource.ref,
      version: 1,
      owned: 'created',
      kept: { ...before?.kept, ...kept },
      ...(spec === undefined
        ? before?.applied === undefined
          ? {}
          : { applied: before.applied }
        : { applied: { at: 0, digest: '', spec } }),
    });
  }
  return found.step;
}

/** Returns the state of one resource; `absent` if it is not observed. */
export async function stateOf(line: Line, address: string): Promise<string> {
  return seenState((await proposal(line, address)).resource);
}
