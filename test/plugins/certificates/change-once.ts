/** Changes stored pairs once, in a process of its own that a test observes. */

import type { PairStorage } from '../../../plugins/certificates/world.ts';
import { certificates } from '../../../plugins/certificates/plugin.ts';
import type { CertificatesWriter } from '../../../plugins/certificates/world.ts';
import { outside } from './outside.ts';

export interface OneChange {
  readonly folder: string;
  readonly what: 'first' | 'again' | 'tidy' | 'delete';
  readonly storage: PairStorage;
  /** Epoch ms. */
  readonly now: number;
}

const { folder, what, storage, now } = JSON.parse(process.argv[2] ?? '') as OneChange;
const world = (await certificates.openWriter(outside(folder))) as CertificatesWriter;
if (what === 'tidy') await world.tidyPair(storage);
else if (what === 'delete') await world.deletePair(storage);
else
  await world.issue({
    storage,
    authority: { dir: 'ca' },
    dnsNames: ['www.example.test', 'example.test'],
    keyAlgorithm: 'ecdsa-p256',
    validityDays: 90,
    first: what === 'first',
    now,
    signal: new AbortController().signal,
    progress: () => {},
  });
