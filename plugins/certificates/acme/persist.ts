/** Records of dns-persist-01 (draft-ietf-acme-dns-persist): which one permits an account, and what to write. Pure. */

import { instantText } from '#plugin';
import { issueValue, parameterOf } from './issue-value.ts';

/** The permission that an order needs. */
export interface PersistQuestion {
  /** Without `*.`. */
  readonly name: string;
  readonly wildcard: boolean;
  /** Names of the authority: `issuer-domain-names` of its challenge. */
  readonly issuers: readonly string[];
  readonly accountUri: string;
}

export function persistName(name: string): string {
  return `_validation-persist.${name}`;
}

/** The text to write into the TXT record of a name. */
export function persistText({ issuers, accountUri, wildcard }: PersistQuestion): string {
  return `${issuers[0] ?? ''}; accounturi=${accountUri}${wildcard ? '; policy=wildcard' : ''}`;
}

/** The reason why a text does not give the permission, as a predicate; undefined if it does. `now`: epoch ms. */
export function persistMistake(text: string, question: PersistQuestion, now: number): string | undefined {
  const value = issueValue(text);
  if (value === undefined) return 'does not have the form of such a record';
  if (!question.issuers.some((each) => each.toLowerCase() === value.issuer)) return 'names another authority';
  const tags = value.parameters.map(([tag]) => tag);
  if (new Set(tags).size < tags.length) return 'has a parameter twice';
  if (parameterOf(value, 'accounturi')[0] !== question.accountUri) return 'names another account';
  if (question.wildcard && parameterOf(value, 'policy')[0]?.toLowerCase() !== 'wildcard')
    return 'does not permit wildcards: policy=wildcard is missing';
  const [until] = parameterOf(value, 'persistuntil');
  if (until === undefined) return undefined;
  if (!/^\d{1,12}$/u.test(until)) return 'has a persistUntil that is not a time';
  const end = Number(until) * 1000;
  return now > end ? `expired at ${instantText(end)}` : undefined;
}
