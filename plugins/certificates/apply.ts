/** Apply: the handler of every step. All writes are durable when a handler returns; its errors contain no secrets. */

import { promisify } from 'node:util';
import {
  type ActionRun,
  defined,
  type Facts,
  type Note,
  errorText,
  instantText,
  PartlyDoneError,
  seenFacts,
} from '#plugin';
import { forEachOf } from '#plugin/limit';
import { ACCOUNT_FIELDS, authorityOf as authorityOfAccount, formerKeyPath } from './acme/account.ts';
import { acmeOf, replacesOwn, usesOf } from './acme/budget.ts';
import type { AcmeSpec } from './acme/directories.ts';
import { heldOrders } from './acme/held-orders.ts';
import { removesKey } from './acme/shared-accounts.ts';
import { NO_WAIT } from './acme/waits.ts';
import { ipAddressesOf, usagesOf } from './declared.ts';
import { needsIssue, ORDER_LEFT, PREFERRED_CHAIN } from './differences.ts';
import { AUTHORITY_FIELD, type CertificateResource, type IssuerResource } from './diff.ts';
import type { CertificateMemory, CertificateSpec, CertificateStep, IssuerMemory, IssuerStep } from './generated.ts';
import { formerOf } from './note.ts';
import { judgedOf, keepsAuthority } from './own-files.ts';
import { placesOf } from './paths.ts';
import {
  certificateSpec,
  hasSwapped,
  issuerOf,
  issuerRef,
  issuerSpec,
  storageInUse,
  storedOrder,
} from './remembered.ts';
import { isRefusal } from './refusal.ts';
import { policyOf, reloadsOf } from './renewal.ts';
import { type Shown, canReload, reloadDue, shownFor, shownText } from './served.ts';
import { serviceMembers } from './service-members.ts';
import { validityOfFacts } from './state.ts';
import { Issuer } from './kinds.ts';
import type { AcmeOrder, CertificatesWriter, IssueOrder, PairStorage, Trust } from './world.ts';

type IssuerHandler = (
  world: CertificatesWriter,
  resource: IssuerResource,
  run: ActionRun,
) => Promise<Note<IssuerMemory> | undefined>;
type CertificateHandler = (
  world: CertificatesWriter,
  resource: CertificateResource,
  run: ActionRun,
) => Promise<Note<CertificateMemory> | undefined>;

/** True if fettle created an authority here, or started to: only then it owns pending files. */
function hasBegun(memory: IssuerResource['memory']): boolean {
  const failed = memory?.lastError !== undefined && !isRefusal(memory.lastError.message);
  return memory?.owned === 'created' || memory?.open !== undefined || memory?.kept.began === true || failed;
}

/** The record of a change that the authority has accepted from the account. */
function accepted(run: ActionRun): Note<IssuerMemory> {
  return { account_at: instantText(run.now()), account_fault: null };
}

/** Finds or creates the account of the declared directory. */
async function createAccount(world: CertificatesWriter, acme: AcmeSpec, run: ActionRun): Promise<Note<IssuerMemory>> {
  const { contact, eab } = acme;
  const authority = authorityOfAccount(acme, undefined);
  run.progress(`finding or creating the account at ${authority.directory}`);
  const { terms, ...made } = await world.createAccount(defined({ authority, contact, eab, signal: run.signal }));
  if (terms !== undefined) run.remark(`agreed to the terms of service at ${terms}`);
  const kept = { ...made, directory: authority.directory, contact, ...accepted(run), ...NO_WAIT };
  // A refresh finds the account by the state alone.
  await run.keep(kept);
  return kept;
}

