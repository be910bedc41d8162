/** Projects whose actions wait until a test lets them go on, and the records of their runs. */

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { fettle, temporaryFolder, writeFiles } from '../support/cli.ts';

export const ISSUER = `apiVersion: certificates/v1
kind: Issuer
metadata: { name: internal }
spec: { localCa: { dir: ../ca, commonName: "Internal CA" } }
`;
/** Its creation waits until `goOn` is called. */
export const slow = (name: string): string => `apiVersion: certificates/v1
kind: Certificate
metadata: { name: ${name} }
spec:
  issuer: internal
  dnsNames: [${name}.example.test]
  deploy: { command: [./wait.sh] }
  storage: { file: { certificate: ../tls/${name}.crt, key: ../tls/${name}.key } }
`;
const CONFIG = `name: shop
store: .fettle
parallelism: 1
plugins: { certificates: { commands: [[./wait.sh]], probe: { handshakeSeconds: HANDSHAKE, totalSeconds: HANDSHAKE } } }
`;
export const ISSUES = `apply: [{ plugin: certificates, steps: ["absent>ready", "absent>normal"], causes: [new] }]\ninterval: 1h\n`;
const WAIT = '#!/bin/sh\nuntil [ -e go-on ]; do sleep 0.05; done\n';
export const COUNT = 4;

export function project(documents: Readonly<Record<string, string>>, handshakeSeconds = 5): string {
  const folder = join(temporaryFolder(), 'shop');
  mkdirSync(folder);
  const files = Object.entries(documents).map(([name, text]) => [`desired/${name}.yaml`, text] as const);
  writeFiles(folder, {
    'fettle.yaml': CONFIG.replaceAll('HANDSHAKE', String(handshakeSeconds)),
    'wait.sh': WAIT,
    ...Object.fromEntries(files),
  });
  chmodSync(join(folder, 'wait.sh'), 0o755);
  return folder;
}

/** Ends the waiting of all creations, present and future. */
export function goOn(folder: string): void {
  writeFileSync(join(folder, 'go-on'), '');
}

/** An authority, and certificates whose creation waits. */
export function slowProject(): string {
  const names = Array.from({ length: COUNT }, (_, i) => `www-${i}`);
  return project({ issuer: ISSUER, ...Object.fromEntries(names.map((name) => [name, slow(name)])) });
}

export interface Recorded {
  readonly kind: string;
  readonly time: string;
  readonly body: {
    readonly run?: string;
    readonly command?: string;
    readonly outcome?: string;
    readonly exit?: number;
  };
}

export async function records(folder: string): Promise<readonly Recorded[]> {
  const { stdout } = await fettle(folder, 'log', 'list', '--format', 'json');
  return stdout
    .trimEnd()
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Recorded]));
}

/** The number of ended actions, by the command of their run. */
export function endedActions(log: readonly Recorded[], command: string): readonly Recorded[] {
  const runs = new Set(log.flatMap(({ kind, body }) => (kind === 'run' && body.command === command ? [body.run] : [])));
  return log.filter(({ kind, body }) => kind === 'outcome' && runs.has(body.run));
}

/** Waits until the authority is created, and a creation waits. */
export async function aWaitingAction(folder: string): Promise<void> {
  const count = async (): Promise<number> => (await records(folder)).filter(({ kind }) => kind === 'intent').length;
  await expect.poll(count, { timeout: 60_000 }).toBe(2);
}
