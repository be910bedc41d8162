/**
 * An emulated cluster with the kinds of a fabric: `node cluster.js`. The program prints one line of JSON when the cluster is
 * up. For each line on its standard input, it prints the requests since the last one; it ends with its input.
 */

import { createInterface } from 'node:readline';
import { startEmulator } from '../../plugins/fabric/sandbox/emulator.ts';
import { HEDGEHOG_DEFINITIONS } from '../../plugins/fabric/sandbox/hedgehog/definitions.ts';

const emulator = await startEmulator({ definitions: HEDGEHOG_DEFINITIONS });
const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
say({ kubeconfig: emulator.kubeconfig() });

const lines = createInterface({ input: process.stdin });
lines.on('line', () => {
  const seen = emulator.seen.splice(0);
  say({
    dryRuns: seen.filter(({ url, body }) => url.includes('dryRun=') || body.includes('"dryRun"')).length,
    lists: seen.filter(({ url }) => url.includes('limit=')).length,
    requests: seen.length,
  });
});
lines.on('close', () => void emulator.stop());