/** Corrects the account of an Issuer, as its row says. */
async function correctAccount(
  world: CertificatesWriter,
  acme: AcmeSpec,
  resource: IssuerResource,
  run: ActionRun,
): Promise<Note<IssuerMemory> | undefined> {
  const { memory } = resource;
  const paths = new Set(run.change.fields.map(({ path }) => path));
  const has = (path: string): boolean => paths.has(path);
  if (has(`${ACCOUNT_FIELDS.key}/mode`)) await world.tidyAccountKey(acme.accountKey);
  // Another directory or another key is another account.
  if (has(ACCOUNT_FIELDS.directory) || has(ACCOUNT_FIELDS.account)) return createAccount(world, acme, run);
  const former = formerKeyPath(acme, memory);
  let kept: Note<IssuerMemory> = withoutWait(resource);
  if (has(ACCOUNT_FIELDS.key) && former !== undefined) {
    run.progress('replacing the key of the account');
    kept = {
      ...kept,
      ...(await world.rollover(
        authorityOfAccount({ ...acme, accountKey: former }, memory),
        acme.accountKey,
        run.signal,
      )),
      ...accepted(run),
    };
    await run.keep(kept);
  }
  if (has(ACCOUNT_FIELDS.contact)) {
    await world.updateContact(authorityOfAccount(acme, memory), acme.contact, run.signal);
    kept = { ...kept, contact: acme.contact, ...accepted(run) };
  }
  return kept;
}

const createAuthority: IssuerHandler = async (world, { desired, memory }, run) => {
  if (desired?.spec.acme !== undefined) return createAccount(world, desired.spec.acme, run);
  const localCa = desired?.spec.localCa;
  if (localCa === undefined) throw new Error('only a local authority can be created');
  run.progress(`creating the authority ${localCa.commonName}`);
  const untouched = !hasBegun(memory);
  return { fingerprint: await world.createAuthority(localCa.dir, localCa.commonName, run.now(), untouched) };
};

/** Corrects the files of an authority. Records another authority if its row was accepted. */
const correctAuthority: IssuerHandler = async (world, resource, run) => {
  const { desired, memory } = resource;
  if (desired?.spec.acme !== undefined) return correctAccount(world, desired.spec.acme, resource, run);
  const dir = desired?.spec.localCa?.dir;
  if (dir === undefined) throw new Error('only a local authority has files');
  await world.tidyAuthority(dir, !hasBegun(memory));
  if (!run.change.fields.some(({ path }) => path === AUTHORITY_FIELD)) return undefined;
  const fingerprint = seenFacts(resource)?.fingerprint;
  if (fingerprint === undefined) throw new Error('the authority to adopt does not exist');
  return { fingerprint };
};

const removeAuthority: IssuerHandler = async (world, resource, run) => {
  const spec = issuerSpec(resource.desired, resource.memory);
  if (spec?.acme !== undefined) {
    const authority = authorityOfAccount(spec.acme, resource.memory);
    await world.deactivateAccount(authority, !removesKey(resource, run.scene), run.signal);
    await run.keep({ account: null, thumbprint: null });
    return undefined;
  }
  const localCa = spec?.localCa;
  if (localCa === undefined) throw new Error('the folder of the authority is not in the state');
  const fingerprint = seenFacts(resource)?.fingerprint;
  await world.deleteAuthority(localCa.dir, {
    ...(fingerprint === undefined ? {} : { fingerprint }),
    keep: keepsAuthority(resource, run.change),
  });
  return undefined;
};

export const issuerHandlers = {
  'absent>ready': createAuthority,
  'ready>ready': correctAuthority,
  'ready>absent': removeAuthority,
  'broken>absent': removeAuthority,
} as const satisfies Record<IssuerStep, IssuerHandler>;

function storageOf(resource: CertificateResource): PairStorage {
  const storage = storageInUse(resource);
  if (storage === undefined) throw new Error('the storage of the pair is not in the state');
  return storage;
}

