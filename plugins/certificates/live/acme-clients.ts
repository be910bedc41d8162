/** ACME authorities of one world: a client for each account, and what a refresh asks an authority. */

import { resolve } from 'node:path';
import { instantText, type Outside } from '#plugin';
import { usualDenial } from '#plugin/net';
import type { AcmeClient } from '../acme/client.ts';
import type { AccountKeySeen, AcmeAuthority, CertificatesReader } from '../world.ts';
import { readWhole, StorageError } from './files.ts';

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
    return { status: 'seen', mode, thumbprint: (await readAccountKey(file.text)).thumbprint };
  } catch {
    return {
      status: 'seen',
      mode,
      problem: 'is not a key that an account can have (PKCS#8: P-256, P-384, RSA or Ed25519)',
    };
  }
}

/** Opens the client of an account, once for each. Paths are relative to the project. */
export type OpenClient = (authority: AcmeAuthority, signal: AbortSignal) => Promise<AcmeClient>;

export function openClients({ folder, env }: Pick<Outside, 'folder' | 'env'>): OpenClient {
  const clients = new Map<string, Promise<AcmeClient>>();
  const open = async (
    { directory, accountKey, account, ca }: AcmeAuthority,
    signal: AbortSignal,
  ): Promise<AcmeClient> => {
    const [{ openAcme }, { readAccountKey }] = await Promise.all([
      import('../acme/client.ts'),
      import('../acme/jws.ts'),
    ]);
    const key = await readAccountKey(await textOf(resolve(folder, accountKey), KEY_LIMIT));
    const anchors = ca === undefined ? {} : { ca: await textOf(resolve(folder, ca), ANCHORS_LIMIT) };
    return openAcme(
      { directory, key, denial: usualDenial(env), ...anchors, ...(account === undefined ? {} : { account }) },
      signal,
    );
  };
  return (authority, signal) => {
    const name = JSON.stringify(authority);
    const known = clients.get(name);
    if (known !== undefined) return known;
    const opening = open(authority, signal);
    clients.set(name, opening);
    // The next action tries again.
    opening.catch(() => clients.delete(name));
    return opening;
  };
}

type AcmeReader = Pick<CertificatesReader, 'readAccountKey' | 'renewalInfo' | 'caaRefusals'>;

/** The part of a reader that asks ACME authorities. */
export function openAcmeReader(outside: Pick<Outside, 'folder' | 'env'>, clientOf: OpenClient): AcmeReader {
  return {
    readAccountKey: (path) => readKeyFile(resolve(outside.folder, path)),
    renewalInfo: async (authority, certificateId, signal) => {
      const client = await clientOf(authority, signal);
      const info = await client.renewalInfo(certificateId, signal);
      if (info === undefined) throw new Error('the authority has no renewal information');
      const { window, explanation, askAgainMs } = info;
      const difference = client.clockDifferenceMs();
      return {
        ...window,
        askAgainMs,
        ...(explanation === undefined ? {} : { explanation }),
        ...(difference === undefined ? {} : { clockSeconds: Math.round(difference / 1000) }),
      };
    },
    caaRefusals: async () => [],
  };
}

/** The time at which an authority that refused an order takes it again, as text. */
export function waitUntil(now: number, retryAfterMs: number | undefined): string {
  const HOUR_MS = 3_600_000;
  const wait = Math.min(7 * 24 * HOUR_MS, Math.max(60_000, retryAfterMs ?? HOUR_MS));
  return instantText(now + wait);
}
