/**
 * An emulated workload source: containers of the emulated servers over HTTP, in the published format, with hooks to drain
 * a node and to move a container. A drained node accepts no containers.
 */

import type { RequestListener, ServerResponse } from 'node:http';
import { type Json, instantText } from '#plugin';
import type { Clock } from './clock.ts';
import { type ArmedFault, type Fault, type Mishap, mishapFor } from './faults.ts';
import { type Listening, listen, type Seen } from './http.ts';
import type { Body } from './request.ts';
import type { Cloud, ServerRow } from './state.ts';

export interface ContainerRow {
  readonly id: string;
  readonly node: string;
  readonly mb: number;
  readonly tier?: string;
  readonly players?: number;
  /** Epoch ms. */
  readonly since: number;
}

/** A node in the source. */
interface NodeRow {
  readonly name: string;
  /** The server's id: another server of the same name is another node. */
  readonly server: number;
  readonly startedTotal: number;
  /** Epoch ms; undefined while the node has containers. */
  readonly emptySince?: number;
  readonly diskUsedPercent?: number;
  readonly drained: boolean;
}

export interface QueueRow {
  readonly id: string;
  readonly mb: number;
  readonly pool?: string;
  readonly since: number;
}

/** Fields that the source omits, as some sources do. */
export interface Reticence {
  readonly emptySince?: boolean;
  readonly startedTotal?: boolean;
  /** Nodes that the source does not list. */
  readonly nodes?: readonly string[];
}

interface Work {
  readonly nodes: Map<string, NodeRow>;
  readonly containers: Map<string, ContainerRow>;
  readonly queue: Map<string, QueueRow>;
}

export interface Workloads {
  readonly url: string;
  readonly drainUrl: string;
  readonly migrateUrl: string;
  /** Starts a container on a node; false if the node is drained, not running or unknown. */
  readonly start: (
    node: string,
    container: Omit<ContainerRow, 'node' | 'since'> & { readonly since?: number },
  ) => boolean;
  /** Ends a container; false if it does not exist. */
  readonly end: (id: string) => boolean;
  readonly wait: (waiting: Omit<QueueRow, 'since'>) => void;
  readonly unqueue: (id: string) => void;
  /** Sets the history of a node: its total number of containers, and the time since which it is empty (epoch ms). */
  readonly recall: (node: string, past: { readonly startedTotal?: number; readonly emptySince?: number }) => void;
  readonly fillDisk: (node: string, percent: number) => void;
  readonly leaveOut: (reticence: Reticence) => void;
  readonly inject: (...faults: readonly Fault[]) => void;
  readonly clearFaults: () => void;
  readonly containers: () => readonly ContainerRow[];
  readonly isDrained: (node: string) => boolean;
  readonly requests: () => readonly Seen[];
  readonly save: () => Json;
  readonly stop: () => Promise<void>;
}

/** The parts of the emulator that the source uses. */
export interface Surroundings {
  readonly cloud: () => Cloud;
  readonly clock: Clock;
  /** Key of the label that marks a drained server. */
  readonly drainLabel: string | undefined;
}

const BODY_MAX = 64 * 1024;

interface Saved {
  readonly nodes: readonly NodeRow[];
  readonly containers: readonly ContainerRow[];
  readonly queue: readonly QueueRow[];
}

function workOf(saved: Json | undefined): Work {
  const { nodes = [], containers = [], queue = [] } = (saved ?? {}) as unknown as Partial<Saved>;
  return {
    nodes: new Map(nodes.map((row) => [row.name, row])),
    containers: new Map(containers.map((row) => [row.id, row])),
    queue: new Map(queue.map((row) => [row.id, row])),
  };
}

/** Registers a node once its guest runs; removes it, with its containers, when its server is deleted. */
function register(work: Work, { cloud, clock }: Surroundings): void {
  const servers = new Map([...cloud().servers.values()].map((row) => [row.name, row]));
  for (const node of work.nodes.values()) {
    if (servers.get(node.name)?.id === node.server) continue;
    work.nodes.delete(node.name);
    for (const container of work.containers.values())
      if (container.node === node.name) work.containers.delete(container.id);
  }
  for (const { name, id, guest } of servers.values())
    if (guest === 'up' && !work.nodes.has(name))
      work.nodes.set(name, { name, server: id, startedTotal: 0, emptySince: clock.now(), drained: false });
}