function authorityOf(spec: CertificateSpec, run: ActionRun): Pick<IssueOrder, 'authority'> {
  const issuer = issuerOf(run.scene.get(issuerRef(spec)));
  if (issuer.spec === undefined) throw new Error(`the Issuer ${spec.issuer} does not exist`);
  if (issuer.spec.localCa === undefined) return {};
  const { dir } = issuer.spec.localCa;
  return { authority: defined({ dir, fingerprint: issuer.fingerprint }) };
}

/** The end of an order whose certificate is stored. Values that could not be removed stay in the record. */
const ORDER_ENDED = { order: null, order_key: null, ...NO_WAIT } as const;

/** The record of a certificate that no account has ordered. */
function withoutAccount({ memory }: CertificateResource): Note<CertificateMemory> {
  return memory?.kept.account === undefined ? {} : { account: null };
}

/** The end of a recorded fault: the authority has served the Certificate. */
function withoutFault({ memory }: CertificateResource): Note<CertificateMemory> {
  return memory?.kept.account_fault === undefined ? {} : { account_fault: null };
}

/** The end of a recorded wait: the authority has answered. */
function withoutWait({ memory }: CertificateResource | IssuerResource): Partial<typeof NO_WAIT> {
  return memory?.kept.wait_until === undefined ? {} : NO_WAIT;
}

/** The part of an order that is for an ACME authority. */
function acmeOrder(
  issuer: AcmeSpec,
  resource: CertificateResource,
  spec: CertificateSpec,
  run: ActionRun,
): Omit<AcmeOrder, keyof IssueOrder> & Pick<AcmeOrder, 'authority'> {
  const { kept = {} } = resource.memory ?? {};
  const authority = authorityOfAccount(issuer, Issuer.get(run.scene, issuerRef(spec))?.memory);
  const validity = validityOfFacts(seenFacts(resource) ?? {});
  const isValid = seenFacts(resource)?.usable === true && validity !== undefined && validity.notAfter > run.now();
  return defined({
    authority,
    issuer,
    name: resource.ref.name,
    begun: storedOrder(resource) === undefined ? kept.order : undefined,
    orderKey: kept.order_key,
    presented: kept.presented,
    replaces: replacesOwn(resource, authority) ? kept.ari?.id : undefined,
    stored:
      isValid && !needsIssue(run.change.fields)
        ? { until: validity.notAfter, thresholdDays: policyOf(resource).renewal.thresholdDays }
        : undefined,
    uses: usesOf(authority, resource, spec, run.scene),
    stillApproved: run.stillApproved,
    remark: run.remark,
    clock: run.now,
    others: () => heldOrders(resource, spec, run.scene),
    awaitTurn: run.awaitTurn,
    keep: (fields: Facts, spends?: readonly string[]) => run.keep(fields, spends),
  });
}

async function issue(
  world: CertificatesWriter,
  resource: CertificateResource,
  run: ActionRun,
  first: boolean,
): Promise<Note<CertificateMemory>> {
  const spec = resource.desired?.spec;
  if (spec === undefined) throw new Error('a certificate without a document is not issued');
  const now = run.now();
  const before = seenFacts(resource)?.fingerprint ?? resource.memory?.kept.fingerprint;
  const order = {
    storage: spec.storage,
    ...(spec.reload === undefined ? {} : { service: spec.reload }),
    dnsNames: spec.dnsNames,
    ipAddresses: ipAddressesOf(spec),
    usages: usagesOf(spec),
    keyAlgorithm: spec.keyAlgorithm,
    first: first || seenFacts(resource)?.elsewhere === true,
    untouched: !hasSwapped(resource.memory) || seenFacts(resource)?.elsewhere === true,
    ...judgedOf(resource),
    now,
    signal: run.signal,
    progress: run.progress,
  };
  const acme = acmeOf(spec, run.scene);
  const issued =
    acme === undefined
      ? await world.issue({ ...order, ...authorityOf(spec, run), validityDays: spec.validityDays })
      : await world.orderCertificate({ ...order, ...acmeOrder(acme, resource, spec, run) });
  const { fingerprint } = issued;
  const former = formerOf(
    { ...resource.memory?.kept, ...(before === undefined ? {} : { fingerprint: before }) },
    fingerprint,
  );
  const kept: Note<CertificateMemory> = {
    ...(resource.memory?.kept.other_chain === undefined ? {} : { other_chain: null }),
    ...issued,
    ...(acme === undefined ? withoutAccount(resource) : ORDER_ENDED),
    ...withoutFault(resource),
    ...(former.length === 0 ? {} : { former }),
    made: fingerprint,
    places: placesOf(spec.storage).map(({ path }) => path),
    issued: (resource.memory?.kept.issued ?? 0) + 1,
    issued_at: instantText(now),
  };
  // The pair is stored, also if the step fails from here on: an authority can issue a certificate that is due at once.
  if (acme !== undefined) await run.keep(kept);
  const places = servingBefore(resource, before, run);
  return deliver({ world, resource, run, spec, fingerprint, kept, places, isFirst: first && before === undefined });
}

