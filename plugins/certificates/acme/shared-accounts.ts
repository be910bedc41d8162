/** Accounts that several Issuers use: what ends or changes an account for one of them, ends it for all. Pure. */

import { type Change, pass, type Ref, reject, type Scene, seenFacts, type Verdict } from '#plugin';
import type { IssuerResource } from '../diff.ts';
import { Issuer } from '../kinds.ts';
import { issuerSpec } from '../remembered.ts';
import { ACCOUNT_FIELDS } from './account.ts';
import { type AcmeSpec, directoryUrl } from './directories.ts';

type IssuerScene = Pick<Scene, 'ofKind'>;

function acmeOfIssuer({ desired, memory }: IssuerResource): AcmeSpec | undefined {
  return issuerSpec(desired, memory)?.acme;
}

/** Thumbprints of the recorded key of an Issuer, and of the one in its place. */
function thumbprintsOf(resource: IssuerResource): readonly string[] {
  return [resource.memory?.kept.thumbprint, seenFacts(resource)?.thumbprint].flatMap((each) => each ?? []);
}

/** Paths of the key in the document and in the state. */
function keyPathsOf({ desired, memory }: IssuerResource): readonly string[] {
  return [desired, memory?.applied].flatMap((each) => {
    const { acme } = (each?.spec ?? {}) as { readonly acme?: AcmeSpec };
    return acme === undefined ? [] : [acme.accountKey];
  });
}

function meet(some: readonly string[], others: readonly string[]): boolean {
  return some.some((each) => others.includes(each));
}

function hasSameKey(one: IssuerResource, other: IssuerResource): boolean {
  return meet(thumbprintsOf(one), thumbprintsOf(other)) || meet(keyPathsOf(one), keyPathsOf(other));
}

function othersOf(resource: IssuerResource, scene: IssuerScene): readonly IssuerResource[] {
  return Issuer.all(scene).filter((each) => each.address !== resource.address && acmeOfIssuer(each) !== undefined);
}

function directoryOf(resource: IssuerResource): string {
  return directoryUrl(acmeOfIssuer(resource)?.directory ?? '');
}

/** The other Issuers, declared or in the state, that use the account of an Issuer. */
function sharersOf(resource: IssuerResource, scene: IssuerScene): readonly IssuerResource[] {
  const { account } = resource.memory?.kept ?? {};
  return othersOf(resource, scene).filter(
    (other) =>
      (account !== undefined && other.memory?.kept.account === account) ||
      (directoryOf(other) === directoryOf(resource) && hasSameKey(resource, other)),
  );
}

/** True if the removal of an Issuer removes its key: fettle created the key, and no other Issuer has it, at any directory. */
export function removesKey(resource: IssuerResource, scene: IssuerScene): boolean {
  return (
    resource.memory?.kept.key_made === true && !othersOf(resource, scene).some((other) => hasSameKey(resource, other))
  );
}

/** True if another Issuer gets the key of a rollover too, by its document or its file. */
function follows(other: IssuerResource, resource: IssuerResource): boolean {
  const acme = other.desired?.spec.acme;
  if (acme === undefined) return false;
  const thumbprint = seenFacts(resource)?.thumbprint;
  return (
    acme.accountKey === resource.desired?.spec.acme?.accountKey ||
    (thumbprint !== undefined && seenFacts(other)?.thumbprint === thumbprint)
  );
}

/** Issuers to refresh before a step of an Issuer: a copy of its key can have come meanwhile. */
export function issuerMatters(resource: IssuerResource, scene: Scene): readonly Ref[] {
  if (acmeOfIssuer(resource) === undefined) return [];
  return othersOf(resource, scene).map(({ ref }) => ref);
}

/** The rule on steps that end an account, or change its key. */
export function accountShared(change: Change, resource: IssuerResource, scene: Scene): Verdict {
  if (acmeOfIssuer(resource) === undefined) return pass('the Issuer has no account', {});
  const ends = change.goal === 'remove';
  const rolls = change.fields.some(({ path }) => path === ACCOUNT_FIELDS.key);
  if (!ends && !rolls) return pass('the account stays as it is for others', {});
  const { account = null } = resource.memory?.kept ?? {};
  const sharers = sharersOf(resource, scene).filter((other) => ends || !follows(other, resource));
  const facts = { account, issuers: sharers.map(({ address }) => address) };
  const [first] = sharers;
  if (first === undefined) return pass('no other Issuer uses the account', facts);
  const more = sharers.length === 1 ? '' : ` and ${sharers.length - 1} more`;
  const who = `${first.address}${more} ${sharers.length === 1 ? 'uses' : 'use'} the same account`;
  return ends
    ? reject(`${who}, which its deactivation would end for all`, facts, {
        remedy: { outside: `run \`fettle state forget ${resource.address}\`, which keeps the account` },
      })
    : reject(`${who} with its old key, which would no longer be accepted`, facts, {
        remedy: { outside: `declare the same \`accountKey\` in ${first.address}` },
      });
}
