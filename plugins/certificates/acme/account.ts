/** The account of an ACME Issuer: its sighting, its next step, and what the state records of it. Pure. */

import {
  defined,
  type FieldChange,
  type Finding,
  type Instant,
  type Memory,
  type Proposal,
  type Ref,
  sameJson,
  type Sighting,
} from '#plugin';
import { KEY_MODE } from '../differences.ts';
import type { IssuerResource } from '../diff.ts';
import type { IssuerFacts } from '../facts.ts';
import type { FindingCode, IssuerMemory, IssuerSpec, IssuerStep } from '../generated.ts';
import type { AccountKeySeen, AcmeAuthority } from '../world.ts';
import type { AccountFault } from './account-faults.ts';
import { type AcmeSpec, directoryUrl, isPublic } from './directories.ts';

/** The authority of an Issuer, with its account if the state has one. */
export function authorityOf(
  { directory, accountKey, ca }: Pick<AcmeSpec, 'directory' | 'accountKey' | 'ca'>,
  memory: Pick<Memory<IssuerMemory>, 'kept'> | undefined,
): AcmeAuthority {
  const url = directoryUrl(directory);
  const account = memory?.kept.directory === url ? memory.kept.account : undefined;
  return defined({ directory: url, accountKey, ca, account });
}

/** Fields of the account in a row. */
export const ACCOUNT_FIELDS = {
  account: '/acme/account',
  directory: '/acme/directory',
  key: '/acme/accountKey',
  contact: '/acme/contact',
} as const;

/** The path of the key in the last applied document, if it is another one. */
export function formerKeyPath(spec: AcmeSpec, memory: Memory<IssuerMemory> | undefined): string | undefined {
  const before = (memory?.applied?.spec as IssuerSpec | undefined)?.acme?.accountKey;
  return before === undefined || before === spec.accountKey ? undefined : before;
}

/** The account as the state and the key files have it; undefined if neither has one. */
export function seenAccount(
  ref: Ref,
  spec: AcmeSpec,
  memory: Memory<IssuerMemory> | undefined,
  keys: { readonly present: AccountKeySeen; readonly former: AccountKeySeen | undefined },
  at: Instant,
): Sighting<IssuerFacts> | undefined {
  const { account, directory } = memory?.kept ?? {};
  const { present, former } = keys;
  if (account === undefined) return undefined;
  // Without both keys, the account cannot be used: its creation would be another account, which a rule rejects.
  if (present.status === 'absent' && former?.status !== 'seen') return undefined;
  const facts: IssuerFacts = {
    ...(directory === undefined ? {} : { directory }),
    account,
    ...(isPublic(spec) ? { public_trust: true as const } : {}),
    ...(present.status === 'seen' ? keyFacts(present) : {}),
    ...(former?.status === 'seen' && former.thumbprint !== undefined ? { former_thumbprint: former.thumbprint } : {}),
  };
  return { ref, facts, at };
}

function keyFacts({ thumbprint, mode, problem }: Extract<AccountKeySeen, { status: 'seen' }>): Partial<IssuerFacts> {
  return {
    ...(thumbprint === undefined ? {} : { thumbprint }),
    key_mode: mode,
    ...(problem === undefined ? {} : { problem }),
  };
}

/** Files that others can read expose the account, and with dns-persist-01 every name. */
export function accountFindings(ref: Ref, { key_mode: mode }: IssuerFacts): readonly Finding[] {
  if (mode === undefined || (Number.parseInt(mode, 8) & 0o077) === 0) return [];
  const code: FindingCode = 'account-key-exposed';
  const message = `the key of the account has the mode ${mode}. Its owner alone should read it`;
  return [{ ref, code, severity: 'error', message, facts: { mode } }];
}

/** True if the key at the new path replaces the recorded one. */
export function isRollover(
  { thumbprint, former_thumbprint: former }: IssuerFacts,
  recorded: string | undefined,
): boolean {
  return recorded !== undefined && former === recorded && thumbprint !== recorded;
}

/**
 * The differences of an account from its document. The key of an account that is no longer accepted cannot be replaced: another
 * key is another account then.
 */
