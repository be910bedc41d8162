/** Renews a fleet of ACME certificates over simulated weeks, at an authority with the limits of Let's Encrypt and troubles. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/cli.ts';
import { type History, judge } from './acme-history.ts';
import type { RoundInput, Torture } from './torture.ts';

export interface Fleet {
  readonly certificates: number;
  readonly weeks: number;
}

/** The short form, for the tests. */
export const SMALL: Fleet = { certificates: 60, weeks: 2 };
const LARGE: Fleet = { certificates: 1000, weeks: 15 };

/** The history of a fleet. The programs run in namespaces in which the name of Let's Encrypt leads to this machine. */
export async function historyOf({ certificates, weeks }: Fleet, seed: number, folder: string): Promise<History> {
  const hosts = join(folder, 'hosts');
  writeFileSync(hosts, '127.0.0.1 localhost acme-v02.api.letsencrypt.org\n');
  const world = [process.execPath, join(import.meta.dirname, 'acme-world.ts'), folder];
  const inside = 'ip link set lo up && mount --bind "$0" /etc/hosts && exec "$@"';
  const words = ['-rnm', 'sh', '-c', inside, hosts, ...world, ...[certificates, weeks, seed].map(String)];
  const { code, stderr } = await run('unshare', words, folder);
  if (code !== 0) throw new Error(`the world ended with ${code}: ${stderr.slice(-2000)}`);
  return JSON.parse(readFileSync(join(folder, 'history.json'), 'utf8')) as History;
}

async function round({ seed, index, folder }: RoundInput): Promise<Readonly<Record<string, number>>> {
  const { faults, counts } = judge(await historyOf(LARGE, seed + index, folder));
  if (faults.length > 0) throw new Error(`${faults.length} faults: ${faults.slice(0, 20).join('\n')}`);
  return counts;
}

export const torture: Torture = {
  name: 'acme-renewals',
  what: "1,000 certificates of Let's Encrypt over 15 simulated weeks, in one process",
  long: 1,
  // `test/plugins/certificates/acme/renewals.test.ts` has the short form.
  short: 0,
  parallel: 1,
  round,
};
