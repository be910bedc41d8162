/**
 * Orders of certificates from ACME authorities, which survive a crash at any point.
 *
 * | Crash | Next step |
 * |---|---|
 * | before the order is recorded | the path of its key is in the record, so that it finds the order in the list of the account, if the authority has one; else another order |
 * | after it, before the values are recorded | goes on with the order |
 * | after the values are recorded | removes them, then goes on with the order |
 * | after `finalize` | downloads the certificate for the key that lies pending |
 * | during the swap | the swap is completed or undone; the order still has the certificate |
 * | after the swap | the record of the order has the source of the certificate; a step in place removes the key |
 *
 * The key of an order lies next to the key of the account until its certificate is stored, or until the order has failed. Its
 * path is in the record, so that another key of the same account leaves the order as it is.
 *
 * | Failure | Next step |
 * |---|---|
 * | the authority refuses until a time | waits for that time, then goes on with the order |
 * | the authority has not completed the order | asks for the same order again, until it expires or too many steps have waited |
 * | a status from 500, no answer, an answer that cannot be read | goes on with the order, after the backoff |
 * | the order is invalid or refused, or its certificate must not be stored | another order and another key, after the backoff |
 *
 * Paths are absolute.
 */

import { createPublicKey, type X509Certificate } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  defined,
  errorText,
  type Facts,
  InputError,
  type Instant,
  instantText,
  listed,
  PartlyDoneError,
  PostponedError,
} from '#plugin';
import { properDatesOf } from '#plugin/certificate-dates';
import { ApiError } from '#plugin/http';
import { AcmeProblem } from '../acme/acme-problem.ts';
import { isDueAtOnce } from '../acme/ari.ts';
import { type Authorization, type Directory, type Identifier, type Order, sameIdentifiers } from '../acme/answers.ts';
import type { IssuedChain } from '../acme/chains.ts';
import { exemptsReplacements } from '../acme/directories.ts';
import type { AcmeClient, NewOrder } from '../acme/client.ts';
import { type AccountKey, dnsDigest, type ExternalAccount, keyAuthorization } from '../acme/jws.ts';
import { pendingText, purposeOf, waitedFor } from '../acme/open-order.ts';
import { FailedOrderError, PendingOrderError } from '../acme/order-errors.ts';
import type { Challenge, Prepared, Solver } from '../acme/solvers/solver.ts';
import type { SolverPlace } from '../acme/solvers/solver-place.ts';
import { type Reaction, reactionTo } from '../acme/problems.ts';
import { NO_WAIT } from '../acme/waits.ts';
import { ipAddressesOf, plainAddress } from '../declared.ts';
import type { CertificateMemory } from '../generated.ts';
import { besides, orderKeyPath } from '../paths.ts';
import type { AcmeIssued, AcmeOrder, ChainOrder, DroppedOrder, Rehearsal } from '../world.ts';
import type { Accounts } from './accounts.ts';
import type { IssuerSolvers } from './acme-solvers.ts';
import { verifyAsClient } from './client-handshake.ts';
import { makeFolder, readWhole, removeFile, syncFolder, writeNew } from './files.ts';
import { validatePair } from './issue.ts';
import { replaceStored, storedPair } from './stored.ts';
import type { InTurn } from './turns.ts';
import { type KeyPair, keyPem, makeKeys, makeRequest } from './x509-make.ts';
import { fingerprintOf, isKeyOf, publicKeyFingerprint, readChain, readKey, x509Seen } from './x509-read.ts';

const KEY_LIMIT = 65_536;
/** Deadline of the removal of values, in ms: also for a step that was cancelled. */
const REMOVAL_MS = 60_000;

/** The services of a world that orders use. */
export interface Ordering {
  readonly client: AcmeClient;
  readonly key: AccountKey;
  readonly accounts: Accounts;
  /** The absolute path of a path in the project. */
  readonly at: (path: string) => string;
  readonly solvers: IssuerSolvers;
  readonly inTurn: InTurn;
}

/** Values that an order has put up, and the place of the solver that removes them. */
type Presented = { readonly at: SolverPlace; readonly prepared: Prepared };

/** Sets of values that the record has at most: the oldest ones are dropped. */
const MOST_PRESENTED = 50;

/** An order in progress, with its key. */
interface Begun {
  readonly order: Order;
  readonly keys: KeyPair;
  readonly record: NonNullable<AcmeOrder['begun']>;
  /** Path of the key in the project. */
  readonly keyPath: string;
  readonly replaced?: string;
}

