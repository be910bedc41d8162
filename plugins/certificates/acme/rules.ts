/** Safety rules of ACME accounts and of Certificates from ACME authorities, apart from the limits of orders. Pure. */

import {
  type Change,
  defer,
  type Facts,
  type Instant,
  pass,
  reject,
  type Scene,
  seenFacts,
  seenSignals,
  spanText,
  type Verdict,
  warn,
} from '#plugin';
import { issues } from '../differences.ts';
import type { CertificateResource, IssuerResource } from '../diff.ts';
import { issuerSpec } from '../remembered.ts';
import { policyOf } from '../renewal.ts';
import { knownDueAt } from '../schedule.ts';
import { validityOfFacts } from '../state.ts';
import { ACCOUNT_FIELDS } from './account.ts';
import { ariIn, backstopAt } from './ari.ts';
import { acmeOf, unforeseen } from './budget.ts';
import { directoryUrl } from './directories.ts';
import { deferredBy, waitOf } from './waits.ts';

/** Largest difference between this machine's clock and that of an authority, in seconds. */
export const MOST_CLOCK_SECONDS = 300;

/** The clock of the authority minus that of this machine, in seconds, if it is too large. */
export function clockDifference(signals: Facts | undefined): number | undefined {
  return ariIn(signals)?.clock;
}

export function clockText(seconds: number): string {
  const span = spanText(Math.abs(seconds) * 1000);
  return `the clock of the authority is ${span} ${seconds > 0 ? 'ahead of' : 'behind'} the clock of this machine`;
}

/** Largest difference of an authority that lets a renewal pass at its backstop: with a larger one, this machine may err. */
const MOST_ERROR_SECONDS = 86_400;

/**
 * The time by this machine's clock from which a renewal is due by both clocks. A difference of at most a day delays it at
 * most to its backstop. Undefined without a stored certificate whose end is known.
 */
function dueByBothAt(resource: CertificateResource, seconds: number): Instant | undefined {
  const facts = seenFacts(resource);
  const [due, validity] = [knownDueAt(resource), facts === undefined ? undefined : validityOfFacts(facts)];
  if (due === undefined || validity === undefined) return undefined;
  const byBoth = due + Math.max(0, -seconds) * 1000;
  if (Math.abs(seconds) > MOST_ERROR_SECONDS) return byBoth;
  return Math.min(byBoth, Math.max(due, backstopAt(policyOf(resource).renewal.thresholdDays, validity)));
}

/** The rule on steps that are due by time: they wait until they are due by both clocks. */
export function acmeClock(change: Change, resource: CertificateResource, scene: Scene): Verdict {
  if (change.cause !== 'time' || acmeOf(resource.desired?.spec, scene) === undefined)
    return pass('the time does not decide', {});
  const seconds = clockDifference(seenSignals(resource));
  if (seconds === undefined) return pass('the clock agrees with that of the authority', {});
  const facts = { clock_seconds: seconds, limit_seconds: MOST_CLOCK_SECONDS };
  const clearsAt = dueByBothAt(resource, seconds);
  if (clearsAt === undefined || scene.now >= clearsAt) return warn(clockText(seconds), facts);
  const message = `${clockText(seconds)}, and by its clock the step is not due yet`;
  return defer(message, facts, { clearsAt, remedy: { outside: 'set the clock' } });
}

/** Fields whose change is a request to the authority. */
const ASKING: ReadonlySet<string> = new Set([
  ACCOUNT_FIELDS.account,
  ACCOUNT_FIELDS.directory,
  ACCOUNT_FIELDS.key,
  ACCOUNT_FIELDS.contact,
]);

/** The rule on steps of an Issuer, which authorities limit too. */
export function accountWait({ step, fields }: Change, { desired, memory }: IssuerResource, scene: Scene): Verdict {
  const acme = issuerSpec(desired, memory)?.acme;
  if (acme === undefined) return pass('the Issuer has no account', {});
  const directory = directoryUrl(acme.directory);
  const wait = waitOf(memory?.kept, { directory, account: undefined, about: { kind: 'account' } }, scene.now);
  const asks = step !== 'ready>ready' || fields.some(({ path }) => ASKING.has(path));
  return wait === undefined || !asks
    ? pass('the authority has not asked for a wait', { directory })
    : deferredBy(wait, directory);
}

/** A CAA record set that does not permit an issuance; part of a preview. */
export type CaaRefusal = {
  /** Name of the certificate. */
  readonly name: string;
  /** Name of the record set. */
  readonly at: string;
  /** The reason, as a predicate. */
  readonly why: string;
  readonly remedy: string;
  /** True if the account decides, and is known only after the row of the Issuer. */
  readonly waits?: boolean;
};

/** The refusals in the preview of a resource. */
export function caaRefusals({ preview }: Pick<CertificateResource, 'preview'>): readonly CaaRefusal[] {
  const caa = preview?.['caa'];
  return Array.isArray(caa) ? caa : [];
}

/** The rule on every step that orders a certificate. */
export function caaForbids(change: Change, resource: CertificateResource, scene: Scene): Verdict {
  const issuer = issues(change) ? acmeOf(resource.desired?.spec, scene) : undefined;
  if (issuer === undefined) return pass('no order is created', {});
  const directory = directoryUrl(issuer.directory);
  const unknown = unforeseen(resource, directory);
  if (unknown !== undefined) return unknown;
  const refusals = caaRefusals(resource);
  const first = refusals.find(({ waits }) => waits !== true) ?? refusals[0];
  if (first === undefined) return pass('no CAA record forbids the issuance', { directory });
  const more = refusals.length === 1 ? '' : `, and ${refusals.length - 1} more`;
  const [facts, remedy] = [{ directory, caa: refusals }, { outside: first.remedy }];
  const records = `the CAA records of ${first.at} ${first.why}`;
  return first.waits === true
    ? defer(`${records}: the order of ${first.name}${more} waits for the row of the Issuer`, facts, { remedy })
    : reject(`${records}, so the authority refuses ${first.name}${more}`, facts, { remedy });
}
