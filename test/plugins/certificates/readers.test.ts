/**
 * Programs that read a pair all the time during its replacement: they always find a pair, and never a key with open
 * permissions.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { certificates } from '../../../plugins/certificates/plugin.ts';
import type { CertificatesWriter, PairStorage } from '../../../plugins/certificates/world.ts';
import { outside } from './support.ts';
import { temporaryFolder } from '../../support/cli.ts';

interface Saw {
  readonly looks: number;
  readonly bad: number;
  readonly open: number;
  readonly pairs: number;
}

async function reader(
  folder: string,
  kind: string,
): Promise<{ readonly look: () => Promise<void>; readonly end: () => Promise<Saw> }> {
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, 'read-always.ts'), folder, kind], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill());
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  /** Waits until it has read once more. */
  const look = async (): Promise<void> => {
    await once(child.stdout ?? child, 'data');
  };
  await look();
  return {
    look,
    end: async () => {
      child.stdin?.end();
      await once(child, 'close');
      return JSON.parse(output.split('\n')[1] ?? '') as Saw;
    },
  };
}

const RENEWALS = 25;

test.each<readonly [string, string, string, PairStorage]>([
  ['a folder that is switched', 'tls/www', 'directory', { directory: { path: 'tls/www', combined: true } }],
  ['two files', 'tls', 'files', { file: { certificate: 'tls/www.crt', key: 'tls/www.key' } }],
])(
  'of %s',
  async (_name, place, kind, storage) => {
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const folder = temporaryFolder();
    const world = (await certificates.openWriter(outside(folder))) as CertificatesWriter;
    await world.createAuthority('ca', 'Test CA', Date.now());
    const issue = (first: boolean) =>
      world.issue({
        storage,
        authority: { dir: 'ca' },
        dnsNames: ['www.example.test'],
        keyAlgorithm: 'ecdsa-p256',
        validityDays: 90,
        first,
        now: Date.now(),
        signal: new AbortController().signal,
        progress: () => {},
      });
    await issue(true);
    const { look, end } = await reader(join(folder, place), kind);
    for (let i = 0; i < RENEWALS; i += 1) {
      await issue(false);
      await look();
    }
    const saw = await end();
    expect(saw).toMatchObject({ bad: 0, open: 0 });
    expect(saw.looks).toBeGreaterThanOrEqual(RENEWALS);
    expect(saw.pairs).toBeGreaterThan(RENEWALS / 2);
  },
  60_000,
);