/** True if no limit counts the order: the authority has taken it as a replacement, and counts none. */
function isExempt({ order, replaced }: Pick<Begun, 'order' | 'replaced'>, { authority }: AcmeOrder): boolean {
  return exemptsReplacements(authority.directory) && (replaced === 'accepted' || order.replaces !== undefined);
}

/** Removes the key of an order that has ended. */
async function removeOrderKey(path: string): Promise<void> {
  if (await removeFile(path)) await syncFolder(dirname(path));
}

function identifiers(order: Pick<AcmeOrder, 'dnsNames' | 'ipAddresses'>): readonly Identifier[] {
  return [
    ...order.dnsNames.map((value) => ({ type: 'dns' as const, value: value.toLowerCase() })),
    ...ipAddressesOf(order).map((value) => ({ type: 'ip' as const, value: plainAddress(value) })),
  ];
}

/** The key of an order that lies pending, if it is the recorded one. */
async function pendingKey(path: string, fingerprint: string): Promise<KeyPair | undefined> {
  const file = await readWhole(path, KEY_LIMIT);
  const read = file.kind === 'file' ? readKey(file.text) : undefined;
  if (read === undefined || !('key' in read)) return undefined;
  const publicKey = createPublicKey(read.key);
  return publicKeyFingerprint(publicKey) === fingerprint ? { privateKey: read.key, publicKey } : undefined;
}

/** Problems of an order that the account cannot read. */
const NOT_OURS: ReadonlySet<string> = new Set(['malformed', 'unauthorized']);

function ownPurpose(order: AcmeOrder): string {
  return purposeOf(order.issuer, order.authority.account, order);
}

/** The order that an earlier step has begun; undefined if another one is needed. */
async function resumed(order: AcmeOrder, { client, at }: Ordering): Promise<Begun | undefined> {
  const { begun, orderKey: keyPath, signal } = order;
  if (begun === undefined || keyPath === undefined || begun.for !== ownPurpose(order)) return undefined;
  const keys = await pendingKey(at(keyPath), begun.key);
  if (keys === undefined) return undefined;
  try {
    const found = await client.order(begun.url, signal);
    // The certificate of a valid order outlives the order.
    const hasExpired = found.status !== 'valid' && found.expires !== undefined && found.expires <= order.clock();
    // An order that steps have waited for ends as a failed one, with its backoff; a killed step has not failed.
    if (begun.waits === undefined && (found.status === 'invalid' || hasExpired)) return undefined;
    if (hasExpired && found.status !== 'invalid')
      throw new FailedOrderError('the order expired before the authority had completed it');
    order.progress('going on with the order of the last run');
    return { order: found, keys, record: begun, keyPath };
  } catch (error) {
    // The authority no longer has it, or it is the order of another account.
    if (error instanceof AcmeProblem && (error.status === 404 || NOT_OURS.has(error.code))) return undefined;
    throw error;
  }
}

/** Orders that a killed step may have created without a record. A list that cannot be read has none of them. */
async function unrecorded({ signal }: AcmeOrder, client: AcmeClient): Promise<readonly Order[]> {
  try {
    return await client.openOrders(signal);
  } catch (error) {
    if (error instanceof ApiError || error instanceof InputError) return [];
    throw error;
  }
}

function isOrderFor(found: Order, wanted: NewOrder, now: Instant): boolean {
  return (
    sameIdentifiers(found.identifiers, wanted.identifiers) &&
    (found.profile ?? wanted.profile) === wanted.profile &&
    (found.expires ?? Number.POSITIVE_INFINITY) > now
  );
}

/** Creates an order, or takes one of `lost`; without `replaces` if the authority refuses it for that. */
async function newOrder(
  order: AcmeOrder,
  client: AcmeClient,
  lost: readonly Order[],
): Promise<Omit<Begun, 'keys' | 'record' | 'keyPath'>> {
  const { issuer, replaces, signal } = order;
  const wanted: NewOrder = defined({ identifiers: identifiers(order), profile: issuer.profile });
  const found = lost.find((each) => isOrderFor(each, wanted, order.clock()));
  if (found !== undefined) {
    order.progress('going on with an order of the account that is not in the log');
    return replaces !== undefined && found.replaces === replaces
      ? { order: found, replaced: 'accepted' }
      : { order: found };
  }
  if (replaces === undefined) return { order: await client.newOrder(wanted, signal) };
  try {
    return { order: await client.newOrder({ ...wanted, replaces }, signal), replaced: 'accepted' };
  } catch (error) {
    if (!(error instanceof AcmeProblem) || reactionTo(error, { replaces: true }) !== 'without-replaces') throw error;
    order.progress(`the authority does not take the order as a replacement: ${errorText(error)}`);
    return { order: await client.newOrder(wanted, signal), replaced: errorText(error).slice(0, 500) };
  }
}

