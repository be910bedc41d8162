/** Read access to the infrastructure: files of the project's folder, and TLS servers. */

import { resolve } from 'node:path';
import type { Outside } from '#plugin';
import type { CertificatesConfig } from '../generated.ts';
import { mapPaths } from '../paths.ts';
import type { CertificatesReader, PairStorage } from '../world.ts';
import { type Accounts, readAccounts } from './accounts.ts';
import { readKeyFile } from './acme-clients.ts';
import { readAuthority } from './authority.ts';
import { openProbing } from './probing.ts';
import { readStored } from './stored.ts';

/** A storage with its paths absolute. */
export function storageIn(folder: string, storage: PairStorage): PairStorage {
  return mapPaths(storage, (path) => resolve(folder, path));
}

/** Runs `work` on first use. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}

/** The accounts of this machine, read on first use. */
export function openAccounts(): () => Promise<Accounts> {
  return once(readAccounts);
}

export function openReader(outside: Outside): CertificatesReader {
  const { folder } = outside;
  const accounts = openAccounts();
  const questions = once(async () => (await import('./acme-questions.ts')).openQuestions(outside));
  return {
    settings: outside.config as unknown as Partial<CertificatesConfig>,
    readAccountKey: (path) => readKeyFile(resolve(folder, path)),
    openAcmeQuestions: async (signal) => (await questions())(signal),
    ...openProbing(outside, (outside.config as unknown as Partial<CertificatesConfig>).probe),
    readAuthority: (dir) => readAuthority(resolve(folder, dir)),
    readPair: async (storage) => readStored(storageIn(folder, storage), await accounts()),
    findPairs: async (dir, signal) => (await import('./find-pairs.ts')).findPairs(folder, dir, signal),
    findAcmeClients: async (places, signal) =>
      (await import('./find-acme-clients.ts')).findAcmeClients(folder, places, signal),
  };
}