function on(work: Work, node: string): readonly ContainerRow[] {
  return [...work.containers.values()].filter((container) => container.node === node);
}

function patch(work: Work, node: string, change: Partial<NodeRow>): void {
  const row = work.nodes.get(node);
  if (row !== undefined) work.nodes.set(node, { ...row, ...change });
}

function place(work: Work, container: ContainerRow): void {
  const { emptySince: _ended, ...node } = work.nodes.get(container.node) ?? {
    name: container.node,
    server: 0,
    startedTotal: 0,
    drained: false,
  };
  work.nodes.set(container.node, { ...node, startedTotal: node.startedTotal + 1 });
  work.containers.set(container.id, container);
}

function take(work: Work, container: ContainerRow, now: number): void {
  work.containers.delete(container.id);
  if (on(work, container.node).length === 0) patch(work, container.node, { emptySince: now });
}

function published(work: Work, reticence: Reticence): Json {
  const nodes = [...work.nodes.values()]
    .filter(({ name }) => reticence.nodes?.includes(name) !== true)
    .map((node) => {
      const containers = on(work, node.name);
      return {
        name: node.name,
        ...(node.emptySince === undefined || reticence.emptySince === true
          ? {}
          : { emptySince: instantText(node.emptySince) }),
        ...(reticence.startedTotal === true ? {} : { startedTotal: node.startedTotal }),
        allocatedMb: containers.reduce((sum, { mb }) => sum + mb, 0),
        ...(node.diskUsedPercent === undefined ? {} : { diskUsedPercent: node.diskUsedPercent }),
        containers: containers.map(({ id, mb, tier, players, since }) => ({
          id,
          mb,
          ...(tier === undefined ? {} : { tier }),
          ...(players === undefined ? {} : { players }),
          since: instantText(since),
        })),
      };
    });
  const queue = [...work.queue.values()].map(({ id, mb, pool, since }) => ({
    id,
    mb,
    ...(pool === undefined ? {} : { pool }),
    since: instantText(since),
  }));
  return { nodes, queue };
}

function hasLabel(server: ServerRow, label: string | undefined): boolean {
  return label !== undefined && Object.hasOwn(server.labels, label);
}

interface Reply {
  readonly status: number;
  readonly body: Json;
}

/** Empty if the label is missing, so that it matches nothing. */
function wordIn(body: Body, name: string): string {
  const value = body[name];
  return typeof value === 'string' ? value : '';
}

const no = (status: number, error: string): Reply => ({ status, body: { error } });

