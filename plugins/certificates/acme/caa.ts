/**
 * CAA records (RFC 8659, with the parameters of RFC 8657): whether they let an authority issue for a name. An order that
 * they forbid fails at the authority and counts against its limits. Pure.
 */

import { listed } from '#plugin';
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

/**
 * The reason why records do not permit an order. `account-unknown`: they name an account, and that of the Issuer is not
 * known yet.
 */
export type CaaFault = 'other-authority' | 'critical' | 'account' | 'account-unknown' | 'method';

/** Records that do not permit an order. */
export interface CaaForbidden {
  readonly faults: readonly CaaFault[];
  /** The records: `issue "other.example"`. */
  readonly by: readonly string[];
}

export type CaaVerdict =
  | { readonly verdict: 'allowed' }
  | (CaaForbidden & {
      readonly verdict: 'forbidden';
      /** The name that has them. */
      readonly at: string;
    })
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

function namedAccountFault(value: IssueValue, { accountUri }: CaaQuestion): CaaFault | undefined {
  const accounts = parameterOf(value, 'accounturi');
  if (accounts.length === 0) return undefined;
  if (accounts.length > 1) return 'account';
  // An account that is found or created later has an address then.
  if (accountUri === undefined) return 'account-unknown';
  return accounts[0] === accountUri ? undefined : 'account';
}

function methodFault(value: IssueValue, { method }: CaaQuestion): CaaFault | undefined {
  const methods = parameterOf(value, 'validationmethods');
  if (methods.length === 0) return undefined;
  return methods.length === 1 && methods[0]?.split(',').includes(method) === true ? undefined : 'method';
}

/** The reasons why one record does not permit the order; none if it does. */
function faultsOf(record: CaaRecord, question: CaaQuestion): readonly CaaFault[] {
  const value = issueValue(record.value);
  const isIssuer = value !== undefined && question.issuers.some((each) => each.toLowerCase() === value.issuer);
  if (!isIssuer || value.issuer === '') return ['other-authority'];
  return [namedAccountFault(value, question), methodFault(value, question)].filter((each) => each !== undefined);
}

/** The distance of a record from a permission. */
function distance(faults: readonly CaaFault[]): number {
  return faults.reduce((sum, each) => sum + (each === 'other-authority' ? 4 : each === 'account-unknown' ? 1 : 2), 0);
}

/** The records that decide; none if every authority may issue. */
function deciding(records: readonly CaaRecord[], wildcard: boolean): readonly CaaRecord[] {
  const tagged = (tag: string): readonly CaaRecord[] => records.filter((each) => each.tag === tag);
  const forWildcards = tagged('issuewild');
  return wildcard && forWildcards.length > 0 ? forWildcards : tagged('issue');
}

const shown = ({ tag, value }: CaaRecord): string => `${tag} ${JSON.stringify(value)}`;

/** The records of one name that forbid the order, with the reasons of the nearest one; undefined if they allow it. */
export function forbiddenBy(records: readonly CaaRecord[], question: CaaQuestion): CaaForbidden | undefined {
  const unknown = records.filter(({ critical, tag }) => critical && !KNOWN.has(tag));
  if (unknown.length > 0) return { faults: ['critical'], by: unknown.map((each) => `critical ${shown(each)}`) };
  const relevant = deciding(records, question.wildcard);
  const [nearest] = relevant
    .map((each) => faultsOf(each, question))
    .toSorted((one, other) => distance(one) - distance(other));
  if (nearest === undefined || nearest.length === 0) return undefined;
  return { faults: nearest, by: relevant.map(shown) };
}

/** The records that forbid an order, for its row. */
export interface CaaText {
  /** The reason, as a predicate of the records. */
  readonly why: string;
  readonly remedy: string;
}

type Wording = (question: CaaQuestion, at: string) => CaaText;

const WORDS: Readonly<Record<CaaFault, Wording>> = {
  'other-authority': ({ issuers }, at) => ({
    why: 'permit other authorities only',
    remedy: `permit the authority (${issuers[0] ?? ''}) in the CAA records of ${at}, or use another Issuer`,
  }),
  critical: (_, at) => ({
    why: 'have a critical property that no authority knows',
    remedy: `remove the property from the CAA records of ${at}`,
  }),
  account: ({ accountUri = '' }, at) => ({
    why: `permit other accounts only, and the account is ${accountUri}`,
    remedy: `name the account ${accountUri} in \`accounturi\` of the CAA records of ${at}`,
  }),
  'account-unknown': (_, at) => ({
    why: 'permit one account only, and that of the Issuer is not known yet',
    remedy: `apply the Issuer. The next plan compares its account with the CAA records of ${at}`,
  }),
  method: ({ method }, at) => ({
    why: `do not permit the method ${method}`,
    remedy: `add ${method} to \`validationmethods\` in the CAA records of ${at}, or use a solver with a method that they permit`,
  }),
};

/** The text about records that forbid an order. `at`: the name that has them. */
export function caaText({ faults, by }: CaaForbidden, question: CaaQuestion, at: string): CaaText {
  const texts = faults.map((each) => WORDS[each](question, at));
  return {
    why: `${texts.map(({ why }) => why).join(' and ')} (${listed(by)})`,
    remedy: texts.map(({ remedy }) => remedy).join('; '),
  };
}
