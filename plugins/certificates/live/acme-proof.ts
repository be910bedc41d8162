/** The proof of an order: puts up the values of its challenges, lets the authority look, and removes them. */

import { defined, errorText, listed, spanText } from '#plugin';
import { within } from '#plugin/deadline';
import type { Authorization, Identifier, Order } from '../acme/answers.ts';
import type { AcmeClient } from '../acme/client.ts';
import { type AccountKey, dnsDigest, keyAuthorization } from '../acme/jws.ts';
import type { Challenge, Prepared, Solver, SolverRun } from '../acme/solvers/solver.ts';
import type { SolverPlace } from '../acme/solvers/solver-place.ts';
import { STEP_LIMITS_MS } from '../acme/step-limits.ts';
import { ipAddressesOf, plainAddress } from '../declared.ts';
import type { AcmeOrder } from '../world.ts';
import type { IssuerSolvers } from './acme-solvers.ts';
import type { InTurn, Turn } from './turns.ts';
import { type KeyPair, makeRequest } from './x509-make.ts';

/** Values that an order has put up, and the place of the solver that removes them. */
type Presented = { readonly at: SolverPlace; readonly prepared: Prepared };

/** Sets of values that the record has at most: the oldest ones are dropped. */
const MOST_PRESENTED = 50;

export function identifiersToProve(order: Pick<AcmeOrder, 'dnsNames' | 'ipAddresses'>): readonly Identifier[] {
  return [
    ...order.dnsNames.map((value) => ({ type: 'dns' as const, value: value.toLowerCase() })),
    ...ipAddressesOf(order).map((value) => ({ type: 'ip' as const, value: plainAddress(value) })),
  ];
}

/** The name that an authorization is for: with `*.` if it is for a wildcard. */
function nameOf({ identifier, wildcard }: Authorization): string {
  return `${wildcard ? '*.' : ''}${identifier.value}`;
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
  if (at === undefined) throw new Error(`the authority does not offer ${solver.type} for ${nameOf(authorization)}`);
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
export type Proving = Pick<AcmeOrder, 'dnsNames' | 'ipAddresses' | 'signal' | 'progress' | 'remark' | 'keep'> & Turn;
/** The part of a world that does that. */
export interface Prover {
  readonly client: AcmeClient;
  readonly key: AccountKey;
  readonly solvers: IssuerSolvers;
  readonly inTurn: InTurn;
  /** Values of earlier orders that could not be removed. */
  readonly left: readonly Presented[];
}

/**
 * Removes values where an earlier step or this one has put them, and returns those that are left. A failure is reported, and
 * does not fail the order.
 */
export async function removeValues(
  { progress, remark }: Pick<Proving, 'progress' | 'remark'>,
  { solvers }: Pick<Prover, 'solvers'>,
  presented: readonly Presented[],
): Promise<readonly Presented[]> {
  const run = { signal: AbortSignal.timeout(STEP_LIMITS_MS.removal), progress, remark };
  const left: Presented[] = [];
  for (const each of presented) {
    try {
      await solvers.openAt(each.at).remove(each.prepared, run);
    } catch (error) {
      const places = [...new Set(each.prepared.values.map(({ place }) => place))].slice(0, 3).join(', ');
      remark(`the values of a challenge at ${places} could not be removed: ${errorText(error)}`);
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

export function valuesOf({ presented = [] }: Pick<AcmeOrder, 'presented'>): readonly Presented[] {
  return presented as readonly unknown[] as readonly Presented[];
}

/** Removes the values of earlier steps, and records those that are left. */
export async function removeFormer(
  order: Pick<AcmeOrder, 'presented' | 'progress' | 'remark' | 'keep'>,
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
  const groups = Map.groupBy(pending, (each) => {
    const { identifier, wildcard } = each;
    const index = solvers.indexFor({ name: identifier.value, wildcard, kind: identifier.type });
    if (index !== undefined) return index;
    throw new Error(`no solver of the Issuer proves ${nameOf(each)}`);
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
  return prover.inTurn(rooms, () => proveBy(groups, order, begun, prover), order);
}

/** A solver with its values. */
interface Open {
  readonly solver: Solver;
  readonly prepared: Prepared;
}

/** Puts up all values, and waits until they can be seen. */
async function presentAll(open: readonly Open[], { signal, progress, remark }: SolverRun): Promise<void> {
  const ms = STEP_LIMITS_MS.presenting;
  const late = (): Error => new Error(`the values of the challenges could not be put up in ${spanText(ms)}`);
  await within(ms, late, signal, (ends) =>
    Promise.all(open.map(({ solver, prepared }) => solver.present(prepared, { signal: ends, progress, remark }))),
  );
}

async function proveBy(groups: readonly ProvenBy[], order: Proving, begun: Order, prover: Prover): Promise<Order> {
  const { client } = prover;
  const { signal, progress, remark } = order;
  const run = { signal, progress, remark };
  const presented: Presented[] = [];
  const answers: Authorization['challenges'][number][] = [];
  const open: Open[] = [];
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
    const names = groups.flatMap(({ authorizations }) => authorizations.map(nameOf));
    progress(`proving control of ${listed(names, 3)}`);
    await presentAll(open, run);
    for (const each of answers) if (each.status === 'pending') await client.answer(each, signal);
    progress('waiting for the authority');
    return await client.untilReady(begun, signal);
  } finally {
    await keepValues(order, [...prover.left, ...(await removeValues(order, prover, presented))]);
  }
}

/** Goes on with an order until its certificate can be downloaded. */
export async function finish(
  order: Proving,
  { order: begun, keys }: { readonly order: Order; readonly keys: KeyPair },
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
