/** Reasons of the rows that remove a resource, with what each removal destroys. Pure. */

import { listed, type Scene, seenFacts } from '#plugin';
import { authorityOf } from './acme/account.ts';
import { removesKey } from './acme/shared-accounts.ts';
import type { CertificateResource, IssuerResource } from './diff.ts';
import { placesOf } from './paths.ts';
import { issuerSpec, storageInUse } from './remembered.ts';

const GONE = 'no longer declared';

function goneText(losses: readonly string[]): string {
  const [first = '', ...others] = losses;
  if (first === '') return GONE;
  const sentence = [`${first.slice(0, 1).toUpperCase()}${first.slice(1)}`, ...others].join(' and ');
  return `${GONE}. ${sentence}; cannot be undone`;
}

/** The reason of the row that removes an Issuer. */
export function issuerRemoval(resource: IssuerResource, scene: Pick<Scene, 'ofKind'>): string {
  const { acme, localCa } = issuerSpec(resource.desired, resource.memory) ?? {};
  if (localCa !== undefined) return goneText([`removes ca.crt and ca.key of ${localCa.dir}`]);
  if (acme === undefined) return GONE;
  const { account } = authorityOf(acme, resource.memory);
  return goneText([
    ...(account === undefined ? [] : [`deactivates the account ${account}`]),
    ...(removesKey(resource, scene) ? [`removes ${acme.accountKey}`] : []),
  ]);
}

/** The reason of the row that removes a Certificate, with its files and those of an order that has not ended. */
export function certificateRemoval(resource: CertificateResource): string {
  const storage = storageInUse(resource);
  const there = new Set(
    (seenFacts(resource)?.files ?? []).flatMap(({ part, mode }) => (mode === undefined ? [] : [part])),
  );
  const { order_key: orderKey } = resource.memory?.kept ?? {};
  const files = [
    ...(storage === undefined ? [] : placesOf(storage).flatMap(({ part, path }) => (there.has(part) ? [path] : []))),
    ...(orderKey === undefined ? [] : [orderKey]),
  ];
  return goneText(files.length === 0 ? [] : [`removes ${listed(files)}`]);
}