function accountFields(
  resource: IssuerResource,
  facts: IssuerFacts,
  fault: AccountFault | undefined,
): readonly FieldChange[] {
  const acme = resource.desired?.spec.acme;
  if (acme === undefined) return [];
  const { kept = {} } = resource.memory ?? {};
  const url = directoryUrl(acme.directory);
  const isElsewhere = kept.directory !== undefined && kept.directory !== url;
  const hasNewKey = isRollover(facts, kept.thumbprint);
  const rolls = hasNewKey && fault === undefined;
  const isOther =
    !hasNewKey &&
    facts.thumbprint !== undefined &&
    kept.thumbprint !== undefined &&
    facts.thumbprint !== kept.thumbprint;
  return [
    ...(isElsewhere ? [{ path: ACCOUNT_FIELDS.directory, before: kept.directory, after: url }] : []),
    ...(rolls
      ? [{ path: ACCOUNT_FIELDS.key, before: kept.thumbprint ?? '', after: facts.thumbprint ?? 'a new key' }]
      : []),
    ...(hasNewKey && !rolls
      ? [{ path: ACCOUNT_FIELDS.account, before: kept.account ?? '', after: 'another account' }]
      : []),
    ...(isOther
      ? [{ path: ACCOUNT_FIELDS.account, before: kept.thumbprint ?? '', after: facts.thumbprint ?? '' }]
      : []),
    ...(sameJson(kept.contact ?? [], acme.contact)
      ? []
      : [{ path: ACCOUNT_FIELDS.contact, before: kept.contact ?? [], after: acme.contact }]),
    ...(facts.key_mode === undefined || facts.key_mode === KEY_MODE || facts.key_mode === '0400'
      ? []
      : [{ path: `${ACCOUNT_FIELDS.key}/mode`, before: facts.key_mode, after: KEY_MODE }]),
  ];
}

const BECAUSE: Readonly<Record<string, string>> = {
  [ACCOUNT_FIELDS.directory]: 'the document names another directory, which needs an account of its own',
  [ACCOUNT_FIELDS.account]: 'another key has replaced the recorded one',
  [ACCOUNT_FIELDS.contact]: 'the contact of the account must be updated',
};

/** The reason of a rollover, with the paths of both keys: its field has their thumbprints. */
function rolloverText({ desired, memory }: IssuerResource): string {
  const acme = desired?.spec.acme;
  const former = acme === undefined ? undefined : formerKeyPath(acme, memory);
  const paths = acme === undefined || former === undefined ? '' : `: ${acme.accountKey} instead of ${former}`;
  return `the document names another key for the account${paths}`;
}

/** The next step of an account that exists. */
export function accountStep(
  resource: IssuerResource,
  facts: IssuerFacts,
  fault: AccountFault | undefined,
): Proposal<IssuerStep> | undefined {
  const fields = accountFields(resource, facts, fault);
  const [first] = fields;
  if (first === undefined) return undefined;
  const because =
    first.path === ACCOUNT_FIELDS.key
      ? rolloverText(resource)
      : first.path === ACCOUNT_FIELDS.account && fault !== undefined
        ? `the authority no longer accepts the account, and the document names another key. The apply finds or creates the account of that key, and agrees to the terms of service`
        : (BECAUSE[first.path] ?? 'the key of the account must be protected');
  return { step: 'ready>ready', goal: 'update', fields, because };
}

/** Reason of the row that creates an account, with the consent that the apply gives. */
export function createText({ directory, accountKey }: AcmeSpec): string {
  return `no account at ${directoryUrl(directory)} is known for ${accountKey}. The apply finds or creates it, and agrees to the terms of service`;
}

/** The reason why the account is not the recorded one; undefined if it is, or if the state records none. */
export function changedAccount(
  spec: AcmeSpec,
  kept: Partial<IssuerMemory>,
  facts: IssuerFacts | undefined,
): string | undefined {
  const { thumbprint: recorded, account } = kept;
  if (recorded === undefined || account === undefined) return undefined;
  if (facts === undefined)
    return `the key of the account ${account} is missing: neither ${spec.accountKey} nor the path before it has it`;
  if (isRollover(facts, recorded) || facts.thumbprint === recorded) return undefined;
  if (facts.thumbprint === undefined) return `the key ${spec.accountKey} ${facts.problem ?? 'is missing'}`;
  return `the key ${spec.accountKey} has the thumbprint ${facts.thumbprint}. The state records ${recorded} for the account ${account}`;
}
