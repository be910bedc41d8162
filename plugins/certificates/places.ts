/**
 * The places of authorities and pairs: their files, the files that a step creates next to them, and the folders of
 * challenges.
 */

import type { Claim } from '#plugin';
import type { CertificateResource, IssuerResource } from './diff.ts';
import { authorityFiles, besides, challengeFolder, ordersFolder, placesOf } from './paths.ts';
import { certificateSpec, issuerSpec, rememberedSpec } from './remembered.ts';
import type { CertificateSpec } from './generated.ts';
import type { PairStorage } from './world.ts';

const DIR = '/localCa/dir';
const ACCOUNT_KEY = '/acme/accountKey';

/** An authority's own files, without its folder: pairs may be next to them. */
export function issuerPlaces({ desired, memory }: IssuerResource): readonly Claim[] {
  const spec = issuerSpec(desired, memory);
  if (spec?.acme !== undefined) {
    const { accountKey, solvers } = spec.acme;
    // Issuers with one account have one key. The keys of orders have the names of Certificates.
    const shared = 'key of an ACME account';
    return [
      { kind: 'file', path: accountKey, pointer: ACCOUNT_KEY, shared },
      { kind: 'file', path: besides(accountKey).pending, pointer: ACCOUNT_KEY, aside: true, shared },
      { kind: 'folder', path: ordersFolder(accountKey), pointer: ACCOUNT_KEY, shared },
      ...solvers.flatMap(({ http01 }, i): readonly Claim[] =>
        http01?.webroot === undefined
          ? []
          : [
              {
                kind: 'folder',
                path: challengeFolder(http01.webroot),
                pointer: `/acme/solvers/${i}/http01/webroot`,
                // A website can prove the names of several Issuers. Files have random names.
                shared: 'challenges of ACME',
              },
            ],
      ),
    ];
  }
  const dir = spec?.localCa?.dir;
  if (dir === undefined) return [];
  const { certificate, key } = authorityFiles(dir);
  return [certificate, key].flatMap((path): readonly Claim[] => [
    { kind: 'file', path, pointer: DIR },
    { kind: 'file', path: besides(path).pending, pointer: DIR, aside: true },
  ]);
}

function storagePlaces(storage: PairStorage): readonly Claim[] {
  const { directory } = storage;
  if (directory !== undefined) return [{ kind: 'folder', path: directory.path, pointer: '/storage/directory/path' }];
  return placesOf(storage).flatMap(({ part, path }): readonly Claim[] => {
    const pointer = `/storage/file/${part}`;
    const { pending, backup } = besides(path);
    return [
      // Several pairs can share a chain, as one file under several names.
      { kind: 'file', path, pointer, ...(part === 'chain' ? { aside: true as const } : {}) },
      ...[pending, backup].map((path): Claim => ({ kind: 'file', path, pointer, aside: true })),
    ];
  });
}

/** The storages of a pair in its document and in the state; an open step can have started at another one. */
export function certificatePlaces({ desired, memory }: CertificateResource): readonly Claim[] {
  const applied = memory?.applied?.spec as CertificateSpec | undefined;
  const specs =
    desired === undefined
      ? [rememberedSpec(memory) as CertificateSpec | undefined, applied]
      : [certificateSpec(desired, memory)];
  const storages = new Map(
    specs.flatMap((spec) => (spec === undefined ? [] : [[JSON.stringify(spec.storage), spec.storage] as const])),
  );
  return [...storages.values()].flatMap(storagePlaces);
}