/** Places that must serve the new certificate: those that served the previous one. Others do not fail the step. */
function servingBefore(resource: CertificateResource, before: string | undefined, run: ActionRun): readonly Shown[] {
  if (before === undefined) return [];
  const shown = shownFor(resource.ref.name, { fingerprint: before, former: [] }, run.scene);
  return shown.filter(({ serves }) => serves === 'stored');
}

/** A stored pair on its way to its servers. */
interface Delivery {
  readonly world: CertificatesWriter;
  readonly resource: CertificateResource;
  readonly run: ActionRun;
  readonly spec: CertificateSpec;
  readonly fingerprint: string;
  /** Fields that the step records in any case. */
  readonly kept: Note<CertificateMemory>;
  /** Places that must serve the pair. */
  readonly places: readonly Shown[];
  /** True for the first certificate at its place. */
  readonly isFirst?: boolean;
}

/** A certificate that servers are probed for. */
type Sought = Pick<Delivery, 'world' | 'fingerprint' | 'run'>;

/**
 * Deploys the stored pair, reloads its servers, and waits until every place serves it. After a failure the state still
 * records the completed part: the next step starts with the reload, and issues nothing.
 */
async function deliver(delivery: Delivery): Promise<Note<CertificateMemory>> {
  const { world, resource, run, spec, fingerprint, kept, places, isFirst = false } = delivery;
  // Without `deploy` and `reload`, servers read the files by themselves, or another program reloads them.
  if (!canReload(spec)) return { ...kept, reloaded: fingerprint };
  const { signal, stillApproved } = run;
  const { withinMs } = policyOf(resource).served;
  const unserved = (more: Partial<CertificateMemory> = {}): Note<CertificateMemory> => {
    const tries = reloadsOf(resource.memory, resource.desired, fingerprint).failed + 1;
    return { ...kept, ...more, unserved: fingerprint, unserved_tries: tries, unserved_at: instantText(run.now()) };
  };
  let isDeployed = false;
  try {
    if (spec.deploy !== undefined) {
      run.progress('deploying the pair');
      await world.deploy({
        deploy: spec.deploy,
        storage: spec.storage,
        ...(spec.reload === undefined ? {} : { service: spec.reload }),
        name: resource.ref.name,
        signal,
        stillApproved,
      });
    }
    isDeployed = true;
    const service = spec.reload;
    if (service !== undefined) {
      run.progress('reloading the service');
      const members = () => serviceMembers(service, run.scene);
      await run.aside(world.reload({ service, name: resource.ref.name, members, signal, stillApproved }));
    }
  } catch (error) {
    if (signal.aborted) throw error;
    const message = `the certificate is stored and was not delivered to its servers: ${errorText(error)}`;
    if (!isDeployed || !isFirst) throw new PartlyDoneError(message, unserved(), { cause: error });
    // Most servers cannot start before their first certificate is stored, so its first reload may fail.
    run.remark(`${message}. Start the service; a later apply reloads it`);
    return unserved();
  }
  const left = await run.aside(untilServed(delivery, places, withinMs));
  if (left.length > 0) {
    const many = left.length > 1;
    throw new PartlyDoneError(
      `the certificate is stored, and ${shownText(left)} ${many ? 'do' : 'does'} not serve it ${withinMs / 1000} s after the reload`,
      unserved({ reloaded: fingerprint }),
    );
  }
  return { ...kept, reloaded: fingerprint, ...(resource.memory?.kept.unserved === undefined ? {} : { unserved: '' }) };
}