/** A new order. Its key is durable before the order exists, and the order is in the log before anything else happens. */
async function begin(order: AcmeOrder, { client, at }: Ordering): Promise<Begun> {
  const { orderKey: former, replaces } = order;
  const keyPath = orderKeyPath(order.authority.accountKey, order.name);
  const path = at(keyPath);
  order.progress(`creating a key (${order.keyAlgorithm})`);
  const keys = await makeKeys(order.keyAlgorithm);
  if (former !== undefined && former !== keyPath) await removeOrderKey(at(former));
  if (former !== keyPath) await order.keep({ order_key: keyPath });
  await makeFolder(dirname(path));
  const { pending } = besides(path);
  await removeFile(pending);
  await writeNew(pending, keyPem(keys.privateKey), { mode: 0o600 });
  await rename(pending, path);
  await syncFolder(dirname(path));
  order.progress('creating the order');
  // The path of a step that was killed or failed: an order may exist that is not recorded.
  const created = await newOrder(order, client, former === undefined ? [] : await unrecorded(order, client));
  const { replaced } = created;
  const record: Begun['record'] = defined({
    url: created.order.url,
    key: publicKeyFingerprint(keys.publicKey),
    for: ownPurpose(order),
    expires: instantText(created.order.expires),
  });
  await order.keep(
    { order: record, ...answerTo(replaces, replaced), account_fault: null, ...NO_WAIT },
    isExempt(created, order) ? [] : order.uses.created,
  );
  return { ...created, keys, record, keyPath };
}

/** The record of an answer to an order that named the certificate that it replaces. */
function answerTo(
  replaces: string | undefined,
  replaced: string | undefined,
): Partial<Pick<CertificateMemory, 'replaced' | 'replaced_id'>> {
  return replaces === undefined || replaced === undefined ? {} : { replaced_id: replaces, replaced };
}

function challengeFor(
  solver: Solver,
  authorization: Authorization,
  { client, key }: Pick<Prover, 'client' | 'key'>,
): {
  readonly challenge: Challenge;
  readonly at: Authorization['challenges'][number];
} {
  const { identifier, challenges, wildcard } = authorization;
  const at = challenges.find(({ type }) => type === solver.type);
  const name = identifier.value;
  if (at === undefined) throw new Error(`the authority does not offer ${solver.type} for ${name}`);
  // dns-persist-01 has no token: the record names the account.
  const token = at.token ?? '';
  const authorizationOfKey = token === '' ? '' : keyAuthorization(token, key);
  const txt = token === '' ? '' : dnsDigest(authorizationOfKey);
  const challenge = defined<Challenge>({
    name,
    wildcard,
    kind: identifier.type,
    token,
    keyAuthorization: authorizationOfKey,
    txt,
    issuers: at.issuers,
    accountUri: client.accountUrl(),
  });
  return { at, challenge };
}

/** The part of an order that proves and finishes it. */
type Proving = Pick<AcmeOrder, 'dnsNames' | 'ipAddresses' | 'signal' | 'progress' | 'keep'>;
/** The part of a world that does that. */
interface Prover extends Pick<Ordering, 'client' | 'key' | 'solvers' | 'inTurn'> {
  /** Values of earlier orders that could not be removed. */
  readonly left: readonly Presented[];
}

/**
 * Removes values where an earlier step or this one has put them, and returns those that are left. A failure is reported, and
 * does not fail the order.
 */
