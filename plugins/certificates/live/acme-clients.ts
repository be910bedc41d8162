/** ACME authorities of one world: a client for each account, and what a refresh asks an authority. */

import { resolve } from 'node:path';
import { defined, errorText, type Outside } from '#plugin';
import { forEachOf, limiter } from '#plugin/limit';
import { usualDenial } from '#plugin/net';
import type { AcmeClient } from '../acme/client.ts';
import { requestCounter } from '../acme/counts.ts';
import type { AccountKey } from '../acme/jws.ts';
import type { CaaRefusal } from '../acme/rules.ts';
import type { CertificatesConfig } from '../generated.ts';
import { askAgainMs } from '../acme/renewal-window.ts';
import type { AccountKeySeen, AcmeAuthority, CertificatesReader, RenewalAnswer } from '../world.ts';
import { documentDenial } from './denied.ts';
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
async function readKeyFile(path: string): Promise<AccountKeySeen> {
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

/** Opens the client of a key. `ca`: path relative to the project. */
export async function openWithKey(
  key: AccountKey,
  { directory, account, ca }: Pick<AcmeAuthority, 'directory' | 'account' | 'ca'>,
  outside: Pick<Outside, 'folder' | 'env' | 'config' | 'now' | 'count'>,
  signal: AbortSignal,
): Promise<AcmeClient> {
  const { folder, now, count } = outside;
  const [{ openAcme }, { realTiming }] = await Promise.all([import('../acme/client.ts'), import('#plugin/http')]);
  const anchors = ca === undefined ? undefined : await textOf(resolve(folder, ca), ANCHORS_LIMIT);
  const timing = { ...realTiming, now };
  return openAcme(
    defined({
      directory,
      key,
      account,
      ca: anchors,
      denial: documentDenial(outside),
      timing,
      count: requestCounter(directory, count),
    }),
    signal,
  );
}

/** Opens the client of an account, once for each. Paths are relative to the project. */
export type OpenClient = (authority: AcmeAuthority, signal: AbortSignal) => Promise<AcmeClient>;

export function openClients(outside: Pick<Outside, 'folder' | 'env' | 'config' | 'now' | 'count'>): OpenClient {
  const clients = new Map<string, Promise<AcmeClient>>();
  const open = async (authority: AcmeAuthority, signal: AbortSignal): Promise<AcmeClient> => {
    const { readAccountKey } = await import('../acme/jws.ts');
    const path = resolve(outside.folder, authority.accountKey);
    const key = await readAccountKey(await textOf(path, KEY_LIMIT), authority.accountKey);
    return openWithKey(key, authority, outside, signal);
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

const CAA_AT_ONCE = 8;
/** Questions for renewal windows at once: each one of them has a connection, which costs more than the question. */
const WINDOWS_AT_ONCE = 16;

/** The window of a certificate, or the reason why the authority gave none. */
async function answerOf(client: AcmeClient, certificateId: string, signal: AbortSignal): Promise<RenewalAnswer> {
  try {
    const info = await client.renewalInfo(certificateId, signal);
    return info ?? { failure: 'the authority has no renewal information', askAgainMs: askAgainMs(undefined) };
  } catch (error) {
    const { ApiError } = await import('#plugin/http');
    if (signal.aborted || !(error instanceof ApiError)) throw error;
    return { failure: errorText(error), askAgainMs: askAgainMs(error.retryAfterMs) };
  }
}

/** The part of a reader that asks ACME authorities. */
export function openAcmeReader(outside: Pick<Outside, 'folder' | 'env' | 'config'>, clientOf: OpenClient): AcmeReader {
  const settings = outside.config as unknown as Partial<CertificatesConfig>;
  const oneOfFew = limiter(WINDOWS_AT_ONCE);
  return {
    readAccountKey: (path) => readKeyFile(resolve(outside.folder, path)),
    renewalInfo: async (authority, certificateId, signal) => {
      const client = await clientOf(authority, signal);
      const answer = await oneOfFew(() => answerOf(client, certificateId, signal), { signal });
      const difference = client.clockDifferenceMs();
      return difference === undefined ? answer : { ...answer, clockSeconds: Math.round(difference / 1000) };
    },
    caaRefusals: async (authority, names, signal) => {
      const [{ caaText }, { lookUpCaa }, { openDns }] = await Promise.all([
        import('../acme/caa.ts'),
        import('../acme/dns/caa-look-up.ts'),
        import('../acme/dns/lookup.ts'),
      ]);
      const client = await clientOf(authority, signal);
      const issuers = client.directory.caaIdentities;
      // Without identities, no record can name the authority.
      if (issuers.length === 0) return [];
      const { ask } = openDns(settings.probe?.resolvers, usualDenial(outside.env));
      const account = authority.account === undefined ? {} : { accountUri: authority.account };
      const refusals: CaaRefusal[] = [];
      await forEachOf(names, CAA_AT_ONCE, async ({ name, wildcard, method }) => {
        const question = { issuers, wildcard, method, ...account };
        const found = await lookUpCaa(ask, name, question, signal);
        if (found.verdict !== 'forbidden') return;
        const { at, faults } = found;
        const waits = faults.every((each) => each === 'account-unknown') ? { waits: true } : {};
        refusals.push({ name: wildcard ? `*.${name}` : name, at, ...caaText(found, question, at), ...waits });
      });
      return refusals.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}
