/**
 * HTTP-01 challenges of ACME: a round writes a file for each token, and the daemon answers with its content. Any process
 * that writes to the folder proves control of the names of this machine, so that only trusted users may write there.
 */

import { constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { CHALLENGE_PATH, InputError, isToken, MOST_CHALLENGE_BYTES } from '#plugin';
import { open, realpath } from '#plugin/direct-files';
import { type ListenAddress, listenAddress } from '#plugin/listen-address';
import { distrustOf, type Owners } from '#plugin/owner';
import type { ServeHost } from '../engine/generated.ts';
import type { Route } from './http/app.ts';
import { bytesReply, plainReply } from './http/reply.ts';

export interface ChallengeSettings {
  readonly listen: readonly ListenAddress[];
  /** Absolute; undefined for a folder of the daemon alone. */
  readonly folder: string | undefined;
}

/** `file`: absolute path of the file that has the settings. Throws an InputError for an address that is not valid. */
export function challengeSettings(
  { listen, folder }: NonNullable<ServeHost['challenges']>,
  file: string,
): ChallengeSettings {
  return {
    listen: listen.map(listenAddress),
    folder: folder === undefined ? undefined : resolve(dirname(file), folder),
  };
}

export interface Challenges {
  /** Absolute. */
  readonly folder: string;
  readonly listen: readonly ListenAddress[];
  readonly close: () => Promise<void>;
}

async function trusted(folder: string, owners: Owners): Promise<string> {
  const real = await realpath(folder).catch(() => {
    throw new InputError(`${folder} was not found. Create the folder of the challenges`);
  });
  const distrust = await distrustOf(real, owners);
  if (distrust === undefined) return real;
  throw new InputError(`${folder} is not trusted: ${distrust.path} ${distrust.reason}. Correct its owner and mode`);
}

/** Opens the folder of the challenges. Throws an InputError if the folder does not exist, or if others may write to it. */
export async function openChallenges({ listen, folder }: ChallengeSettings, owners: Owners): Promise<Challenges> {
  if (folder !== undefined) return { folder: await trusted(folder, owners), listen, close: async () => {} };
  const own = await mkdtemp(join(tmpdir(), 'fettle-challenges-'));
  return { folder: own, listen, close: () => rm(own, { recursive: true, force: true }) };
}

const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** The content of the file of a token; undefined if there is none. */
async function textOf(folder: string, token: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (!isToken(token)) return undefined;
  try {
    await using handle = await open(join(folder, token), FLAGS);
    if (!(await handle.stat()).isFile()) return undefined;
    const buffer = Buffer.alloc(MOST_CHALLENGE_BYTES);
    const length = await handle.read(buffer, 0, buffer.length);
    return new Uint8Array(buffer.subarray(0, length));
  } catch {
    // No order has such a token, or its file was just removed.
    return undefined;
  }
}

/** The route of an authority: it has no credentials. */
export function challengeRoute(folder: string): Route {
  return {
    method: 'GET',
    path: `${CHALLENGE_PATH}/:token`,
    answer: async ({ req }) => {
      const text = await textOf(folder, req.param('token') ?? '');
      if (text === undefined || text.length === 0) return plainReply(404, 'not found');
      return bytesReply(text, { 'content-type': 'application/octet-stream' });
    },
  };
}