async function removeValues(
  order: Pick<Proving, 'progress'>,
  { solvers }: Pick<Prover, 'solvers'>,
  presented: readonly Presented[],
): Promise<readonly Presented[]> {
  const run = { signal: AbortSignal.timeout(REMOVAL_MS), progress: order.progress };
  const left: Presented[] = [];
  for (const each of presented) {
    try {
      await solvers.openAt(each.at).remove(each.prepared, run);
    } catch (error) {
      const places = [...new Set(each.prepared.values.map(({ place }) => place))].slice(0, 3).join(', ');
      order.progress(`the values of a challenge at ${places} could not be removed: ${errorText(error)}`);
      left.push(each);
    }
  }
  return left;
}

/** Records the values that are to be removed. */
function keepValues({ keep }: Pick<Proving, 'keep'>, values: readonly Presented[]): Promise<void> {
  const kept = values.slice(-MOST_PRESENTED) as unknown as NonNullable<AcmeOrder['presented']>;
  return keep({ presented: kept.length === 0 ? null : kept });
}

function valuesOf({ presented = [] }: Pick<AcmeOrder, 'presented'>): readonly Presented[] {
  return presented as readonly unknown[] as readonly Presented[];
}

/** Removes the values of earlier steps, and records those that are left. */
async function removeFormer(
  order: Pick<AcmeOrder, 'presented' | 'progress' | 'keep'>,
  by: Pick<Prover, 'solvers'>,
): Promise<readonly Presented[]> {
  const former = valuesOf(order);
  if (former.length === 0) return [];
  const left = await removeValues(order, by, former);
  if (left.length < former.length) await keepValues(order, left);
  return left;
}

/** Authorizations that one solver of the Issuer proves. */
interface ProvenBy {
  readonly index: number;
  readonly solver: Solver;
  readonly authorizations: readonly Authorization[];
}

/** Pending authorizations by the solver that proves them. */
function bySolver(pending: readonly Authorization[], solvers: IssuerSolvers): readonly ProvenBy[] {
  const groups = Map.groupBy(pending, ({ identifier, wildcard }) => {
    const index = solvers.indexFor({ name: identifier.value, wildcard, kind: identifier.type });
    if (index !== undefined) return index;
    throw new Error(`no solver of the Issuer proves ${wildcard ? '*.' : ''}${identifier.value}`);
  });
  return [...groups].map(([index, authorizations]) => ({ index, solver: solvers.open(index), authorizations }));
}

/** Proves control of every name whose authorization is pending, and waits until the order can be finalized. */
async function prove(order: Proving, begun: Order, prover: Prover): Promise<Order> {
  const pending = (await prover.client.authorizations(begun, order.signal)).filter(
    ({ status }) => status === 'pending',
  );
  if (pending.length === 0) return prover.client.untilReady(begun, order.signal);
  const groups = bySolver(pending, prover.solvers);
  const rooms = groups.flatMap(({ solver }) => solver.room ?? []);
  return prover.inTurn(rooms, () => proveBy(groups, order, begun, prover), order.signal);
}

async function proveBy(groups: readonly ProvenBy[], order: Proving, begun: Order, prover: Prover): Promise<Order> {
  const { client } = prover;
  const { signal, progress } = order;
  const run = { signal, progress };
  const presented: Presented[] = [];
  const answers: Authorization['challenges'][number][] = [];
  const open: { readonly solver: Solver; readonly prepared: Prepared }[] = [];
  for (const { index, solver, authorizations } of groups) {
    const challenges = authorizations.map((each) => challengeFor(solver, each, prover));
    const prepared = await solver.prepare(
      challenges.map(({ challenge }) => challenge),
      run,
    );
    presented.push({ at: prover.solvers.placeOf(index), prepared });
    open.push({ solver, prepared });
    answers.push(...challenges.map(({ at }) => at));
  }
  await keepValues(order, [...prover.left, ...presented]);
  try {
    const names = groups.flatMap(({ authorizations }) => authorizations.map(({ identifier }) => identifier.value));
    progress(`proving control of ${names.slice(0, 3).join(', ')}`);
    await Promise.all(open.map((each) => each.solver.present(each.prepared, run)));
    for (const each of answers) if (each.status === 'pending') await client.answer(each, signal);
    progress('waiting for the authority');
    return await client.untilReady(begun, signal);
  } finally {
    await keepValues(order, [...prover.left, ...(await removeValues(order, prover, presented))]);
  }
}