const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;
/** During a reload, old and new processes of a server may answer: one answer is not sufficient. */
const CONFIRM_AFTER_MS = 150;

/**
 * Probes until every place serves the certificate, and once more after a moment. Returns the places that do not serve
 * it at the deadline.
 */
async function untilServed(sought: Sought, places: readonly Shown[], withinMs: number): Promise<readonly Shown[]> {
  const { world, run } = sought;
  if (places.length === 0) return [];
  run.progress(`waiting until ${shownText(places)} ${places.length === 1 ? 'serves' : 'serve'} the certificate`);
  const trust = await world.readTrust([]);
  const late = AbortSignal.timeout(withinMs);
  const inTime = AbortSignal.any([run.signal, late]);
  const probe = (those: readonly Shown[], signal: AbortSignal): Promise<readonly Shown[]> =>
    stillLeft(sought, those, trust, signal);
  const wait = promisify(setTimeout);
  let left = places;
  for (let pause = SHORTEST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    left = await probe(left, inTime);
    if (left.length === 0) {
      await wait(CONFIRM_AFTER_MS);
      left = await probe(places, run.signal);
    }
    run.signal.throwIfAborted();
    if (left.length === 0 || late.aborted) return left;
    await wait(pause);
  }
}

/** Maximum number of servers of one certificate that are probed at once. */
const ASKED_AT_ONCE = 8;

