#!/usr/bin/env node
/**
 * The entry point: runs the command in argv.
 *
 * The bundle of this file is the only one that an old Node.js reads, so it has no static import, and the syntax of
 * ES2020. `version` prints before any other module is loaded.
 */

import { openOutput } from './output.ts';
import { finish, run } from './run.ts';
import { versionText } from './version.ts';

const oldestMajor = 24;
const versionWords: readonly (string | undefined)[] = ['version', '--version', '-version', '-v', '-V'];
const jsonFlags: readonly (string | undefined)[] = ['--json', '-json'];

/** True for the plain forms only. The real parser handles others, and the help of `version`. */
function versionAsked([word, flag, more]: readonly string[]): 'text' | 'json' | undefined {
  if (!versionWords.includes(word) || more !== undefined) return undefined;
  if (flag === undefined) return 'text';
  return jsonFlags.includes(flag) ? 'json' : undefined;
}

function start(): void {
  if (Number(process.versions.node.split('.')[0]) < oldestMajor) {
    const what = `this is ${process.version} (${process.execPath})`;
    process.stderr.write(`fettle needs Node.js ${oldestMajor} or later; ${what}\n`);
    process.exitCode = 1;
    return;
  }
  // With plugins of other packages, `version` lists them, which needs the whole program.
  const asked = process.env['FETTLE_PLUGINS'] === undefined ? versionAsked(process.argv.slice(2)) : undefined;
  if (asked === undefined) {
    void run(() => import('./commands/main.ts'));
    return;
  }
  const outputs = { stdout: openOutput(1), stderr: openOutput(2) };
  const platform = `${process.platform}_${process.arch}`;
  outputs.stdout.write(versionText(asked === 'json', { node: process.version, platform }));
  finish(outputs, 0);
}

start();
