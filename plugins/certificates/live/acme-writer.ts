/** The part of a writer that uses ACME authorities. */

import { resolve } from 'node:path';
import { mapPaths, ordersFolder } from '../paths.ts';
import { errorText, OutageError, type Outside, PostponedError } from '#plugin';
import { ipAddressesOf } from '../declared.ts';
import { countOrder, type OrderOutcome } from '../acme/counts.ts';
import type { CertificatesConfig } from '../generated.ts';
import { identifiersOf } from '../acme/open-order.ts';
import type { AskedAbout } from '../acme/waits.ts';
import type { AcmeClient } from '../acme/client.ts';
import type { AcmeAuthority, CertificatesWriter, PairStorage } from '../world.ts';
import type { Accounts } from './accounts.ts';
import type { LeftOrders } from './acme-order.ts';
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
  | 'dropOrder'
>;

export interface AcmeWriterOptions {
  readonly outside: Pick<Outside, 'folder' | 'env' | 'config' | 'now' | 'count'>;
  readonly clientOf: OpenClient;
  readonly accounts: () => Promise<Accounts>;
}

/** A request by an account. */
interface Request {
  readonly authority: AcmeAuthority;
  readonly about: AskedAbout;
  readonly signal: AbortSignal;
}

const ABOUT_ACCOUNT: AskedAbout = { kind: 'account' };

/** A request for a certificate with these names. */
function aboutCertificate(names: Parameters<typeof identifiersOf>[0]): AskedAbout {
  return { kind: 'certificate', names: identifiersOf(names) };
}

/** The end of a step with an order that did not get a certificate. */
function outcomeOf(error: unknown): OrderOutcome {
  if (!(error instanceof PostponedError) || error.kept['account_fault'] !== undefined) return 'failed';
  return 'wait_until' in error.kept ? 'limited' : 'pending';
}

/** Modules that only orders need are loaded for the first one. */
export function openAcmeWriter({ outside, clientOf, accounts }: AcmeWriterOptions): AcmeWriter {
  const { folder, env } = outside;
  const settings = outside.config as unknown as Partial<CertificatesConfig>;
  const inTurn = openTurns();
  const leftOrders: LeftOrders = new Map();
  const at = (path: string): string => resolve(folder, path);
  const storageAt = (storage: PairStorage): PairStorage => mapPaths(storage, at);
  /**
   * Uses the client of an account. Throws a PostponedError if the authority refuses for a time, or because of the account, and
   * an OutageError for a failure that nothing judged.
   */
  async function byAccount<T>(
    { authority, about, signal }: Request,
    use: (client: AcmeClient) => Promise<T>,
  ): Promise<T> {
    const { directory, account } = authority;
    let client: AcmeClient | undefined;
    try {
      client = await clientOf(authority, signal);
      return await use(client);
    } catch (error) {
      if (signal.aborted) throw error;
      const { postponed } = await import('./postponed.ts');
      const asked = { directory, account, about };
      const wait = await postponed(error, { asked, client, now: outside.now(), signal });
      if (wait !== undefined) throw wait;
      const { isOutageOf } = await import('../acme/outages.ts');
      throw isOutageOf(error) ? new OutageError(errorText(error), { cause: error }) : error;
    }
  }

  return {
    createAccount: async ({ authority, contact, eab, signal }) => {
      const { contactUrls, createAccount, externalAccount, keyFrom } = await import('./acme-account.ts');
      const external = eab === undefined ? {} : { eab: externalAccount(eab, authority.directory, settings, env) };
      // Issuers with the same key create it once.
      const { key, isNew } = await inTurn([at(authority.accountKey)], () => keyFrom(at(authority.accountKey)), {
        signal,
      });
      const order = { contact: contactUrls(contact), termsAgreed: true, ...external };
      const made = await byAccount({ authority, about: ABOUT_ACCOUNT, signal }, (client) =>
        createAccount(client, order, signal),
      );
      return { ...made, thumbprint: key.thumbprint, key_made: isNew };
    },
    updateContact: async (authority, contact, signal) => {
      const { contactUrls } = await import('./acme-account.ts');
      await byAccount({ authority, about: ABOUT_ACCOUNT, signal }, (client) =>
        client.updateContact(contactUrls(contact), signal),
      );
    },
    rollover: async (authority, newKey, signal) => {
      const { rollOver } = await import('./acme-account.ts');
      return inTurn(
        [at(newKey)],
        () => byAccount({ authority, about: ABOUT_ACCOUNT, signal }, (client) => rollOver(client, at(newKey), signal)),
        { signal },
      );
    },
    deactivateAccount: async (authority, keepKey, signal) => {
      const { deactivate, removeKey } = await import('./acme-account.ts');
      await byAccount({ authority, about: ABOUT_ACCOUNT, signal }, (client) =>
        deactivate(client, authority.account, signal),
      );
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
      // A mistake of the configuration is found before the authority counts an order. One that is begun may need no solver.
      if (order.begun === undefined) solvers.checkFor({ dnsNames: order.dnsNames, ipAddresses: ipAddressesOf(order) });
      try {
        // The client needs the key: without it, no other one is created.
        const issued = await byAccount({ ...order, about: aboutCertificate(order) }, async (client) =>
          orderCertificate(
            { ...order, storage: storageAt(order.storage) },
            { client, key: await keyAt(keyPath), accounts: await accounts(), at, solvers, inTurn, leftOrders },
          ),
        );
        countOrder(directory, 'issued', outside.count);
        return issued;
      } catch (error) {
        countOrder(directory, outcomeOf(error), outside.count);
        throw error;
      }
    },
    dropOrder: async (order) => {
      const { dropOrder } = await import('./acme-order.ts');
      const { solversOf } = await import('./acme-solvers.ts');
      return dropOrder(order, { at, solvers: solversOf(order, outside, order.stillApproved) });
    },
    rehearse: async (rehearsal) => {
      const [{ externalAccount }, { rehearseOrder }, { solversOf }, { accountKeyOf }, { makeKeys }] = await Promise.all(
        [
          import('./acme-account.ts'),
          import('./acme-rehearsal.ts'),
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
      const { downloadChain } = await import('./acme-chain.ts');
      return byAccount({ ...order, about: aboutCertificate(order) }, async (client) =>
        downloadChain({ ...order, storage: storageAt(order.storage) }, client, await accounts()),
      );
    },
  };
}
