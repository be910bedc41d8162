/** Runs under a wrong clock: no removal or renewal relies on it, and the log's times never run backwards. */

import { run, bareEnvironment } from '../support/cli.ts';
import { randomFrom } from '../support/seed.ts';
import {
  effectsIn,
  effectsProject,
  fettleIn,
  manyItems,
  must,
  soundLog,
  tortureCli,
  writeItems,
} from './effects-project.ts';
import type { RoundInput, Torture } from './torture.ts';

/** Shifts for faketime. Behind the log's head, or ahead of the provider. */
const BEHIND = ['-10d', '-400d', '-1h', '-30s'];
const AHEAD = ['+10d', '+400d', '+1h'];

function under(folder: string, shift: string, args: readonly string[]) {
  const env = Object.fromEntries(Object.entries(bareEnvironment()).map(([name, value]) => [name, String(value)]));
  return run('faketime', ['-f', shift, process.execPath, tortureCli, ...args], folder, {
    ...env,
    EFFECTS_DELAY_MS: '0',
  });
}

async function round({ seed, index, folder }: RoundInput): Promise<Readonly<Record<string, number>>> {
  const random = randomFrom(seed * 1_000_003 + index);
  const behind = index % 2 === 0;
  const shifts = behind ? BEHIND : AHEAD;
  const shift = shifts[Math.floor(random() * shifts.length)] ?? '+1h';
  effectsProject(folder, manyItems(6), '.fettle', 'safety: { removals: { share: 100% } }\n');
  const first = await fettleIn(folder, ['apply', '--yes'], { EFFECTS_DELAY_MS: '0' });
  must(first.code === 0, `apply exits ${first.code}: ${first.stderr}`, folder);
  // One goes, one comes, one changes.
  const items = { ...manyItems(5), 'item-000': 2, 'item-new': 1 };
  writeItems(folder, items);
  const shifted = await under(folder, shift, ['apply', '--yes']);
  const removed = effectsIn(folder).filter(({ what }) => what === 'remove').length;
  if (behind) {
    must(removed === 0, `a removal was done although the clock was ${shift} before the log`, folder);
    must(shifted.stdout.includes('clock-behind'), `the wrong clock is not reported: ${shifted.stdout}`, folder);
  } else must(removed === 1, `the removal was not done: ${shifted.stdout}${shifted.stderr}`, folder);
  const records = await soundLog(folder);
  for (const [at, record] of records.entries()) {
    const before = records[at - 1];
    must(
      before === undefined || record.time >= before.time,
      `record ${record.seq} is before the one ahead of it`,
      folder,
    );
  }
  const back = await fettleIn(folder, ['apply', '--yes'], { EFFECTS_DELAY_MS: '0' });
  if (behind) must(back.code === 0, `with the right clock, apply exits ${back.code}: ${back.stdout}`, folder);
  const removals = effectsIn(folder).filter(({ what }) => what === 'remove').length;
  must(removals === 1, `${removals} were removed`, folder);
  return { [behind ? 'behind' : 'ahead']: 1 };
}

export const torture: Torture = {
  name: 'clock',
  what: 'an apply under a clock 30 s to 400 days behind the log, or ahead of the provider',
  long: 100,
  short: 2,
  parallel: 4,
  round,
};
