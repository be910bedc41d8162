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
 * | another Certificate has an open order for the same names | waits until that one has ended: the authority may answer with it |
 * | the authority has not completed the order | asks for the same order again, until it expires |
 * | a status from 500, no answer, an answer that cannot be read or has no problem of ACME | goes on with the order, after the backoff |
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
  isPartlyDone,
  isPostponed,
  instantOf,
  instantText,
  PartlyDoneError,
  PostponedError,
} from '#plugin';
import { properDatesOf } from '#plugin/certificate-dates';
import { ApiError } from '#plugin/http';
import { AcmeProblem } from '../acme/acme-problem.ts';
import { isDueAtOnce } from '../acme/ari.ts';
import { type Order, sameIdentifiers } from '../acme/answers.ts';
import { type IssuedChain, noChainText } from '../acme/chains.ts';
import type { AcmeClient, NewOrder } from '../acme/client.ts';
import { heldText } from '../acme/held-orders.ts';
import { identifiersOf, mayBeHandedOut, pendingText, purposeOf, waitedFor } from '../acme/open-order.ts';
import { FailedOrderError, PendingOrderError } from '../acme/order-errors.ts';
import { type Reaction, reactionTo } from '../acme/problems.ts';
import { isWithin } from '../acme/renewal-window.ts';
import { NO_WAIT } from '../acme/waits.ts';
import { ipAddressesOf } from '../declared.ts';
import type { CertificateMemory } from '../generated.ts';
import { besides, orderKeyPath } from '../paths.ts';
import type { AcmeIssued, AcmeOrder, DroppedOrder, OrderRest } from '../world.ts';
import type { Accounts } from './accounts.ts';
import { finish, identifiersToProve, type Prover, removeFormer, removeValues, valuesOf } from './acme-proof.ts';
import { verifyAsClient } from './client-handshake.ts';
import { makeFolder, readWhole, removeFile, syncFolder, writeNew } from './files.ts';
import { validatePair } from './issue.ts';
import { replaceStored } from './stored.ts';
import { type KeyPair, keyPem, makeKeys } from './x509-make.ts';
import { fingerprintOf, publicKeyFingerprint, readKey } from './x509-read.ts';

const KEY_LIMIT = 65_536;
/** The services of a world that orders use. */
export interface Ordering extends Omit<Prover, 'left'> {
  readonly accounts: Accounts;
  readonly leftOrders: LeftOrders;
  /** The absolute path of a path in the project. */
  readonly at: (path: string) => string;
}

/** An order in progress, with its key. */
interface Begun {
  readonly order: Order;
  readonly keys: KeyPair;
  readonly record: NonNullable<AcmeOrder['begun']>;
  /** Path of the key in the project. */
  readonly keyPath: string;
  readonly replaced?: string;
}

/** True if no limit applied to the order: the authority has taken it as a replacement within the renewal window. */
function isExempt({ order, replaced }: Pick<Begun, 'order' | 'replaced'>, { uses, clock }: AcmeOrder): boolean {
  return isWithin(uses.exempt, clock()) && (replaced === 'accepted' || order.replaces !== undefined);
}

/** Removes the key of an order that has ended. */
async function removeOrderKey(path: string): Promise<void> {
  if (await removeFile(path)) await syncFolder(dirname(path));
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
    if (isGone(error, begun, order.clock())) return undefined;
    throw error;
  }
}

/**
 * True if the authority no longer has an order, or if it is the order of another account. The page of a gateway shows neither,
 * unless the order has expired.
 */