/** Goes on with an order until its certificate can be downloaded. */
async function finish(
  order: Proving,
  { order: begun, keys }: Pick<Begun, 'order' | 'keys'>,
  ordering: Prover,
): Promise<Order> {
  const { client } = ordering;
  const { signal } = order;
  let now = begun.status === 'pending' ? await prove(order, begun, ordering) : begun;
  if (now.status === 'ready') {
    const request = { dnsNames: order.dnsNames, ipAddresses: ipAddressesOf(order), keys };
    now = await client.finalize(now, await makeRequest(request), signal);
  }
  return client.untilIssued(now, signal);
}

/** Removes the key of an order that is over. Returns what the record has of the order from then on. */
async function endedOrder({ name, authority, orderKey, at }: Failing): Promise<Facts> {
  const own = orderKeyPath(authority.accountKey, name);
  for (const path of new Set([own, orderKey ?? own])) await removeOrderKey(at(path));
  return { order: null, order_key: null };
}

/** The failure of a step whose order is over: the next try orders another certificate for another key. */
async function failedOrder(error: unknown, failing: Failing): Promise<PartlyDoneError> {
  const { replaces, begun } = failing;
  const ended = await endedOrder(failing);
  // For the authority, the certificate that it issued has replaced the stored one.
  const isReplaced = error instanceof FailedOrderError && begun !== undefined && replaces !== undefined;
  const kept: Facts = {
    ...ended,
    ...(isReplaced ? answerTo(replaces, 'the certificate that replaced it was refused') : {}),
  };
  const next = begun === undefined ? '' : `. The order ${begun.record.url} has failed: the next try is another order`;
  return new PartlyDoneError(`${errorText(error)}${next}`, kept, { cause: error });
}

/** A step that failed, with its order if there is one. */
interface Failing
  extends Pick<AcmeOrder, 'name' | 'authority' | 'orderKey' | 'clock' | 'replaces'>,
    Pick<Ordering, 'at'> {
  readonly begun: Begun | undefined;
}

/** A step that ends before the authority has completed the order. */
function stillPending(error: PendingOrderError, failing: Failing): PostponedError | Promise<PartlyDoneError> {
  const { begun, clock } = failing;
  const { orderStatus: status, retryAfterMs } = error;
  const waited =
    begun === undefined
      ? undefined
      : waitedFor(begun.record, { status, now: clock(), retryAfterMs, expires: begun.order.expires });
  return waited === undefined
    ? failedOrder(error, failing)
    : new PostponedError(pendingText(waited), { order: { ...waited } }, { cause: error });
}

/** Reactions to a problem that do not end the order. */
const KEEPS_ORDER: ReadonlySet<Reaction> = new Set(['wait', 'read-again', 'retry-now', 'new-account']);

/** Records what follows from a failed step: a wait, or that the order is over. */
async function failureOf(error: unknown, failing: Failing): Promise<unknown> {
  if (error instanceof PendingOrderError) return stillPending(error, failing);
  if (error instanceof FailedOrderError) return failedOrder(error, failing);
  if (!(error instanceof AcmeProblem)) return error;
  const reaction = reactionTo(error, { replaces: false });
  // The authority may still go on with the order. Another step goes on with it after a wait, or by an account that is accepted.
  // Without a status, the order itself has failed.
  const isOpen = error.status !== undefined && (error.status >= 500 || KEEPS_ORDER.has(reaction));
  if (isOpen) return error;
  return failedOrder(error, failing);
}

/** Longest wait for a certificate whose validity begins in the future, because clocks differ. */
const MOST_EARLY_MS = 60_000;

async function untilValid(leaf: X509Certificate, { clock, signal }: AcmeOrder): Promise<void> {
  const early = properDatesOf(leaf).notBefore - clock();
  if (early > 0 && early <= MOST_EARLY_MS) await setTimeout(early, undefined, { signal });
}

/**
 * The authority decides the lifetime, so a certificate may end before the stored one, which may be revoked. One whose own
 * renewal is due at once would only repeat the order.
 */
function mustLast(leaf: X509Certificate, { stored }: AcmeOrder, now: Instant): void {
  const dates = properDatesOf(leaf);
  if (stored === undefined || dates.notAfter > stored.until || !isDueAtOnce(stored.thresholdDays, dates, now)) return;
  const [ends, before] = [dates.notAfter, stored.until].map(instantText);
  throw new Error(`it expires at ${ends}, before the stored one (${before}), and its renewal would be due at once`);
}