/** Places that do not serve the certificate yet, without addresses that the name no longer has. */
async function stillLeft(
  { world, fingerprint, run }: Sought,
  places: readonly Shown[],
  trust: Trust,
  signal: AbortSignal,
): Promise<readonly Shown[]> {
  const right = new Set<Shown>();
  const ask = async ([first, ...others]: readonly Shown[]): Promise<void> => {
    if (first === undefined) return;
    const seen = await world.probe(first.target, trust, run.now(), signal).catch((error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    if (seen?.resolved !== true) return;
    for (const place of [first, ...others]) {
      const shown = seen.addresses.filter(({ address }) => address === place.address);
      const serves = shown.some((each) => each.served && each.chain[0].fingerprint === fingerprint);
      if (shown.length === 0 || serves) right.add(place);
    }
  };
  const servers = Map.groupBy(places, ({ target }) => JSON.stringify(target));
  await forEachOf([...servers.values()], ASKED_AT_ONCE, ask);
  return places.filter((place) => !right.has(place));
}

const issueFirst: CertificateHandler = (world, resource, run) => issue(world, resource, run, true);
const issueAgain: CertificateHandler = (world, resource, run) => issue(world, resource, run, false);

/** Downloads another chain of the stored certificate, if the row says so. */
async function downloadChain(
  world: CertificatesWriter,
  resource: CertificateResource,
  run: ActionRun,
): Promise<Note<CertificateMemory> | undefined> {
  const spec = resource.desired?.spec;
  const { download } = resource.memory?.kept ?? {};
  const acme = acmeOf(spec, run.scene);
  const fingerprint = seenFacts(resource)?.fingerprint;
  if (!run.change.fields.some(({ path }) => path === PREFERRED_CHAIN)) return undefined;
  if (spec === undefined || acme === undefined || download === undefined || fingerprint === undefined) return undefined;
  const kept = await world.downloadChain(
    defined({
      authority: authorityOfAccount(acme, Issuer.get(run.scene, issuerRef(spec))?.memory),
      download,
      preferred: acme.preferredChain ?? '',
      storage: spec.storage,
      service: spec.reload,
      dnsNames: spec.dnsNames,
      ipAddresses: ipAddressesOf(spec),
      untouched: !hasSwapped(resource.memory),
      ...judgedOf(resource),
      signal: run.signal,
      progress: run.progress,
    }),
  );
  return deliver({
    world,
    resource,
    run,
    spec,
    fingerprint,
    kept: { ...kept, other_chain: null, ...withoutFault(resource), ...withoutWait(resource) },
    places: [],
  });
}

/**
 * Removes what is left of an order that no step goes on with. Values that cannot be removed are named, and stay recorded. Throws
 * if the key cannot be removed, which stays recorded as well.
 */
async function dropOrder(world: CertificatesWriter, resource: CertificateResource, run: ActionRun): Promise<void> {
  const { order_key: orderKey, presented } = resource.memory?.kept ?? {};
  if (orderKey === undefined && presented === undefined) return;
  const stored = storedOrder(resource);
  const { solvers = [] } = acmeOf(certificateSpec(resource.desired, resource.memory), run.scene) ?? {};
  const { signal, progress, stillApproved } = run;
  const left = await world.dropOrder(defined({ orderKey, presented, solvers, signal, progress, stillApproved }));
  signal.throwIfAborted();
  await run.keep({
    ...ORDER_ENDED,
    order_key: left.orderKey ?? null,
    presented: left.presented.length === 0 ? null : left.presented,
    // The step that stored the certificate of the order was interrupted before it recorded its chain.
    ...(stored === undefined ? {} : { other_chain: stored.other_chain ?? null }),
  });
  const text = left.problems.join('. ');
  if (left.orderKey !== undefined) throw new Error(text);
  if (text !== '') run.remark(text);
}

/** A change in place: issues another certificate, corrects files, or reloads the service, as the row says. */
const correct: CertificateHandler = async (world, resource, run) => {
  if (needsIssue(run.change.fields)) return issue(world, resource, run, false);
  if (run.change.fields.some(({ path }) => path === ORDER_LEFT)) await dropOrder(world, resource, run);
  const downloaded = await downloadChain(world, resource, run);
  if (downloaded !== undefined) return downloaded;
  const due = reloadDue(resource, run.scene);
  const { rewritten } =
    run.change.fields.length === 0
      ? { rewritten: false }
      : await world.tidyPair(storageOf(resource), !hasSwapped(resource.memory), judgedOf(resource).found);
  const spec = resource.desired?.spec;
  const fingerprint = seenFacts(resource)?.fingerprint;
  if (spec === undefined || fingerprint === undefined || (due === undefined && !rewritten)) return undefined;
  return deliver({ world, resource, run, spec, fingerprint, kept: {}, places: due?.places ?? [] });
};

/** Completes a swap. The next plan, which refreshes the stored pair, has the reload. */
const finishSwap: CertificateHandler = async (world, resource) => world.settleSwap(storageOf(resource));

const removePair: CertificateHandler = async (world, resource, run) => {
  await dropOrder(world, resource, run);
  await world.deletePair(storageOf(resource), !hasSwapped(resource.memory), judgedOf(resource, true).found);
  return undefined;
};

export const certificateHandlers = {
  'absent>normal': issueFirst,
  'normal>normal': correct,
  'normal>renewing': issueAgain,
  'expiring_soon>renewing': issueAgain,
  'renewal_failed>renewing': issueAgain,
  'expired>recovering': issueAgain,
  'renewing>normal': finishSwap,
  'recovering>normal': finishSwap,
  'normal>absent': removePair,
  'expiring_soon>absent': removePair,
  'expired>absent': removePair,
  'renewal_failed>absent': removePair,
} as const satisfies Record<CertificateStep, CertificateHandler>;
