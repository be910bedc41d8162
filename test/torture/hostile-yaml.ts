/** Hostile and random texts as documents, configurations and saved plans: every one is read or refused, with its place. */

import { join } from 'node:path';
import { run } from '../support/cli.ts';
import { must } from './effects-project.ts';
import type { RoundInput, Torture } from './torture.ts';

const TEXTS = 500;

async function round({ seed, index, folder }: RoundInput): Promise<Readonly<Record<string, number>>> {
  const script = join(import.meta.dirname, 'yaml-batch.ts');
  const args = [script, folder, String(seed), String(index), String(TEXTS)];
  const { code, signal, stdout, stderr } = await run(process.execPath, args, folder);
  must(code === 0, `the process that reads texts ended with ${code ?? signal}: ${stderr.slice(-2000)}`, folder);
  return JSON.parse(stdout) as Readonly<Record<string, number>>;
}

export const torture: Torture = {
  name: 'hostile-yaml',
  what: `${TEXTS} mutated texts a round, as documents, fettle.yaml and plan files, in a process of its own`,
  long: 2000,
  short: 1,
  parallel: 4,
  round,
};
