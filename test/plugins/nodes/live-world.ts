/** The real reader and writer against the emulated provider, on a clock that advances with each wait. */

import { afterEach, expect } from 'vitest';
import { validators } from '../../../plugins/nodes/generated.validators.js';
import type { Timing } from '#plugin/http';
import { openWriter } from '../../../plugins/nodes/live/writer.ts';
import { type ManualClock, manualClock } from '../../../plugins/nodes/sandbox/clock.ts';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../../plugins/nodes/sandbox/emulator.ts';
import type { Call, CreateOrder, NodesWriter } from '../../../plugins/nodes/world.ts';
import { withSecrets } from '../../../src/engine/load/secrets.ts';
import type { Json } from '#plugin';
import { wrongInRequest } from './fixtures/hcloud-shapes.ts';
import { wrongRequestByDescription } from './published.ts';

export const START = Date.parse('2026-11-20T00:00:00Z');

/** Waits advance the clock to their end; several at once advance together. */
export function timingOn(clock: ManualClock, random = 0.5): Timing {
  return {
    now: clock.now,
    random: () => random,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      const until = clock.now() + ms;
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
      if (until > clock.now()) clock.advance(until - clock.now());
    },
  };
}

export interface World {
  readonly emulator: Emulator;
  readonly clock: ManualClock;
  readonly world: NodesWriter;
  readonly call: Call;
  readonly progress: string[];
  /** Method and path of every request since `mark`, IDs as `#`. */
  readonly asked: () => readonly string[];
  readonly mark: () => void;
  /** Another process of the same project. */
  readonly again: (config?: Json, token?: string) => NodesWriter;
}

const ending: Emulator[] = [];

afterEach(async () => {
  for (const emulator of ending.splice(0)) {
    await emulator.stop();
    // Every request is as in the reference.
    for (const { method, path, query, body } of emulator.requests())
      expect(
        [...wrongInRequest(method, path, body), ...wrongRequestByDescription(method, path, query, body)],
        `${method} ${path}${query}`,
      ).toEqual([]);
  }
});

interface Given {
  /** Address of the API. */
  readonly endpoint?: string;
  /** The settings as read from the configuration. */
  readonly token?: string;
}

/** The plugin's configuration with its defaults, and the secrets in their places. */
export function configOf({ endpoint, token, ...config }: Given & Readonly<Record<string, unknown>>): Json {
  const provider = {
    hetzner: {
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(token === undefined ? {} : { token: '${env:TOKEN}' }),
    },
  };
  const filled = structuredClone({ provider, ...config }) as Json;
  if (!validators.config(filled)) throw new Error(JSON.stringify(validators.config.errors));
  return token === undefined ? filled : withSecrets(filled, new Map([['/provider/hetzner/token', token]]));
}

/** An emulator on a manual clock, and a writer for it. */
export async function startWorld(
  options: EmulatorOptions = {},
  config: object = {},
  folder = '/nowhere',
): Promise<World> {
  const clock = manualClock(START);
  const emulator = await startEmulator({ clock, ...options });
  ending.push(emulator);
  const progress: string[] = [];
  let marked = 0;
  const again = (more: Json = {}, token: string = emulator.tokens.readWrite): NodesWriter => {
    const outside = {
      config: configOf({ endpoint: emulator.endpoint, requestSeconds: 2, ...config, ...(more as object) }),
      project: 'test',
      folder,
      fileRoots: [folder],
      env: { HCLOUD_TOKEN: token },
      now: clock.now,
    };
    return openWriter(outside, timingOn(clock));
  };
  return {
    emulator,
    clock,
    world: again(),
    progress,
    call: { signal: new AbortController().signal, progress: (text) => progress.push(text) },
    asked: () =>
      emulator
        .requests()
        .slice(marked)
        .map(({ method, path }) => `${method} ${path.replaceAll(/\d+/gu, '#')}`),
    mark: () => {
      marked = emulator.requests().length;
    },
    again,
  };
}

/** Creates an object at the provider by a plain request, as another program would. */
export async function elsewhere(
  { emulator }: World,
  path: string,
  body: object,
): Promise<Readonly<Record<string, { readonly id: number }>>> {
  const headers = { authorization: `Bearer ${emulator.tokens.readWrite}`, 'content-type': 'application/json' };
  const answer = await fetch(`${emulator.endpoint}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as Readonly<Record<string, { readonly id: number }>>;
}

export function orderOf(more: Partial<CreateOrder> = {}): CreateOrder {
  return {
    name: 'web-1',
    serverType: 'cx23',
    image: 'debian-13',
    location: 'nbg1',
    sshKeys: [],
    networks: [],
    firewalls: [],
    volumes: [],
    labels: { 'fettle-intent': 'intent-1', tier: 'web' },
    backups: false,
    protection: false,
    publicNet: { ipv4: true, ipv6: true },
    start: true,
    ...more,
  };
}
