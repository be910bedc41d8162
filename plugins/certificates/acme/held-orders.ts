/**
 * Open orders of other Certificates with the same names at the same account. An authority may answer with such an order, which
 * has room for one key: another Certificate that begins an order would finalize it with its own. Pure.
 */

import { type Change, defer, formatRef, type Instant, type Scene, type Verdict } from '#plugin';
import { issues } from '../differences.ts';
import type { CertificateResource } from '../diff.ts';
import type { CertificateSpec } from '../generated.ts';
import { Certificate } from '../kinds.ts';
import { acmeBudget, acmeOf, openOrder, ordererOf } from './budget.ts';
import { askedAgainAt, identifiersOf, mayBeHandedOut, type OpenOrder } from './open-order.ts';

/** An order, and the name of the Certificate that goes on with it. */
export interface HeldOrder {
  readonly name: string;
  readonly order: OpenOrder;
}

/** Longest time until a step that waits for another order is judged again: the other one can end at any time. */
const AGAIN_MS = 15 * 60_000;

/** The names and the account that orders share; undefined if the Issuer is not an ACME authority. */
function roomOf(spec: CertificateSpec, scene: Pick<Scene, 'get'>): string | undefined {
  const issuer = acmeOf(spec, scene);
  if (issuer === undefined) return undefined;
  const { directory, account = '' } = ordererOf(issuer, spec, scene);
  return [directory, account, ...identifiersOf(spec)].join(' ');
}

/** Certificates whose state has an order. */
function holders(scene: Scene): readonly CertificateResource[] {
  return Certificate.all(scene).filter(({ memory }) => memory?.kept.order !== undefined);
}

/** Those of a plan, by its decisions: each of thousands of rows asks for the same. */
const holdersOf = new WeakMap<Scene['judged'], readonly CertificateResource[]>();

function holdersInPlan(scene: Scene): readonly CertificateResource[] {
  const found = holdersOf.get(scene.judged) ?? holders(scene);
  holdersOf.set(scene.judged, found);
  return found;
}

/**
 * The open orders of other declared Certificates, of all or of those that the caller knows: without its document, or after a
 * change of it, no step goes on with one.
 */
export function heldOrders(
  { address }: Pick<CertificateResource, 'address'>,
  spec: CertificateSpec,
  scene: Scene,
  among: readonly CertificateResource[] = holders(scene),
): readonly HeldOrder[] {
  const room = among.length === 0 ? undefined : roomOf(spec, scene);
  if (room === undefined) return [];
  return among.flatMap((other) => {
    const { desired, ref } = other;
    if (other.address === address || desired === undefined) return [];
    const issuer = acmeOf(desired.spec, scene);
    if (issuer === undefined || roomOf(desired.spec, scene) !== room) return [];
    const order = openOrder(other, issuer, desired.spec, scene);
    return order !== undefined && mayBeHandedOut(order, scene.now) ? [{ name: ref.name, order }] : [];
  });
}

export function heldText({ name, order }: HeldOrder): string {
  return `the Certificate ${name} has an open order for the same names, ${order.url}, and goes first`;
}

/** The verdict on an order while another Certificate has an open one; undefined if none has. */
function heldVerdict(change: Change, resource: CertificateResource, scene: Scene): Verdict | undefined {
  const spec = resource.desired?.spec;
  const issuer = issues(change) ? acmeOf(spec, scene) : undefined;
  // Right before the step, the row is judged already, and the step itself waits for its turn.
  if (spec === undefined || issuer === undefined || scene.judged.has(resource.address)) return undefined;
  if (openOrder(resource, issuer, spec, scene) !== undefined) return undefined;
  const held = heldOrders(resource, spec, scene, holdersInPlan(scene)).find(
    ({ name }) => scene.judged.get(formatRef({ ...resource.ref, name }))?.verdict !== 'accept',
  );
  if (held === undefined) return undefined;
  const { name, order } = held;
  const again: Instant = askedAgainAt(order, scene.now) ?? scene.now + AGAIN_MS;
  return defer(
    heldText(held),
    { certificate: name, order: order.url },
    { clearsAt: Math.min(again, scene.now + AGAIN_MS) },
  );
}

/** The rule on every step that orders a certificate: the open orders of others, then the limits of the authority. */
export function orderRoom(change: Change, resource: CertificateResource, scene: Scene): Verdict {
  return heldVerdict(change, resource, scene) ?? acmeBudget(change, resource, scene);
}
