/** Accounts that their authority no longer accepts: the records of steps, and the rule that follows from them. Pure. */

import {
  type Change,
  comingAt,
  defer,
  type Finding,
  type Instant,
  instantOf,
  instantText,
  pass,
  reject,
  type Scene,
  type Verdict,
} from '#plugin';
import { asksAuthority } from '../differences.ts';
import type { CertificateResource, IssuerResource } from '../diff.ts';
import type { FindingCode, IssuerMemory } from '../generated.ts';
import { Certificate, Issuer } from '../kinds.ts';
import { issuerRef, issuerSpec } from '../remembered.ts';
import { ACCOUNT_FIELDS } from './account.ts';

/** A fault of an account, as the step records it that found the fault. */
export type AccountFault = NonNullable<IssuerMemory['account_fault']>;

/** The time after which a step tries the account again: the authority can have found the account again. */
const TRY_AGAIN_MS = 86_400_000;

type FaultScene = Pick<Scene, 'ofKind' | 'get' | 'changes'>;

/** The newest fault of each account. One index serves a plan: an action that finds an older one tries the account once more. */
const indexes = new WeakMap<Scene['changes'], ReadonlyMap<string, AccountFault>>();

function faultsIn(scene: FaultScene): ReadonlyMap<string, AccountFault> {
  const known = indexes.get(scene.changes);
  if (known !== undefined) return known;
  const resources = [...Issuer.all(scene), ...Certificate.all(scene)];
  const accepted = acceptedAt(scene);
  const faults = new Map<string, AccountFault>();
  for (const { memory } of resources) {
    const fault = memory?.kept.account_fault;
    if (fault === undefined || instantOf(fault.at) < (accepted.get(fault.account) ?? 0)) continue;
    const before = faults.get(fault.account);
    if (before === undefined || instantOf(before.at) < instantOf(fault.at)) faults.set(fault.account, fault);
  }
  indexes.set(scene.changes, faults);
  return faults;
}

/** The time at which the authority last accepted each account, for an order or a change: an older fault is over. */
function acceptedAt(scene: FaultScene): ReadonlyMap<string, Instant> {
  const times = new Map<string, Instant>();
  const add = (account: string | undefined, at: string | undefined): void => {
    if (account !== undefined && at !== undefined) times.set(account, Math.max(times.get(account) ?? 0, instantOf(at)));
  };
  for (const { memory } of Issuer.all(scene)) add(memory?.kept.account, memory?.kept.account_at);
  for (const { memory } of Certificate.all(scene)) add(memory?.kept.account, memory?.kept.issued_at);
  return times;
}

/** The fault of the account of an ACME Issuer; undefined if none is known. */
export function accountFault(issuer: IssuerResource | undefined, scene: FaultScene): AccountFault | undefined {
  const { account } = issuer?.memory?.kept ?? {};
  return account === undefined ? undefined : faultsIn(scene).get(account);
}

/**
 * The time at which a step tries the account again; undefined if that time has come. A fault from before the clock was set back
 * does not last longer.
 */
function triedAgainAt({ at }: AccountFault, now: Instant): Instant | undefined {
  return comingAt(instantText(instantOf(at) + TRY_AGAIN_MS), now, TRY_AGAIN_MS);
}

/** The fault of the account, until the time at which the account is tried again. */
export function faultInForce(
  issuer: IssuerResource | undefined,
  scene: FaultScene & Pick<Scene, 'now'>,
): AccountFault | undefined {
  const fault = accountFault(issuer, scene);
  return fault === undefined || triedAgainAt(fault, scene.now) === undefined ? undefined : fault;
}

/** True if an order of a Certificate was refused because of the account of its Issuer, and the fault is not over. */
export function isWithoutAccount({ desired, memory }: CertificateResource, scene: FaultScene): boolean {
  const { account } = memory?.kept.account_fault ?? {};
  if (desired === undefined || account === undefined) return false;
  return accountFault(Issuer.get(scene, issuerRef(desired.spec)), scene)?.account === account;
}

/** The way to another account, as an instruction. */
function wayOut(address: string, { status }: Pick<AccountFault, 'status'>): string {
  return status === 'deactivated'
    ? `declare another \`accountKey\` in ${address}: the next apply creates an account for it`
    : `put the present key of the account into \`accountKey\`. Then, or for another account, run \`fettle state forget ${address}\` and apply again`;
}

