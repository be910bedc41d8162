/** The part of a writer that uses ACME authorities. */

import { resolve } from 'node:path';
import { mapPaths, ordersFolder } from '../paths.ts';
import { type Outside, PostponedError } from '#plugin';
import { countOrder } from '../acme/counts.ts';
import type { CertificatesConfig } from '../generated.ts';
import type { AcmeOrder, CertificatesWriter, PairStorage } from '../world.ts';
import type { Accounts } from './accounts.ts';
import { type OpenClient, openWithKey } from './acme-clients.ts';
import { openTurns } from './turns.ts';

type AcmeWriter = Pick<
  CertificatesWriter,
  | 'createAccount'
  | 'updateContact'
  | 'rollover'
  | 'deactivateAccount'
  | 'tidyAccountKey'
  | 'orderCertificate'
  | 'rehearse'
  | 'downloadChain'
  | 'endOrder'
>;

export interface AcmeWriterOptions {
  readonly outside: Pick<Outside, 'folder' | 'env' | 'config' | 'now' | 'count'>;
  readonly clientOf: OpenClient;
  readonly accounts: () => Promise<Accounts>;
}

/** Modules that only orders need are loaded for the first one. */
export function openAcmeWriter({ outside, clientOf, accounts }: AcmeWriterOptions): AcmeWriter {
  const { folder, env } = outside;
  const settings = outside.config as unknown as Partial<CertificatesConfig>;
  const inTurn = openTurns();
  const at = (path: string): string => resolve(folder, path);
  const storageAt = (storage: PairStorage): PairStorage => mapPaths(storage, at);
  return {
    createAccount: async ({ authority, contact, eab, signal }) => {
      const { contactUrls, externalAccount, keyFrom } = await import('./acme-account.ts');
      const { key, isNew } = await keyFrom(at(authority.accountKey));
      const client = await clientOf(authority, signal);
      const found = await client.findAccount(signal);
      const external = eab === undefined ? {} : { eab: externalAccount(eab, authority.directory, settings, env) };
      const account =
        found ??
        (await client.createAccount({ contact: contactUrls(contact), termsAgreed: true, ...external }, signal));
      if (account.status !== 'valid') throw new Error(`the account ${account.url} is ${account.status}`);
      if (found !== undefined && contact.length > 0) await client.updateContact(contactUrls(contact), signal);
      return { account: account.url, thumbprint: key.thumbprint, key_made: isNew };
    },
    updateContact: async (authority, contact, signal) => {
      const { contactUrls } = await import('./acme-account.ts');
      await (await clientOf(authority, signal)).updateContact(contactUrls(contact), signal);
    },
    rollover: async (authority, newKey, signal) => {
      const { rollOver } = await import('./acme-account.ts');
      return rollOver(await clientOf(authority, signal), at(newKey), signal);
    },
    deactivateAccount: async (authority, keepKey, signal) => {
      const { removeKey } = await import('./acme-account.ts');
      await (await clientOf(authority, signal)).deactivate(signal);
      if (!keepKey) await removeKey(at(authority.accountKey), ordersFolder(at(authority.accountKey)));
    },
    tidyAccountKey: async (path) => (await import('./acme-account.ts')).tidyKey(at(path)),
    orderCertificate: async (order) => {
      const { orderCertificate } = await import('./acme-order.ts');
      const { solversOf } = await import('./acme-solvers.ts');
      const { keyAt } = await import('./acme-account.ts');
      const solvers = solversOf(order.issuer, outside, order.stillApproved);
      const keyPath = at(order.authority.accountKey);
      const { directory } = order.authority;
      try {
        const issued = await orderCertificate({ ...order, storage: storageAt(order.storage) } satisfies AcmeOrder, {
          client: await clientOf(order.authority, order.signal),
          key: await keyAt(keyPath),
          accounts: await accounts(),
          keyPath,
          solvers,
          inTurn,
        });
        countOrder(directory, 'issued', outside.count);
        return issued;
      } catch (error) {
        countOrder(directory, error instanceof PostponedError ? 'limited' : 'failed', outside.count);
        throw error;
      }
    },
    endOrder: async (accountKey, name) => {
      const { removeOrderKey } = await import('./acme-order.ts');
      await removeOrderKey(at(accountKey), name);
    },
    rehearse: async (rehearsal) => {
      const [{ externalAccount }, { rehearseOrder }, { solversOf }, { accountKeyOf }, { makeKeys }] = await Promise.all(
        [
          import('./acme-account.ts'),
          import('./acme-order.ts'),
          import('./acme-solvers.ts'),
          import('../acme/jws.ts'),
          import('./x509-make.ts'),
        ],
      );
      const { eab, directory } = rehearsal;
      const external = eab === undefined ? undefined : externalAccount(eab, directory, settings, env);
      // The account of the Issuer is not known to the directory of a rehearsal.
      const key = await accountKeyOf((await makeKeys('ecdsa-p256')).privateKey);
      const client = await openWithKey(key, rehearsal, outside, rehearsal.signal);
      const prover = {
        client,
        key,
        inTurn,
        solvers: solversOf(rehearsal.issuer, outside, rehearsal.stillApproved),
      };
      return rehearseOrder(rehearsal, prover, external);
    },
    downloadChain: async (order) => {
      const { downloadChain } = await import('./acme-order.ts');
      const client = await clientOf(order.authority, order.signal);
      return downloadChain({ ...order, storage: storageAt(order.storage) }, client, await accounts());
    },
  };
}
