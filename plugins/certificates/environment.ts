/**
 * Variables of `worker-certificates` about probes. They come from the environment of the host, and `fettle.yaml` cannot
 * weaken them: authors of pull requests can change that file. Pure. No message contains a value.
 *
 * | Variable | Effect |
 * |---|---|
 * | `TLS_PROBE_TIMEOUT_SECONDS` | upper limit of `probe.totalSeconds` |
 * | `CERT_EXPIRY_WARN_DAYS` | replaces `domains.expiryWarnDays`; a Domain with an `expiryWarnDays` of its own keeps it |
 * | `CERT_PROBE_FALLBACK_ENABLED` | `false`: scheduled refreshes probe no Domain, and keep the states that events report |
 */

import { type Desired, defined, InputError } from '#plugin';
import { type CertificatesConfig, defaults, type DomainSpec } from './generated.ts';

type Environment = Readonly<Record<string, string | undefined>>;

function numberIn(env: Environment, name: string, [least, most]: readonly [number, number]): number | undefined {
  const text = env[name]?.trim() ?? '';
  if (text === '') return undefined;
  const number = /^\d{1,9}$/u.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new InputError(`${name} is not valid. Use a whole number from ${least} to ${most}`);
}

/** The settings of `fettle.yaml` with the variables of the host. Throws an InputError for one that is not valid. */
export function settingsOnHost(written: Partial<CertificatesConfig>, env: Environment): Partial<CertificatesConfig> {
  const timeout = numberIn(env, 'TLS_PROBE_TIMEOUT_SECONDS', [1, 120]);
  const warnDays = numberIn(env, 'CERT_EXPIRY_WARN_DAYS', [0, 3650]);
  const probe = { ...defaults.config.probe, ...written.probe };
  return defined<Partial<CertificatesConfig>>({
    ...written,
    probe: timeout === undefined ? written.probe : { ...probe, totalSeconds: Math.min(timeout, probe.totalSeconds) },
    domains: warnDays === undefined ? written.domains : { ...written.domains, expiryWarnDays: warnDays },
  });
}

/** True if scheduled refreshes probe Domains. Only `false` switches them off. */
export function isProbing(env: Environment): boolean {
  return env['CERT_PROBE_FALLBACK_ENABLED']?.trim() !== 'false';
}

/** A Domain whose document does not set `expiryWarnDays` has that of the settings. */
export function domainWithSettings(
  desired: Desired<DomainSpec>,
  { domains }: Partial<CertificatesConfig>,
): Desired<DomainSpec> {
  const { expiryWarnDays } = domains ?? defaults.config.domains;
  // Without knowledge of the written fields, the document has what it says.
  if (desired.written === undefined || desired.written.includes('/expiryWarnDays')) return desired;
  return { ...desired, spec: { ...desired.spec, expiryWarnDays } };
}
