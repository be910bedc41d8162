/** The host of this process: the environment, clock and actor of a project opened by the command line. */

import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { pluginLoaders } from '../plugins.ts';
import { actorIn } from '../run/ci.ts';
import type { Host } from '../run/project.ts';
import { openConfiguredStore } from '../run/stores.ts';
import type { Shell } from '../shell.ts';

type Env = Shell['env'];

function userName(env: Env): string {
  try {
    return userInfo().username;
  } catch {
    // A container can run under a user id without a name.
    return env.USER ?? `uid ${process.getuid?.() ?? '?'}`;
  }
}

function actorOf(env: Env): string {
  return actorIn(env, `${userName(env)}@${hostname()}`);
}

/**
 * Throws InputError if the environment names a plugin that cannot be loaded, or one with a name of `reserved`: the first
 * words of fettle's own commands.
 */
export function hostOf(shell: Shell, reserved: ReadonlySet<string>): Host {
  let actor: string | undefined;
  return {
    env: shell.env,
    now: shell.now,
    elapsed: () => Number(process.hrtime.bigint()) / 1e6,
    randomId: () => randomBytes(8).toString('hex'),
    uid: process.getuid?.(),
    get actor() {
      return (actor ??= actorOf(shell.env));
    },
    plugins: shell.plugins ?? pluginLoaders(shell.env, reserved),
    openStore: openConfiguredStore,
  };
}
