/** Names that a CNAME of `_acme-challenge` may lead to: its owner must not choose any name of the zones that fettle can write to. */

import { InputError } from '#plugin';
import { isWritable } from '../dns/lookup.ts';

/** The first label of names that are for challenges alone, unlike `_dmarc.example.test`. */
const LABEL = '_acme-challenge.';

/** Lists names and zones that CNAMEs may lead to as well. Only the host sets it. */
const DELEGATED = 'FETTLE_DNS_DELEGATED';

/** The names and zones in the environment, separated by commas or white space. Throws an InputError for one that is not valid. */
export function delegatedNames(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const entries = (env[DELEGATED] ?? '').split(/[\s,]+/u).filter((entry) => entry !== '');
  return entries.map((entry, index) => {
    const name = entry.toLowerCase().replace(/\.$/u, '');
    if (!isWritable(name))
      throw new InputError(
        `${DELEGATED}: entry ${index + 1} is not a name or a zone, such as acme.example.net. Correct the environment variable`,
      );
    return name;
  });
}

/** The reason why a value for `name` must not be written at `place`; undefined if it may be. */
export function delegationMistake(name: string, place: string, delegated: readonly string[]): string | undefined {
  if (place.startsWith(LABEL) || delegated.some((zone) => place === zone || place.endsWith(`.${zone}`)))
    return undefined;
  return `the CNAME of ${name} leads to ${place}, and fettle does not write there: the name does not begin with _acme-challenge, so its TXT records may have another purpose. Let the CNAME lead to a name that begins with _acme-challenge, or add the name or a zone for challenges alone to the environment variable ${DELEGATED}`;
}
