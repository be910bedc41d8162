/**
 * CAA records (RFC 8659, with the parameters of RFC 8657): whether they let an authority issue for a name. An order that
 * they forbid fails at the authority and counts against its limits. Pure.
 */

import { type IssueValue, issueValue, parameterOf } from './issue-value.ts';

export interface CaaRecord {
  readonly critical: boolean;
  /** Lower case. */
  readonly tag: string;
  readonly value: string;
}

/** The certificate that is ordered. */
export interface CaaQuestion {
  /** Names of the authority in CAA records: `caaIdentities` of its directory. */
  readonly issuers: readonly string[];
  readonly wildcard: boolean;
  /** The method of the challenge: `dns-01`. */
  readonly method: string;
  /** The address of the account; absent before there is one. */
  readonly accountUri?: string;
}

export type CaaVerdict =
  | { readonly verdict: 'allowed' }
  | {
      readonly verdict: 'forbidden';
      /** The records: `issue "other.example"`. */
      readonly by: string;
      /** The name that has them. */
      readonly at: string;
    }
  | { readonly verdict: 'unknown'; readonly reason: string };

/** Tags whose meaning is known. The others forbid everything if they are critical. */
const KNOWN: ReadonlySet<string> = new Set([
  'issue',
  'issuewild',
  'issuemail',
  'issuevmc',
  'iodef',
  'contactemail',
  'contactphone',
]);

function permitsAccount(value: IssueValue, { accountUri }: CaaQuestion): boolean {
  const accounts = parameterOf(value, 'accounturi');
  if (accounts.length === 0) return true;
  // An account that does not exist yet gets an address later, which no record can name.
  return accounts.length === 1 && accounts[0] === accountUri;
}

function permitsMethod(value: IssueValue, { method }: CaaQuestion): boolean {
  const methods = parameterOf(value, 'validationmethods');
  if (methods.length === 0) return true;
  return methods.length === 1 && methods[0]?.split(',').includes(method) === true;
}

function permits(record: CaaRecord, question: CaaQuestion): boolean {
  const value = issueValue(record.value);
  if (value === undefined || value.issuer === '') return false;
  const isIssuer = question.issuers.some((each) => each.toLowerCase() === value.issuer);
  return isIssuer && permitsAccount(value, question) && permitsMethod(value, question);
}

/** The records that decide; none if every authority may issue. */
function deciding(records: readonly CaaRecord[], wildcard: boolean): readonly CaaRecord[] {
  const tagged = (tag: string): readonly CaaRecord[] => records.filter((each) => each.tag === tag);
  const forWildcards = tagged('issuewild');
  return wildcard && forWildcards.length > 0 ? forWildcards : tagged('issue');
}

const shown = ({ tag, value }: CaaRecord): string => `${tag} ${JSON.stringify(value)}`;

/** The records of one name that forbid the order; undefined if they allow it. */
export function forbiddenBy(records: readonly CaaRecord[], question: CaaQuestion): readonly string[] | undefined {
  const unknown = records.filter(({ critical, tag }) => critical && !KNOWN.has(tag));
  if (unknown.length > 0) return unknown.map((each) => `critical ${shown(each)}`);
  const relevant = deciding(records, question.wildcard);
  if (relevant.length === 0 || relevant.some((each) => permits(each, question))) return undefined;
  return relevant.map(shown);
}