/** Checks a pair before it is stored. Throws a FailedOrderError for one that must not be. */
async function judge(order: AcmeOrder, path: readonly X509Certificate[], key: string, now: Instant): Promise<void> {
  const [leaf, issuer] = path;
  const { dnsNames } = order;
  try {
    if (leaf === undefined) throw new Error('the authority sent none');
    mustLast(leaf, order, now);
    await verifyAsClient({ path, key, dnsNames, ipAddresses: ipAddressesOf(order) }, now);
    validatePair({ ...order, now, hasAnyUsages: true }, leaf.toString(), key, issuer);
  } catch (error) {
    throw new FailedOrderError(`the certificate is refused: ${errorText(error)}`, { cause: error });
  }
}

async function store(
  order: AcmeOrder,
  { certificates: path }: IssuedChain,
  keys: KeyPair,
  { accounts }: Ordering,
): Promise<X509Certificate> {
  const [leaf, issuer] = path;
  if (leaf === undefined) throw new Error('the authority sent no certificate');
  const key = keyPem(keys.privateKey);
  await untilValid(leaf, order);
  const now = order.clock();
  await judge(order, path, key, now);
  order.signal.throwIfAborted();
  await replaceStored(
    order.storage,
    order,
    { path, key },
    accounts,
    (certificate, text) => validatePair({ ...order, now, hasAnyUsages: true }, certificate, text, issuer),
    order.signal,
  );
  return leaf;
}

function noChainText(preferred: string, { topIssuers }: Pick<IssuedChain, 'topIssuers'>): string {
  return `the authority has no chain up to ${preferred}. It has chains up to ${listed(topIssuers)}`;
}

/** Goes on with an order until its certificate is stored. */
async function complete(order: AcmeOrder, begun: Begun, ordering: Ordering & Prover): Promise<AcmeIssued> {
  const { preferredChain = '' } = order.issuer;
  const valid = await finish(order, begun, ordering);
  const { directory, account = '' } = order.authority;
  const source = { directory, account, download: valid.certificate ?? '', chain: preferredChain };
  // A step that ends from here on goes on with an order that has its source, and whose uses are counted.
  const isCounted = begun.record.download !== undefined || isExempt(begun, order);
  await order.keep({ order: { ...begun.record, ...source } }, isCounted ? [] : order.uses.issued);
  const issued = await ordering.client.certificate(
    valid,
    begun.keys.publicKey,
    order.issuer.preferredChain,
    order.signal,
  );
  if (preferredChain !== '' && !issued.isPreferred)
    order.progress(`${noChainText(preferredChain, issued)}. The chain up to ${issued.topIssuer} is used`);
  const leaf = await store(order, issued, begun.keys, ordering);
  return {
    fingerprint: fingerprintOf(leaf),
    not_after: instantText(properDatesOf(leaf).notAfter),
    issuer: fingerprintOf(issued.certificates[1] ?? leaf),
    key: publicKeyFingerprint(leaf.publicKey),
    ...source,
  };
}

/** Orders a certificate, or goes on with an order, and stores the pair. */
export async function orderCertificate(order: AcmeOrder, ordering: Ordering): Promise<AcmeIssued> {
  const { at } = ordering;
  const left = await removeFormer(order, ordering);
  let begun: Begun | undefined;
  try {
    begun = (await resumed(order, ordering)) ?? (await begin(order, ordering));
    const issued = await complete(order, begun, { ...ordering, left });
    await removeOrderKey(at(begun.keyPath));
    return issued;
  } catch (error) {
    throw await failureOf(error, { ...order, at, begun });
  }
}

/** Removes the key and the values of an order that no step goes on with. Throws if a value is left. */
export async function dropOrder(order: DroppedOrder, { at, solvers }: Pick<Ordering, 'at' | 'solvers'>): Promise<void> {
  if (order.orderKey !== undefined) await removeOrderKey(at(order.orderKey));
  const texts: string[] = [];
  const left = await removeValues({ progress: (text) => void texts.push(text) }, { solvers }, valuesOf(order));
  if (left.length > 0) throw new Error(texts.join('. '));
}

/** Throws an InputError for a directory that would refuse the account or the order of a rehearsal. */
function mustOffer(
  { externalAccountRequired, profiles }: Directory,
  { profile, eab }: { readonly profile: string | undefined; readonly eab: ExternalAccount | undefined },
): void {
  if (externalAccountRequired && eab === undefined)
    throw new InputError(
      'the directory requires an external account. Name one of plugins.certificates.acme.accounts of fettle.yaml with --eab',
    );
  if (profile === undefined || Object.hasOwn(profiles, profile)) return;
  const names = Object.keys(profiles);
  throw new InputError(
    names.length === 0
      ? `the directory has no profiles. Omit the profile ${profile} with --profile none`
      : `the directory does not have the profile ${profile}. It has ${names.join(', ')}. Name one with --profile`,
  );
}

