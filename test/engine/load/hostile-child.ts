/** Loads one file of a hostile text in a process of its own, and reports the result. */

import { load } from '../../../src/engine/load/load.ts';
import { builtinPlugins } from '../../../src/plugins.ts';
import { formatProblems } from '../../../src/report/problems.ts';

const [folder = '.', file = ''] = process.argv.slice(2);
const loaded = await load({ folder, paths: [file], plugins: builtinPlugins });
const text = formatProblems(loaded.problems, { color: false });
const codes = [...new Set(loaded.problems.map(({ code }) => code))];
const placed = loaded.problems.every(({ at }) => at !== undefined && at.line >= 1 && at.column >= 1);
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
process.stdout.write(
  `${JSON.stringify({ codes, placed, length: text.length, desired: loaded.desired.length, rssMb: maxRSS / 1024, cpuMs: (userCPUTime + systemCPUTime) / 1000 })}\n`,
);