function isGone(error: unknown, { expires }: Begun['record'], now: Instant): boolean {
  if (!(error instanceof AcmeProblem) || error.status === undefined) return false;
  if (error.problem.foreign !== true) return error.status === 404 || NOT_OURS.has(error.code);
  return error.status < 500 && error.status !== 429 && expires !== undefined && instantOf(expires) <= now;
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
  const wanted: NewOrder = defined({ identifiers: identifiersToProve(order), profile: issuer.profile });
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
    const replaced = errorText(error).slice(0, 500);
    // The other order may be refused, too, and the next step must not ask the same again.
    await order.keep(answerTo(replaces, replaced));
    return { order: await client.newOrder(wanted, signal), replaced };
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
const KEEPS_ORDER: ReadonlySet<Reaction> = new Set(['wait', 'read-again', 'retry-now', 'new-account', 'unusable']);

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

/** Goes on with an order until its certificate is stored. */
async function complete(order: AcmeOrder, begun: Begun, ordering: Ordering & Prover): Promise<AcmeIssued> {
  const { preferredChain = '' } = order.issuer;
  const valid = await finish(order, begun, ordering);
  const { directory, account = '' } = order.authority;
  const source = { directory, account, download: valid.certificate ?? '', chain: preferredChain };
  // A step that ends from here on goes on with an order that has its source, and whose uses are counted.
  const isCounted = begun.record.download !== undefined;
  const record = defined<Begun['record']>({ ...begun.record, ...source, other_chain: undefined });
  await order.keep({ order: record }, isCounted ? [] : order.uses.issued);
  const issued = await ordering.client.certificate(
    valid,
    begun.keys.publicKey,
    order.issuer.preferredChain,
    order.signal,
  );
  const otherChain = preferredChain === '' || issued.isPreferred ? undefined : issued.topIssuer.slice(0, 255);
  if (otherChain !== undefined) {
    order.progress(`${noChainText(preferredChain, issued)}. The chain up to ${issued.topIssuer} is used`);
    await order.keep({ order: { ...record, other_chain: otherChain } });
  }
  const leaf = await store(order, issued, begun.keys, ordering);
  return {
    fingerprint: fingerprintOf(leaf),
    not_after: instantText(properDatesOf(leaf).notAfter),
    issuer: fingerprintOf(issued.certificates[1] ?? leaf),
    key: publicKeyFingerprint(leaf.publicKey),
    ...source,
    other_chain: otherChain ?? null,
  };
}

/** Orders a certificate, or goes on with an order, and stores the pair. */
export async function orderCertificate(order: AcmeOrder, ordering: Ordering): Promise<AcmeIssued> {
  const { directory, account = '' } = order.authority;
  // An authority may answer with the open order of the account for the same names: it has room for one key.
  const room = ['order', directory, account, ...identifiersOf(order)].join(' ');
  return ordering.inTurn([room], () => orderInTurn(order, ordering, room), order);
}

/** Orders of the steps of this run, by room and name of the Certificate; undefined for one that is over. */
export type LeftOrders = Map<string, Map<string, AcmeOrder['begun']>>;

/** Throws a PostponedError if another Certificate goes on with an order that the authority may answer with. */
function mustBeFree({ name, begun, clock, others }: AcmeOrder, ofRun: ReadonlyMap<string, AcmeOrder['begun']>): void {
  const held = [
    // The state does not show yet how steps of this run have ended.
    ...others().filter((other) => !ofRun.has(other.name)),
    ...[...ofRun].flatMap(([other, order]) => (order === undefined || other === name ? [] : [{ name: other, order }])),
  ].find(({ order }) => mayBeHandedOut(order, clock()));
  // Its own order cannot be used: as long as it is recorded, others would wait for it in turn.
  if (held !== undefined) throw new PostponedError(heldText(held), begun === undefined ? {} : { order: null });
}

async function orderInTurn(step: AcmeOrder, ordering: Ordering, room: string): Promise<AcmeIssued> {
  const { at } = ordering;
  const ofRun = ordering.leftOrders.get(room) ?? new Map<string, AcmeOrder['begun']>();
  ordering.leftOrders.set(room, ofRun);
  const note = ({ order }: { readonly order?: AcmeOrder['begun'] | null }): void => {
    if (order !== undefined) ofRun.set(step.name, order ?? undefined);
  };
  const order: AcmeOrder = {
    ...step,
    keep: async (fields, spends) => {
      note(fields);
      await step.keep(fields, spends);
    },
  };
  const left = await removeFormer(order, ordering);
  let begun: Begun | undefined;
  try {
    begun = await resumed(order, ordering);
    note({ order: begun?.record ?? null });
    if (begun === undefined) {
      mustBeFree(order, ofRun);
      begun = await begin(order, ordering);
    }
    const issued = await complete(order, begun, { ...ordering, left });
    note({ order: null });
    await removeOrderKey(at(begun.keyPath));
    return issued;
  } catch (error) {
    const failure = await failureOf(error, { ...order, at, begun });
    if (isPartlyDone(failure) || isPostponed(failure)) note(failure.kept);
    throw failure;
  }
}

/** Removes the key and the values of an order that no step goes on with. Returns those that are left. */
export async function dropOrder(
  order: DroppedOrder,
  { at, solvers }: Pick<Ordering, 'at' | 'solvers'>,
): Promise<OrderRest> {
  const problems: string[] = [];
  let orderKey: string | undefined;
  try {
    if (order.orderKey !== undefined) await removeOrderKey(at(order.orderKey));
  } catch (error) {
    orderKey = order.orderKey;
    problems.push(`the key of the order could not be removed: ${errorText(error)}`);
  }
  const remark = (text: string): void => void problems.push(text);
  const left = await removeValues({ progress: order.progress, remark }, { solvers }, valuesOf(order));
  return defined<OrderRest>({ orderKey, presented: left as unknown as OrderRest['presented'], problems });
}
