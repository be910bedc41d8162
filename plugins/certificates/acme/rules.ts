/** Safety rules of Certificates from ACME authorities, apart from the limits of orders. Pure. */

import { type Change, defer, type Facts, pass, reject, type Scene, seenSignals, spanText, type Verdict } from '#plugin';
import { issues } from '../differences.ts';
import type { CertificateResource, IssuerResource } from '../diff.ts';
import { issuerSpec } from '../remembered.ts';
import { ACCOUNT_FIELDS } from './account.ts';
import { ariIn } from './ari.ts';
import { acmeOf } from './budget.ts';
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

/** The rule on steps that are due by time. */
export function acmeClock(change: Change, resource: CertificateResource, scene: Scene): Verdict {
  if (change.cause !== 'time' || acmeOf(resource.desired?.spec, scene) === undefined)
    return pass('the time does not decide', {});
  const seconds = clockDifference(seenSignals(resource));
  if (seconds === undefined) return pass('the clock agrees with that of the authority', {});
  return defer(clockText(seconds), { limit_seconds: MOST_CLOCK_SECONDS }, { remedy: { outside: 'set the clock' } });
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
  const wait = waitOf(memory?.kept, { directory }, scene.now);
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
  const refusals = caaRefusals(resource);
  const directory = directoryUrl(issuer.directory);
  const [first] = refusals;
  if (first === undefined) return pass('no CAA record forbids the issuance', { directory });
  const more = refusals.length === 1 ? '' : `, and ${refusals.length - 1} more`;
  return reject(
    `the CAA records of ${first.at} ${first.why}, so the authority refuses ${first.name}${more}`,
    { directory, caa: refusals },
    { remedy: { outside: `permit the authority in the CAA records of ${first.at}, or use another Issuer` } },
  );
}
