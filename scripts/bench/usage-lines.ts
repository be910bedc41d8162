/** Answers of a measured server: for each line of its input, one line of JSON with its CPU time and memory. */

import { createInterface } from 'node:readline';

export interface Usage {
  readonly cpuMs: number;
  readonly memoryMib: number;
}

/** Answers until the line `end`. */
export async function answerUsage(): Promise<void> {
  for await (const line of createInterface(process.stdin)) {
    if (line === 'end') return;
    const { user, system } = process.cpuUsage();
    const usage: Usage = { cpuMs: (user + system) / 1000, memoryMib: process.memoryUsage.rss() / 2 ** 20 };
    process.stdout.write(`${JSON.stringify(usage)}\n`);
  }
}
