/** An emulated provider with a clock that tests drive, and requests to it that are checked against the reference. */

import { afterEach, expect } from 'vitest';
import { type ManualClock, manualClock } from '../../../plugins/nodes/sandbox/clock.ts';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../../plugins/nodes/sandbox/emulator.ts';
import { patternOf, wrongInAnswer, wrongInRequest } from './fixtures/hcloud-shapes.ts';
import { wrongByDescription } from './published.ts';

export const START = Date.parse('2026-11-20T08:00:00Z');

// oxlint-disable-next-line typescript/no-explicit-any
type Loose = any;

export interface Got {
  readonly status: number;
  readonly body: Loose;
  readonly headers: Headers;
}

export interface Asking {
  readonly token?: string | null;
  /** The request is invalid on purpose. */
  readonly odd?: true;
}

export interface Up {
  readonly emulator: Emulator;
  readonly clock: ManualClock;
  /** Sends a request, and checks the answer against the reference. */
  readonly ask: (method: string, path: string, body?: Loose, asking?: Asking) => Promise<Got>;
  /** As `ask`, with an answer of that status. */
  readonly want: (status: number, method: string, path: string, body?: Loose, asking?: Asking) => Promise<Loose>;
  /** Advances the clock, and waits for all actions. */
  readonly pass: (ms: number) => Promise<void>;
  /** Calls with a successful answer, by pattern. */
  readonly answered: ReadonlySet<string>;
}

const running: Emulator[] = [];
afterEach(async () => {
  for (const emulator of running.splice(0)) await emulator.stop();
});

/** Starts an emulator that stops with the test. */
export async function up(options: EmulatorOptions = {}): Promise<Up> {
  const clock = manualClock(START);
  const emulator = await startEmulator({ clock, ...options });
  running.push(emulator);
  const answered = new Set<string>();

  const ask = async (method: string, path: string, body?: Loose, asking: Asking = {}): Promise<Got> => {
    const { token = emulator.tokens.readWrite, odd } = asking;
    const bare = path.split('?')[0] ?? path;
    if (odd === undefined && method !== 'GET')
      expect(wrongInRequest(method, bare, body), `${method} ${path}`).toEqual([]);
    const response = await fetch(`${emulator.endpoint}${path}`, {
      method,
      headers: token === null ? {} : { Authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const got = {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
    if (odd === undefined || got.status >= 400) {
      expect(wrongInAnswer(method, bare, got.status, got.body), `${method} ${path}`).toEqual([]);
      expect(wrongByDescription(method, bare, got.status, got.body), `${method} ${path}`).toEqual([]);
    }
    if (got.status < 400) answered.add(patternOf(method, bare));
    return got;
  };
  return {
    emulator,
    clock,
    ask,
    want: async (status, method, path, body, asking) => {
      const got = await ask(method, path, body, asking);
      expect(
        [got.status, got.body?.error?.code],
        `${method} ${path}: ${JSON.stringify(got.body)?.slice(0, 400)}`,
      ).toEqual([status, status < 400 ? undefined : expect.any(String)]);
      return got.body;
    },
    pass: async (ms) => {
      clock.advance(ms);
      await emulator.settle();
    },
    answered,
  };
}

/** The code of an error. */
export async function codeOf(got: Promise<Got>): Promise<readonly [number, string]> {
  const { status, body } = await got;
  return [status, body?.error?.code];
}

export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;