function faultText({ account, reason }: AccountFault): string {
  return `the authority no longer accepts the account ${account}: ${reason}`;
}

/** The finding for an account that the authority no longer accepts. */
export function faultFindings(resource: IssuerResource, scene: Scene): readonly Finding[] {
  const { ref, address, desired } = resource;
  const fault = accountFault(resource, scene);
  if (desired?.spec.acme === undefined || fault === undefined) return [];
  const message = `${faultText(fault)}. No certificate can be ordered: ${wayOut(address, fault)}`;
  const { account, at } = fault;
  return [{ ref, code: 'account-unusable' satisfies FindingCode, severity: 'error', message, facts: { account, at } }];
}

/** The verdict on a step that uses the account. `way`: the remedy, instead of the usual one. */
function judged(issuer: IssuerResource, scene: Scene, way?: string): Verdict {
  const fault = accountFault(issuer, scene);
  const { account = null } = issuer.memory?.kept ?? {};
  if (fault === undefined) return pass('the authority has accepted the account', { account });
  const clearsAt = triedAgainAt(fault, scene.now);
  const facts = { account, found_at: fault.at, status: fault.status };
  if (clearsAt === undefined) return pass('the account is tried again after a day', facts);
  return reject(faultText(fault), facts, { clearsAt, remedy: { outside: way ?? wayOut(issuer.address, fault) } });
}

/** True if the step gives an Issuer another account. */
function replacesAccount({ step, fields }: Change): boolean {
  const paths: ReadonlySet<string> = new Set([ACCOUNT_FIELDS.account, ACCOUNT_FIELDS.directory]);
  return step === 'absent>ready' || fields.some(({ path }) => paths.has(path));
}

/** The rule on the steps of an Issuer that use its account. */
export function accountUsable(change: Change, resource: IssuerResource, scene: Scene): Verdict {
  if (issuerSpec(resource.desired, resource.memory)?.acme === undefined) return pass('the Issuer has no account', {});
  if (change.goal === 'remove') {
    // The deactivation of an account that is deactivated already succeeds.
    return accountFault(resource, scene)?.status === 'unknown'
      ? judged(resource, scene, `run \`fettle state forget ${resource.address}\``)
      : pass('the account can be deactivated', {});
  }
  const paths: ReadonlySet<string> = new Set([ACCOUNT_FIELDS.contact, ACCOUNT_FIELDS.key]);
  if (replacesAccount(change) || !change.fields.some(({ path }) => paths.has(path)))
    return pass('the step does not use the account', {});
  return judged(resource, scene);
}

/** The address of another Certificate whose row of this plan tries an account: a refusal of one shows the fault for all. */
function tryOf(account: string, own: Change, scene: Scene): string | undefined {
  for (const [address, { change }] of scene.underWay) {
    if (change === own || change.ref.kind !== 'Certificate' || !asksAuthority(change)) continue;
    const spec = Certificate.get(scene, change.ref)?.desired?.spec;
    if (spec !== undefined && Issuer.get(scene, issuerRef(spec))?.memory?.kept.account === account) return address;
  }
  return undefined;
}

/** The rule on the steps of a Certificate that use the account of its Issuer. */
export function certificateAccountUsable(change: Change, { desired }: CertificateResource, scene: Scene): Verdict {
  const issuer = desired === undefined ? undefined : Issuer.get(scene, issuerRef(desired.spec));
  if (issuer === undefined || !asksAuthority(change) || issuerSpec(issuer.desired, issuer.memory)?.acme === undefined)
    return pass('the step uses no account', {});
  const row = scene.judged.get(issuer.address);
  if (row?.verdict === 'accept' && replacesAccount(row.change))
    return pass('a row of this plan gives the Issuer another account first', { issuer: issuer.ref.name });
  const verdict = judged(issuer, scene);
  const { account } = accountFault(issuer, scene) ?? {};
  if (verdict.outcome !== 'pass' || account === undefined) return verdict;
  const trying = tryOf(account, change, scene);
  return trying === undefined ? verdict : defer(`${trying} tries the account first`, { account });
}
