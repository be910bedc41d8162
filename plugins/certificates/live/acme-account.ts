/** Accounts at ACME authorities: creation, contact, rollover and deactivation. Paths are absolute. */

import { dirname } from 'node:path';
import { errorText, heldSecret, InputError, sendingMistake } from '#plugin';
import { AcmeProblem } from '../acme/acme-problem.ts';
import type { Account } from '../acme/answers.ts';
import type { AccountOrder, AcmeClient } from '../acme/client.ts';
import { type AccountKey, readAccountKey } from '../acme/jws.ts';
import type { CertificatesConfig } from '../generated.ts';
import { besides } from '../paths.ts';
import type { KeyUse } from '../world.ts';
import {
  closeKey,
  makeFolder,
  moveNew,
  readWhole,
  removeEmptyFolder,
  removeFile,
  syncFolder,
  writeNew,
} from './files.ts';
import { faultOf } from './postponed.ts';
import { keyPem, makeKeys } from './x509-make.ts';

const KEY_LIMIT = 65_536;
const ORIGINS = 'FETTLE_PROVIDER_ORIGINS';
const EAB_VARIABLE = 'ACME_EAB_KEY';

/** The key at a path; created and durable if the file does not exist. */
export async function keyAt(path: string): Promise<AccountKey> {
  return (await keyFrom(path)).key;
}

/** The same. `isNew`: the key was created. */
export async function keyFrom(path: string): Promise<{ readonly key: AccountKey; readonly isNew: boolean }> {
  const file = await readWhole(path, KEY_LIMIT);
  if (file.kind === 'file') return { key: await readAccountKey(file.text, path), isNew: false };
  if (file.kind === 'other') throw new InputError(`the key of the account, ${path}, is ${file.what}`);
  const { pending } = besides(path);
  await makeFolder(dirname(path));
  await removeFile(pending);
  const { privateKey } = await makeKeys('ecdsa-p256');
  const text = keyPem(privateKey);
  await writeNew(pending, text, { mode: 0o600 });
  await syncFolder(dirname(path));
  await moveNew(pending, path);
  return { key: await readAccountKey(text, path), isNew: true };
}

/** An external account of the settings. Throws an InputError if its key must not be used for the directory. */
export function externalAccount(
  name: string,
  directory: string,
  { acme }: Partial<CertificatesConfig>,
  env: Readonly<Record<string, string | undefined>>,
): { readonly kid: string; readonly hmacKey: string } {
  const found = acme?.accounts[name];
  if (found === undefined)
    throw new InputError(`plugins.certificates.acme.accounts of fettle.yaml does not have the account ${name}`);
  const what = `the key of the external account ${name}`;
  const field = `plugins.certificates.acme.accounts.${name}.hmacKey`;
  const hmacKey = heldSecret(found.hmacKey, { what, variable: EAB_VARIABLE, field }, env);
  const to = new URL(directory);
  const mistake = sendingMistake({ secret: hmacKey, variable: EAB_VARIABLE, to, signs: true }, ORIGINS, env);
  if (mistake !== undefined) throw new InputError(`${what} ${mistake}`);
  return { kid: found.kid, hmacKey };
}

/** The addresses of a contact, as RFC 8555 has them. */
export function contactUrls(contact: readonly string[]): readonly string[] {
  return contact.map((address) => `mailto:${address}`);
}

/** Removes the key of a deactivated account, and the folder of its orders if that is empty. */
export async function removeKey(path: string, orders: string): Promise<void> {
  await removeEmptyFolder(orders);
  if (await removeFile(path)) await syncFolder(dirname(path));
}

export async function tidyKey(path: string): Promise<void> {
  await closeKey(path, KEY_LIMIT, (text) => readAccountKey(text, path));
}

/** Gives the account the key at `newPath`. A rollover that took place before is found by the client. */
export async function rollOver(client: AcmeClient, newPath: string, signal: AbortSignal): Promise<KeyUse> {
  const { key, isNew } = await keyFrom(newPath);
  await client.rollover(key, signal);
  return { thumbprint: key.thumbprint, key_made: isNew };
}

/** Finds or creates the account of a key. `terms`: the address of the terms of service that a new account has agreed to. */
export async function createAccount(
  client: AcmeClient,
  order: AccountOrder,
  signal: AbortSignal,
): Promise<{ readonly account: string; readonly terms?: string }> {
  const found = await findAccount(client, signal);
  if (found === undefined) {
    const { url, created } = await client.createAccount(order, signal);
    const { termsOfService: terms } = client.directory;
    return created && terms?.startsWith('https:') === true ? { account: url, terms } : { account: url };
  }
  if (found.status !== 'valid') throw new Error(ended(`the account ${found.url} of the key is ${found.status}`));
  if (order.contact.length > 0) await client.updateContact(order.contact, signal);
  return { account: found.url };
}

async function findAccount(client: AcmeClient, signal: AbortSignal): Promise<Account | undefined> {
  try {
    return await client.findAccount(signal);
  } catch (error) {
    if (!(error instanceof AcmeProblem) || error.code !== 'unauthorized') throw error;
    throw new Error(ended(`the authority no longer accepts the account of the key: ${errorText(error)}`), {
      cause: error,
    });
  }
}

function ended(why: string): string {
  return `${why}. Declare another \`accountKey\`: the next apply creates an account for it`;
}

/** Deactivates an account. One that is deactivated already stays so. */
export async function deactivate(client: AcmeClient, account: string | undefined, signal: AbortSignal): Promise<void> {
  try {
    await client.deactivate(signal);
  } catch (error) {
    const isRefused = error instanceof AcmeProblem && error.code === 'unauthorized';
    const fault = isRefused && account !== undefined ? await faultOf(client, account, signal) : undefined;
    if (fault?.status !== 'deactivated') throw error;
  }
}