/** Throws an InputError for names that a new account cannot prove. */
function mustProveAnew(rehearsal: Rehearsal, solvers: IssuerSolvers): void {
  const unproven = identifiers(rehearsal).flatMap(({ type, value }) => {
    const wildcard = value.startsWith('*.');
    const index = solvers.indexFor({ name: wildcard ? value.slice(2) : value, wildcard, kind: type });
    return index !== undefined && solvers.open(index).type === 'dns-persist-01' ? [value] : [];
  });
  if (unproven.length === 0) return;
  throw new InputError(
    `a rehearsal cannot prove ${listed(unproven)}: it orders by a new account, and the record of dnsPersist01 names the account of the Issuer. Rehearse a Certificate whose names other solvers prove`,
  );
}

/** Orders a certificate by a new account, and throws both away. */
export async function rehearseOrder(
  rehearsal: Rehearsal,
  prover: Omit<Prover, 'left'>,
  eab: ExternalAccount | undefined,
): Promise<{ readonly until: number }> {
  const { profile, signal, progress } = rehearsal;
  const { client } = prover;
  mustOffer(client.directory, { profile, eab });
  mustProveAnew(rehearsal, prover.solvers);
  const left = await removeFormer(rehearsal, prover);
  progress('creating an account for the rehearsal');
  await client.createAccount(defined({ contact: [], termsAgreed: true, eab }), signal);
  try {
    progress(`creating an order${profile === undefined ? '' : ` with the profile ${profile}`}`);
    const wanted: NewOrder = defined({ identifiers: identifiers(rehearsal), profile });
    const [order, keys] = [await client.newOrder(wanted, signal), await makeKeys(rehearsal.keyAlgorithm)];
    const valid = await finish(rehearsal, { order, keys }, { ...prover, left });
    const issued = await client.certificate(valid, keys.publicKey, undefined, signal);
    const [leaf] = issued.certificates;
    if (leaf === undefined) throw new Error('the authority sent no certificate');
    return { until: properDatesOf(leaf).notAfter };
  } finally {
    await client.deactivate(AbortSignal.timeout(REMOVAL_MS)).catch(() => undefined);
  }
}

/** Downloads a chain of a stored certificate, and stores it with the same key. */
export async function downloadChain(
  order: ChainOrder,
  client: AcmeClient,
  accounts: Accounts,
): Promise<{ readonly chain: string }> {
  const { storage, download, preferred, untouched = false, found, signal } = order;
  const { path, key } = await storedPair(storage);
  const [leaf] = path;
  if (leaf === undefined || key === undefined) throw new Error('no usable pair is stored');
  order.progress(preferred === '' ? 'downloading the usual chain' : `downloading the chain up to ${preferred}`);
  const { dnsNames, ipAddresses } = x509Seen(leaf);
  const issued = await client.certificate(
    {
      url: download,
      certificate: download,
      status: 'valid',
      identifiers: identifiers({ dnsNames, ipAddresses }),
      authorizations: [],
      finalize: download,
    },
    leaf.publicKey,
    preferred === '' ? undefined : preferred,
    signal,
  );
  if (!issued.isPreferred)
    throw new Error(`${noChainText(preferred, issued)}. Name one of them in \`preferredChain\`, or remove the field`);
  const [first] = issued.certificates;
  if (first === undefined || !first.raw.equals(leaf.raw))
    throw new Error('the authority sent another certificate than the stored one');
  const pair = { path: issued.certificates, key: keyPem(key) };
  await replaceStored(
    storage,
    { first: false, untouched, ...(found === undefined ? {} : { found }) },
    pair,
    accounts,
    (certificate, text) => {
      const read = readKey(text);
      if (
        readChain(certificate).certificates[0]?.raw.equals(leaf.raw) !== true ||
        !('key' in read) ||
        !isKeyOf(read.key, leaf)
      )
        throw new Error('the stored pair is not the one that was downloaded');
    },
    signal,
  );
  return { chain: preferred };
}