/** Starts the source, on the given port if it is free, with the saved state of an earlier one. */
export async function startWorkloads(around: Surroundings, saved?: Json, port = 0): Promise<Workloads> {
  const work = workOf(saved);
  const faults: ArmedFault[] = [];
  const seen: Seen[] = [];
  let reticence: Reticence = {};
  const { clock } = around;

  const takes = (name: string): boolean => {
    register(work, around);
    const server = [...around.cloud().servers.values()].find((row) => row.name === name);
    return (
      server !== undefined &&
      server.status === 'running' &&
      server.guest === 'up' &&
      // A guest whose ports do not answer does not answer the source either.
      server.faults.silent !== true &&
      work.nodes.get(name)?.drained === false &&
      !hasLabel(server, around.drainLabel)
    );
  };
  const drain = (body: Body): Reply => {
    const node = wordIn(body, 'node');
    register(work, around);
    if (!work.nodes.has(node)) return no(404, `no node ${node}`);
    patch(work, node, { drained: true });
    return { status: 200, body: { node, drained: true } };
  };
  const migrate = (body: Body): Reply => {
    const id = wordIn(body, 'container');
    const from = wordIn(body, 'from');
    const to = wordIn(body, 'to');
    const container = work.containers.get(id);
    // A repeated request finds the container moved already.
    if (container?.node === to) return { status: 200, body: { container: id, node: to } };
    if (container?.node !== from) return no(409, `${id} does not run on ${from}`);
    if (!takes(to)) return no(409, `${to} accepts no containers`);
    take(work, container, clock.now());
    place(work, { ...container, node: to, since: clock.now() });
    return { status: 200, body: { container: id, node: to } };
  };
  const reply = (method: string, path: string, body: Body): Reply => {
    if (method === 'GET' && path === '/workloads') {
      register(work, around);
      return { status: 200, body: published(work, reticence) };
    }
    if (method === 'POST' && path === '/drain') return drain(body);
    if (method === 'POST' && path === '/migrate') return migrate(body);
    return no(404, 'not found');
  };

  const listener: RequestListener = (request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of request as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > BODY_MAX) return void response.destroy();
        chunks.push(chunk);
      }
      const method = request.method ?? 'GET';
      const path = new URL(request.url ?? '/', 'http://source').pathname;
      const text = Buffer.concat(chunks).toString();
      const body = text === '' ? {} : (JSON.parse(text) as Body);
      const mishap = mishapFor(faults, { method, path });
      const before = mishap?.kind === 'lost-before' || mishap?.kind === 'error' || mishap?.kind === 'text';
      const made = before ? no(0, '') : reply(method, path, body);
      seen.push({ method, path, query: '', body, status: made.status, at: clock.now() });
      answer(response, made, mishap);
    })().catch(() => response.destroy());
  };
  const listening: Listening = await listen(listener, port).catch(() => listen(listener));
  const root = `http://127.0.0.1:${listening.port}`;
  return {
    url: `${root}/workloads`,
    drainUrl: `${root}/drain`,
    migrateUrl: `${root}/migrate`,
    start: (node, { since = clock.now(), ...container }) => {
      if (!takes(node) || work.containers.has(container.id)) return false;
      place(work, { ...container, node, since });
      return true;
    },
    end: (id) => {
      register(work, around);
      const container = work.containers.get(id);
      if (container === undefined) return false;
      take(work, container, clock.now());
      return true;
    },
    wait: (waiting) => void work.queue.set(waiting.id, { ...waiting, since: clock.now() }),
    unqueue: (id) => void work.queue.delete(id),
    recall: (node, past) => {
      register(work, around);
      patch(work, node, past);
    },
    fillDisk: (node, diskUsedPercent) => {
      register(work, around);
      patch(work, node, { diskUsedPercent });
    },
    leaveOut: (wanted) => {
      reticence = wanted;
    },
    inject: (...wanted) => void faults.push(...wanted.map((fault) => ({ fault, seen: 0 }))),
    clearFaults: () => {
      faults.length = 0;
    },
    containers: () => {
      register(work, around);
      return [...work.containers.values()];
    },
    isDrained: (node) => work.nodes.get(node)?.drained === true,
    requests: () => [...seen],
    save: () =>
      JSON.parse(
        JSON.stringify({
          nodes: [...work.nodes.values()],
          containers: [...work.containers.values()],
          queue: [...work.queue.values()],
        }),
      ) as Json,
    stop: listening.stop,
  };
}

function answer(response: ServerResponse, { status, body }: Reply, mishap: Mishap | undefined): void {
  const send = (code: number, text: string): void => {
    response.writeHead(code, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
    response.end(text);
  };
  const text = JSON.stringify(body);
  switch (mishap?.kind) {
    case undefined:
      return send(status, text);
    case 'error':
    case 'error-after':
      return send(mishap.status, JSON.stringify({ error: mishap.code }));
    case 'text':
      return send(mishap.status, mishap.text);
    case 'slow':
      setTimeout(() => send(status, text), mishap.ms).unref();
      return;
    case 'cut':
      response.writeHead(status, { 'Content-Length': Buffer.byteLength(text) });
      response.write(Buffer.from(text).subarray(0, mishap.bytes), () => response.destroy());
      return;
    case 'hang':
      return;
    case 'lost-before':
    case 'lost-after':
    case 'endless':
      return void response.destroy();
  }
}
