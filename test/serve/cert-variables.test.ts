/** The variables of `worker-certificates`: defaults, bounds, and mistakes without a value in their words. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { certVariables, type Variables } from '../../src/serve/cert-variables.ts';
import { defaultLimits, serveLimits } from '../../src/serve/config.ts';
import { secretsOfDestinations } from '../../src/serve/alerts/receiver.ts';

function problemOf(env: Variables): string {
  try {
    certVariables(env);
    return 'none';
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : 'unknown';
  }
}

/** Every variable of `worker-certificates`. */
const ALL = [
  'CERT_WORKER_INTERVAL_SECONDS',
  'TLS_PROBE_TIMEOUT_SECONDS',
  'CERT_EXPIRY_WARN_DAYS',
  'CERT_DEPLOYMENT_ENV',
  'CERT_RENEWAL_SLA_WARNING_HOURS',
  'CERT_ALERT_WEBHOOK_URL',
  'CERT_ALERT_COOLDOWN_SECONDS',
  'CERT_RUNBOOK_WEBHOOK_URL',
  'CERT_RUNBOOK_SIGNING_SECRET',
  'CERT_RUNBOOK_COOLDOWN_SECONDS',
  'CERT_METRICS_PORT',
  'CERT_EVENT_BATCH_SIZE',
  'CERT_EVENT_MAX_RETRIES',
  'CERT_EVENT_BASE_BACKOFF_SECONDS',
  'CERT_PROBE_FALLBACK_ENABLED',
  'CERT_DLQ_AUTO_REPLAY_ENABLED',
  'CERT_DLQ_REPLAY_MAX_EVENTS',
  'CERT_DLQ_REPLAY_COOLDOWN_SECONDS',
  'CERT_DLQ_REPLAY_MAX_REPLAYS',
  'CERT_DLQ_REPLAY_MAX_AGE_HOURS',
  'CERT_REPLICATION_TARGET_REGIONS',
  'CERT_REPLICATION_MAX_LAG_SECONDS',
  'CERT_EVENT_INGEST_TOKEN',
  'CERT_EVENT_SOURCE_KEYS',
  'CERT_EVENT_MAX_AGE_SECONDS',
  'CERT_EVENT_REQUIRE_PROVENANCE',
];

it.each(ALL)('%s is documented', (name) => {
  expect(readFileSync(join(import.meta.dirname, '../../docs/serve.md'), 'utf8')).toContain(`\`${name}\``);
});

describe('the limits of a daemon', () => {
  it('follow the variables, and a setting of the file of the host wins', async () => {
    const env = {
      CERT_WORKER_INTERVAL_SECONDS: '60',
      CERT_METRICS_PORT: '9999',
      CERT_DEPLOYMENT_ENV: 'staging',
      CERT_RENEWAL_SLA_WARNING_HOURS: '24',
    };
    const settings = { environment: 'staging', renewalWarningMs: 24 * 3_600_000 };
    expect(defaultLimits(env)).toMatchObject({
      intervalMs: 60_000,
      listen: '127.0.0.1:9999',
      alerts: { settings },
    });
    const text = 'interval: 2m\nlisten: 127.0.0.1:1\nalerts: { environment: prod, renewalWarning: 1h }\n';
    const { limits } = await serveLimits({ name: 'serve.yaml', file: '/serve.yaml', text, env, loaders: new Map() });
    expect(limits).toMatchObject({
      intervalMs: 120_000,
      listen: '127.0.0.1:1',
      alerts: { settings: { environment: 'prod', renewalWarningMs: 3_600_000 } },
    });
  });
});

describe('the variables', () => {
  it('have the defaults of the original', () => {
    const usual = {
      environment: 'dev',
      intervalMs: 300_000,
      metricsPort: 9465,
      renewalWarningMs: 72 * 3_600_000,
      regions: { names: ['us', 'eu', 'ap'], maxLagMs: 900_000 },
      destinations: [],
    };
    expect(certVariables({})).toEqual(usual);
    expect(certVariables({ CERT_DEPLOYMENT_ENV: ' ', CERT_METRICS_PORT: '', CERT_RUNBOOK_WEBHOOK_URL: '' })).toEqual(
      usual,
    );
  });

  it('make two receivers of the alerts about certificates, and only the runbook is signed', () => {
    const { destinations } = certVariables({
      CERT_ALERT_WEBHOOK_URL: 'https://hooks.example.test/T0KEN?x=1',
      CERT_RUNBOOK_WEBHOOK_URL: 'http://127.0.0.1:8080/',
      CERT_RUNBOOK_SIGNING_SECRET: 'hunter22',
      CERT_RUNBOOK_COOLDOWN_SECONDS: '60',
    });
    expect(destinations.map(({ url, ...rest }) => ({ ...rest, url: url.href }))).toEqual([
      {
        name: 'cert-alerts',
        kind: 'webhook',
        url: 'https://hooks.example.test/T0KEN?x=1',
        cooldownMs: 1_800_000,
        plugins: ['certificates'],
      },
      {
        name: 'cert-runbook',
        kind: 'runbook',
        url: 'http://127.0.0.1:8080/',
        secret: 'hunter22',
        cooldownMs: 60_000,
        plugins: ['certificates'],
      },
    ]);
    expect(secretsOfDestinations(destinations)).toEqual(['/T0KEN?x=1', 'hunter22']);
  });

  it('skip regions that are not valid', () => {
    const regions = ['eu, US ,eu,x,a_b', '?', 'ap'].map(
      (text) => certVariables({ CERT_REPLICATION_TARGET_REGIONS: text }).regions.names,
    );
    expect(regions).toEqual([['eu', 'us'], ['us'], ['ap']]);
  });

  it.each<readonly [string, string]>([
    ['CERT_DEPLOYMENT_ENV', 'production'],
    ['CERT_METRICS_PORT', '65536'],
    ['CERT_RENEWAL_SLA_WARNING_HOURS', '0'],
    ['CERT_RENEWAL_SLA_WARNING_HOURS', '1e3'],
    ['CERT_ALERT_COOLDOWN_SECONDS', '-1'],
    ['CERT_RUNBOOK_COOLDOWN_SECONDS', '1.5'],
    ['CERT_ALERT_WEBHOOK_URL', 'hooks.example.test'],
    ['CERT_ALERT_WEBHOOK_URL', 'ftp://hooks.example.test'],
    ['CERT_RUNBOOK_WEBHOOK_URL', 'https://user:hunter22@hooks.example.test'],
  ])('are refused by name without their value: %s=%s', (name, value) => {
    const problem = problemOf({ [name]: value });
    expect(problem).toMatch(new RegExp(`^InputError: ${name} `, 'u'));
    expect(problem.split(/[ ,]/u)).not.toContain(value);
    expect(problem).not.toContain('hunter22');
  });
});
