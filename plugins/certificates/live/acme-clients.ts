/** ACME authorities of one world: a client for each account, and the keys of accounts. */

import { resolve } from 'node:path';
import { defined, type Outside } from '#plugin';
import type { AcmeClient, AcmeServer, ReachOptions } from '../acme/client.ts';
import { requestCounter } from '../acme/counts.ts';
import type { AccountKey } from '../acme/jws.ts';
import type { AccountKeySeen, AcmeAuthority } from '../world.ts';
import { documentDenial } from './denied.ts';
import { readWhole, StorageError } from './files.ts';
import { openServers } from './server-failures.ts';

const KEY_LIMIT = 65_536;
const ANCHORS_LIMIT = 1_048_576;

/** The text of a file. Throws a StorageError if the file does not exist or cannot be read. */
async function textOf(path: string, limit: number): Promise<string> {
  const file = await readWhole(path, limit);
  if (file.kind === 'file') return file.text;
  throw new StorageError(path, file.kind === 'missing' ? 'the file does not exist' : `the path is ${file.what}`);
}

/** Reads the key of an account. Absent without a file. */
export async function readKeyFile(path: string): Promise<AccountKeySeen> {
  const file = await readWhole(path, KEY_LIMIT);
  if (file.kind === 'missing') return { status: 'absent' };
  if (file.kind === 'other') return { status: 'seen', mode: '0000', problem: `is ${file.what}` };
  const { mode } = file.stat;
  try {
    const { readAccountKey } = await import('../acme/jws.ts');
    return { status: 'seen', mode, thumbprint: (await readAccountKey(file.text, path)).thumbprint };
  } catch {
    return {
      status: 'seen',
      mode,
      problem: 'is not a key that an account can have (PEM or JSON Web Key: P-256, P-384, RSA or Ed25519)',
    };
  }
}

type Opening = Pick<Outside, 'folder' | 'env' | 'config' | 'now' | 'count'>;

/** The way to an authority. `ca`: path relative to the project. */
async function reachOf(
  { directory, ca }: Pick<AcmeAuthority, 'directory' | 'ca'>,
  outside: Opening,
): Promise<ReachOptions> {
  const { folder, now, count } = outside;
  const { realTiming } = await import('#plugin/http');
  return defined({
    directory,
    ca: ca === undefined ? undefined : await textOf(resolve(folder, ca), ANCHORS_LIMIT),
    denial: documentDenial(outside),
    timing: { ...realTiming, now },
    count: requestCounter(directory, count),
  });
}

/** Opens the client of a key. */
export async function openWithKey(
  key: AccountKey,
  authority: Pick<AcmeAuthority, 'directory' | 'account' | 'ca'>,
  outside: Opening,
  signal: AbortSignal,
): Promise<AcmeClient> {
  const { openAcme } = await import('../acme/client.ts');
  return openAcme(defined({ ...(await reachOf(authority, outside)), key, account: authority.account }), signal);
}

/** Opens an authority without an account. */
export async function openServer(
  authority: Pick<AcmeAuthority, 'directory' | 'ca'>,
  outside: Opening,
  limits: Required<Pick<ReachOptions, 'requestMs' | 'retries'>>,
  signal: AbortSignal,
): Promise<AcmeServer> {
  const { openAcmeServer } = await import('../acme/client.ts');
  return openAcmeServer({ ...(await reachOf(authority, outside)), ...limits }, signal);
}

/** The name of the server of an authority. */
export function serverName({ directory, ca }: Pick<AcmeAuthority, 'directory' | 'ca'>): string {
  return JSON.stringify([directory, ca]);
}

/** Opens the client of an account, once for each. Paths are relative to the project. */
export type OpenClient = (authority: AcmeAuthority, signal: AbortSignal) => Promise<AcmeClient>;

export function openClients(outside: Opening): OpenClient {
  const clients = new Map<string, Promise<AcmeClient>>();
  const unlessFailed = openServers(outside.now);
  const open = async (authority: AcmeAuthority, signal: AbortSignal): Promise<AcmeClient> => {
    const { readAccountKey } = await import('../acme/jws.ts');
    const path = resolve(outside.folder, authority.accountKey);
    const key = await readAccountKey(await textOf(path, KEY_LIMIT), authority.accountKey);
    return unlessFailed(serverName(authority), () => openWithKey(key, authority, outside, signal));
  };
  return (authority, signal) => {
    const name = JSON.stringify(authority);
    const known = clients.get(name);
    if (known !== undefined) return known;
    const opening = open(authority, signal);
    clients.set(name, opening);
    // A later action tries again.
    opening.catch(() => clients.delete(name));
    return opening;
  };
}
