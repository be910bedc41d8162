/** A process that moves a folder away and back, with a symbolic link in its place meanwhile, as fast as it can. */

import { existsSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';

const [root = '', target = ''] = process.argv.slice(2);

function attempt(call: () => void): boolean {
  try {
    call();
    return true;
  } catch {
    return false;
  }
}

/** Swaps between two searches for the files of the test: a search takes time, in which the folder stays. */
const SWAPS = 50;

let begun = -1;
for (let number = 0; !existsSync(`${root}/end`); ) {
  if (begun !== number && attempt(() => writeFileSync(`${root}/${number}/begun`, ''))) begun = number;
  const folder = `${root}/${number}/.well-known`;
  for (let swap = 0; swap < SWAPS; swap += 1) {
    if (!existsSync(folder) || !attempt(() => renameSync(folder, `${folder}.moved`))) continue;
    attempt(() => symlinkSync(target, folder));
    attempt(() => unlinkSync(folder));
    attempt(() => renameSync(`${folder}.moved`, folder));
  }
  if (existsSync(`${root}/${number}/next`)) number += 1;
}
