/** The ACME authorities that the same tests are held against. */

import type { AuthorityOptions, Feature, TestAuthority } from './authority.ts';
import { startEmulated } from './emulated.ts';
import { pebbleFeatures, startPebble } from './pebble.ts';
import { debianPebble, cachedPebble } from './programs.ts';

export interface NamedAuthority {
  readonly name: string;
  readonly features: ReadonlySet<Feature>;
  readonly start: (options?: AuthorityOptions) => Promise<TestAuthority>;
}

/** The authorities that can run here. */
export function testAuthorities(): readonly NamedAuthority[] {
  const pebbles = [cachedPebble(), debianPebble()].flatMap((programs): readonly NamedAuthority[] =>
    programs === undefined
      ? []
      : [
          {
            name: `Pebble ${programs.version}`,
            features: pebbleFeatures(programs),
            start: (options) => startPebble(programs, options),
          },
        ],
  );
  const emulated: NamedAuthority = {
    name: 'the sandbox',
    features: new Set(['ari', 'profiles']),
    start: (options) => startEmulated(options),
  };
  return [...pebbles, emulated];
}
