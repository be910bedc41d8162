/**
 * The variables of `worker-certificates` about rounds, alerts and regions; those about events and probes are the plugin's. Pure. A
 * value that is not valid is an InputError with the name of its variable, because a daemon that sends no alerts looks healthy.
 * No message contains a value.
 *
 * | Variable | Default | Meaning |
 * |---|---|---|
 * | `CERT_WORKER_INTERVAL_SECONDS` | 300 | time between two rounds |
 * | `CERT_METRICS_PORT` | 9465 | port of `/metrics` and `/healthz` |
 * | `CERT_DEPLOYMENT_ENV` | `dev` | `dev`, `staging` or `prod`: decides the severity of a breach |
 * | `CERT_RENEWAL_SLA_WARNING_HOURS` | 72 | time before the due time of a renewal from which it is a warning |
 * | `CERT_ALERT_WEBHOOK_URL`, `CERT_ALERT_COOLDOWN_SECONDS` | none, 1800 | receiver of alerts |
 * | `CERT_RUNBOOK_WEBHOOK_URL`, `CERT_RUNBOOK_COOLDOWN_SECONDS` | none, 900 | receiver of runbook triggers |
 * | `CERT_RUNBOOK_SIGNING_SECRET` | none: unsigned | key of the signature of runbook triggers |
 * | `CERT_REPLICATION_TARGET_REGIONS` | `us,eu,ap` | regions |
 * | `CERT_REPLICATION_MAX_LAG_SECONDS` | 900 | time after which a region is stale |
 */

import { InputError } from '#plugin';
import { COOLDOWN_MS, type Destination } from './alerts/receiver.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

export interface CertVariables {
  readonly environment: 'dev' | 'staging' | 'prod';
  readonly intervalMs: number;
  readonly metricsPort: number;
  readonly renewalWarningMs: number;
  readonly regions: { readonly names: readonly string[]; readonly maxLagMs: number };
  /** Receivers of alerts about certificates. */
  readonly destinations: readonly Destination[];
}

function textOf(env: Variables, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === '' ? undefined : text;
}

/** A whole number, or the default for an empty variable. */
function numberOf(env: Variables, name: string, usual: number, [least, most]: readonly [number, number]): number {
  const text = textOf(env, name);
  if (text === undefined) return usual;
  const number = /^\d{1,9}$/u.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least && number <= most))
    throw new InputError(`${name} is not valid. Use a whole number from ${least} to ${most}`);
  return number;
}

/** A number of seconds, in ms. */
function secondsOf(env: Variables, name: string, usual: number): number {
  return numberOf(env, name, usual, [1, 31_536_000]) * 1000;
}

function choiceOf<T extends string>(env: Variables, name: string, choices: readonly T[], usual: T): T {
  const text = textOf(env, name);
  if (text === undefined) return usual;
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new InputError(`${name} is not valid. Use one of ${choices.join(', ')}`);
  return found;
}

/** The address of a receiver. `name` is that of its variable or field. Throws an InputError without the address. */
export function receiverUrl(text: string, name: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new InputError(
      `${name} is not the address of a receiver. Use an address that starts with https:// or http://`,
    );
  if (url.username !== '' || url.password !== '')
    throw new InputError(`${name} contains a user or a password, which is not supported. Remove it from the address`);
  return url;
}

const REGION = /^[a-z0-9-]{2,20}$/u;

function regionsOf(env: Variables): readonly string[] {
  const text = textOf(env, 'CERT_REPLICATION_TARGET_REGIONS') ?? 'us,eu,ap';
  const names = text.split(',').map((name) => name.trim().toLowerCase());
  const valid = [...new Set(names.filter((name) => REGION.test(name)))];
  return valid.length === 0 ? ['us'] : valid;
}

/** The variables with addresses and keys of receivers. */
export const RECEIVER_VARIABLES = [
  'CERT_ALERT_WEBHOOK_URL',
  'CERT_RUNBOOK_WEBHOOK_URL',
  'CERT_RUNBOOK_SIGNING_SECRET',
] as const;

function destinationsOf(env: Variables): readonly Destination[] {
  const alerts = textOf(env, 'CERT_ALERT_WEBHOOK_URL');
  const runbook = textOf(env, 'CERT_RUNBOOK_WEBHOOK_URL');
  const secret = textOf(env, 'CERT_RUNBOOK_SIGNING_SECRET');
  const plugins = ['certificates'];
  const alertsCooldownMs = secondsOf(env, 'CERT_ALERT_COOLDOWN_SECONDS', COOLDOWN_MS.webhook / 1000);
  const runbookCooldownMs = secondsOf(env, 'CERT_RUNBOOK_COOLDOWN_SECONDS', COOLDOWN_MS.runbook / 1000);
  return [
    ...(alerts === undefined
      ? []
      : [
          {
            name: 'cert-alerts',
            kind: 'webhook' as const,
            url: receiverUrl(alerts, 'CERT_ALERT_WEBHOOK_URL'),
            cooldownMs: alertsCooldownMs,
            plugins,
          },
        ]),
    ...(runbook === undefined
      ? []
      : [
          {
            name: 'cert-runbook',
            kind: 'runbook' as const,
            url: receiverUrl(runbook, 'CERT_RUNBOOK_WEBHOOK_URL'),
            ...(secret === undefined ? {} : { secret }),
            cooldownMs: runbookCooldownMs,
            plugins,
          },
        ]),
  ];
}

/** The values of all variables. Throws an InputError. */
export function certVariables(env: Variables): CertVariables {
  return {
    environment: choiceOf(env, 'CERT_DEPLOYMENT_ENV', ['dev', 'staging', 'prod'], 'dev'),
    intervalMs: secondsOf(env, 'CERT_WORKER_INTERVAL_SECONDS', 300),
    metricsPort: numberOf(env, 'CERT_METRICS_PORT', 9465, [0, 65_535]),
    renewalWarningMs: numberOf(env, 'CERT_RENEWAL_SLA_WARNING_HOURS', 72, [1, 8760]) * 3_600_000,
    regions: { names: regionsOf(env), maxLagMs: secondsOf(env, 'CERT_REPLICATION_MAX_LAG_SECONDS', 900) },
    destinations: destinationsOf(env),
  };
}
