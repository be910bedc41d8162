/** Another chain of a stored certificate, which its authority offers: nothing is ordered. */

import { noChainText } from '../acme/chains.ts';
import type { AcmeClient } from '../acme/client.ts';
import type { ChainOrder } from '../world.ts';
import type { Accounts } from './accounts.ts';
import { identifiersToProve } from './acme-proof.ts';
import { replaceStored, storedPair } from './stored.ts';
import { keyPem } from './x509-make.ts';
import { isKeyOf, readChain, readKey, x509Seen } from './x509-read.ts';

/** Downloads a chain of a stored certificate, and stores it with the same key. */
export async function downloadChain(
  order: ChainOrder,
  client: AcmeClient,
  accounts: Accounts,
): Promise<{ readonly chain: string }> {
  const { storage, download, preferred, untouched = false, found, signal } = order;
  const { path, key } = await storedPair(storage);
  const [leaf] = path;
  if (leaf === undefined || key === undefined) throw new Error('no usable pair is stored');
  order.progress(preferred === '' ? 'downloading the usual chain' : `downloading the chain up to ${preferred}`);
  const { dnsNames, ipAddresses } = x509Seen(leaf);
  const issued = await client.certificate(
    {
      url: download,
      certificate: download,
      status: 'valid',
      identifiers: identifiersToProve({ dnsNames, ipAddresses }),
      authorizations: [],
      finalize: download,
    },
    leaf.publicKey,
    preferred === '' ? undefined : preferred,
    signal,
  );
  if (!issued.isPreferred)
    throw new Error(`${noChainText(preferred, issued)}. Name one of them in \`preferredChain\`, or remove the field`);
  const [first] = issued.certificates;
  if (first === undefined || !first.raw.equals(leaf.raw))
    throw new Error('the authority sent another certificate than the stored one');
  const pair = { path: issued.certificates, key: keyPem(key) };
  await replaceStored(
    storage,
    { first: false, untouched, ...(found === undefined ? {} : { found }) },
    pair,
    accounts,
    (certificate, text) => {
      const read = readKey(text);
      if (
        readChain(certificate).certificates[0]?.raw.equals(leaf.raw) !== true ||
        !('key' in read) ||
        !isKeyOf(read.key, leaf)
      )
        throw new Error('the stored pair is not the one that was downloaded');
    },
    signal,
  );
  return { chain: preferred };
}
