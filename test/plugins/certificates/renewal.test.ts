/** Retries of renewals: configuration with its bounds, backoff, counted attempts, and the end of retries. */

import { defaults } from '../../../plugins/certificates/generated.ts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { certificates } from '../../../plugins/certificates/plugin.ts';
import { certificatePolicy, reloadsOf, withSettings } from '../../../plugins/certificates/renewal.ts';
import {
  type Attempts,
  attemptsAt,
  backoffMs,
  digestOf,
  isExhausted,
  type Memory,
  nextTryAt,
  type Problem,
  type RetryPolicy,
} from '#plugin';
import { loadConfig } from '../../../src/engine/load/config.ts';
import { load } from '../../../src/engine/load/load.ts';
import { builtinPlugins } from '../../../src/plugins.ts';
import { NOW, certificateSpec, desiredOf, fingerprint, memoryOf, MINUTE, HOUR } from './support.ts';
import { temporaryFolder } from '../../support/cli.ts';

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

async function configProblems(text: string): Promise<readonly Problem[]> {
  const startFolder = folderWith({ 'fettle.yaml': `plugins:\n  certificates:\n    ${text}\n` });
  return (await loadConfig({ owners: 'everybody', startFolder, plugins: builtinPlugins, now: NOW })).problems;
}

const ISSUER =
  'apiVersion: certificates/v1\nkind: Issuer\nmetadata: { name: ca }\nspec: { localCa: { dir: ca, commonName: CA } }\n';

async function documentProblems(text: string, settings = ''): Promise<readonly Problem[]> {
  const folder = folderWith({
    'fettle.yaml': settings === '' ? '' : `plugins:\n  certificates:\n    ${settings}\n`,
    'www.yaml': `${ISSUER}---
apiVersion: certificates/v1
kind: Certificate
metadata: { name: www }
spec:
  issuer: ca
  dnsNames: [www.example.test]
  storage: { file: { certificate: www.crt, key: www.key } }
  ${text}
`,
  });
  const { config } = await loadConfig({ owners: 'everybody', startFolder: folder, plugins: builtinPlugins, now: NOW });
  const { problems } = await load({
    folder,
    paths: ['www.yaml'],
    plugins: builtinPlugins,
    settings: Object.fromEntries(Object.entries(config.plugins).map(([name, { config: each }]) => [name, each])),
  });
  return problems;
}

describe('configuration', () => {
  test('the defaults of the code are those of the schema', async () => {
    const config: Record<string, unknown> = {};
    expect((await certificates.validators())['config']?.(config)).toBe(true);
    expect(config).toMatchObject({ renewal: defaults.config.renewal, served: defaults.config.served });
    for (const part of ['renewal', 'recovery', 'served'] as const) expect(config[part]).toEqual(defaults.config[part]);
  });

  test('the document takes precedence over the configuration, and both over the defaults', () => {
    const written = { ...certificateSpec(), renewal: { thresholdDays: 5 }, recovery: {}, served: {} };
    const settings = {
      renewal: { ...defaults.config.renewal, thresholdDays: 20, maxRetries: 4 },
      recovery: { ...defaults.config.recovery, enabled: false },
    };
    const spec = withSettings(written, settings);
    expect(certificatePolicy({ spec }, undefined, {})).toMatchObject({
      renewal: { enabled: true, thresholdDays: 5, maxRetries: 4, retryMs: HOUR, maxMs: 24 * HOUR, checkMs: 24 * HOUR },
      recovery: { enabled: false, maxRetries: 3, retryMs: MINUTE, maxMs: HOUR },
      served: { withinMs: 30_000, retryMs: MINUTE, maxRetries: 10 },
    });
    expect(withSettings(spec, {})).toEqual(spec);
  });

  test('a spec of an older version has the defaults', () => {
    expect(
      certificatePolicy(undefined, { applied: { at: 0, digest: '', spec: { renewal: { thresholdDays: 7 } } } }, {}),
    ).toMatchObject({
      renewal: { enabled: true, thresholdDays: 7, maxRetries: 10 },
      recovery: { enabled: true, maxRetries: 3 },
    });
  });

  test.each([
    ['thresholdDays 1', 'renewal: { thresholdDays: 1 }'],
    ['thresholdDays 365', 'renewal: { thresholdDays: 365 }'],
    ['checkInterval 1h', 'renewal: { checkInterval: 1h }'],
    ['retryInterval 1m', 'renewal: { retryInterval: 1m }'],
    ['maxRetries 0', 'renewal: { maxRetries: 0 }'],
    ['backoffMultiplier 1', 'renewal: { backoffMultiplier: 1 }'],
    ['maxBackoff as long as retryInterval', 'renewal: { retryInterval: 2h, maxBackoff: 2h }'],
    [
      'recovery',
      'recovery: { enabled: false, retryInterval: 1m, maxRetries: 0, backoffMultiplier: 1.5, maxBackoff: 1m }',
    ],
    ['served', 'served: { withinSeconds: 1, retryInterval: 1m, maxRetries: 0, maxBackoff: 1m }'],
  ])('%s is within the bounds', async (_name, text) => {
    expect(await configProblems(text)).toEqual([]);
  });

  test.each([
    ['thresholdDays 0', 'renewal: { thresholdDays: 0 }', 'from 1 to 365'],
    ['thresholdDays 366', 'renewal: { thresholdDays: 366 }', 'from 1 to 365'],
    ['checkInterval 59m', 'renewal: { checkInterval: 59m }', '59m is too short. The minimum is 1h'],
    ['retryInterval 59s', 'renewal: { retryInterval: 59s }', '59s is too short. The minimum is 1m'],
    ['maxRetries -1', 'renewal: { maxRetries: -1 }', 'from 0 to'],
    ['backoffMultiplier 0.9', 'renewal: { backoffMultiplier: 0.9 }', 'from 1 to 100'],
    [
      'maxBackoff below retryInterval',
      'renewal: { retryInterval: 2h, maxBackoff: 1h }',
      'is shorter than retryInterval',
    ],
    ['retryInterval above the default maxBackoff', 'renewal: { retryInterval: 2d }', 'is shorter than retryInterval'],
    ['an invalid time', 'renewal: { retryInterval: soon }', 'duration'],
    ['recovery.retryInterval', 'recovery: { retryInterval: 1s }', '1s is too short'],
    ['served.maxBackoff', 'served: { retryInterval: 5m, maxBackoff: 1m }', 'is shorter than retryInterval'],
    ['served.withinSeconds', 'served: { withinSeconds: 0 }', 'from 1 to 120'],
    ['an unknown key', 'renewal: { treshold: 3 }', 'treshold'],
  ])('%s is not', async (_name, text, message) => {
    const problems = await configProblems(text);
    expect(problems.map((problem) => problem.message).join('\n')).toContain(message);
    expect(problems[0]?.at).toMatchObject({ file: 'fettle.yaml', line: 3 });
  });

  test.each([
    ['thresholdDays 1', 'renewal: { thresholdDays: 1 }'],
    ['issuedAfter', 'renewal: { issuedAfter: 2026-11-20T14:30:00Z }'],
    ['all of it', 'renewal: { enabled: false, retryInterval: 1m, maxBackoff: 1m, checkInterval: 1h, maxRetries: 0 }'],
  ])('a document can set %s', async (_name, text) => {
    expect(await documentProblems(text)).toEqual([]);
  });

  test.each([
    ['thresholdDays 0', 'renewal: { thresholdDays: 0 }', 'from 1 to 365'],
    ['checkInterval 1m', 'renewal: { checkInterval: 1m }', '1m is too short. The minimum is 1h'],
    ['retryInterval 1s', 'recovery: { retryInterval: 1s }', '1s is too short. The minimum is 1m'],
    [
      'maxBackoff below its retryInterval',
      'served: { retryInterval: 1h, maxBackoff: 1m }',
      'is shorter than retryInterval',
    ],
    ['a day that does not exist', 'renewal: { issuedAfter: 2026-02-30T99:00:00Z }', 'is not a valid time'],
  ])('a document cannot set %s', async (_name, text, message) => {
    const problems = await documentProblems(text);
    expect(problems.map((problem) => problem.message).join('\n')).toContain(message);
    expect(problems[0]?.at?.line).toBe(13);
  });

  test('values that a document leaves open are checked with the configuration', async () => {
    const settings = 'renewal: { retryInterval: 3h }';
    expect(await documentProblems('renewal: { maxBackoff: 3h }', settings)).toEqual([]);
    const problems = await documentProblems('renewal: { maxBackoff: 2h }', settings);
    expect(problems.map(({ message }) => message).join()).toContain('maxBackoff (2h) is shorter than retryInterval');
  });
});

describe('backoff', () => {
  const policy = certificatePolicy({ spec: certificateSpec() }, undefined, {});
  test('of renewals doubles from an hour to a day', () => {
    const hours = [0, 1, 2, 3, 4, 5, 6, 7, 10, 1000].map((failed) => backoffMs(policy.renewal, failed) / HOUR);
    expect(hours).toEqual([0, 1, 2, 4, 8, 16, 24, 24, 24, 24]);
  });
  test('of recoveries doubles from a minute', () => {
    expect([1, 2, 3, 7].map((failed) => backoffMs(policy.recovery, failed) / MINUTE)).toEqual([1, 2, 4, 60]);
  });
  test.each<readonly [string, Partial<RetryPolicy>, readonly number[]]>([
    ['a multiplier of 1 never grows', { multiplier: 1 }, [10, 10, 10]],
    ['a multiplier with a fraction', { multiplier: 1.5 }, [10, 15, 22.5]],
    ['a cap as long as the first', { maxMs: 10 }, [10, 10, 10]],
  ])('%s', (_name, more, expected) => {
    const own = { retryMs: 10, multiplier: 2, maxMs: 1000, maxRetries: 3, ...more };
    expect([1, 2, 3].map((failed) => backoffMs(own, failed))).toEqual(expected);
  });

  test('begins with the last failure', () => {
    expect(nextTryAt(policy.renewal, { failed: 2, at: NOW })).toBe(NOW + 2 * HOUR);
    expect(nextTryAt(policy.renewal, { failed: 0, at: NOW })).toBeUndefined();
  });

  test.each([
    [10, 9, false],
    [10, 10, true],
    [10, 11, true],
    [3, 3, true],
    [1, 1, true],
    // Without retries there is still the first attempt.
    [0, 0, false],
    [0, 1, true],
  ])('with %i retries, %i failures are the end: %s', (maxRetries, failed, expected) => {
    expect(isExhausted({ ...policy.renewal, maxRetries }, { failed, at: NOW })).toBe(expected);
  });
});

describe('counts', () => {
  const desired = desiredOf('Certificate', 'www', certificateSpec());
  const at = new Date(NOW).toISOString();
  const failed = (step: `${string}>${string}`, failures: number, digest?: string): Memory =>
    memoryOf('Certificate', 'www', {
      failures,
      lastError: { at: Date.parse(at), step, message: 'no room', ...(digest === undefined ? {} : { digest }) },
    });
  const none: Attempts = { failed: 0, at: Number.NEGATIVE_INFINITY };

  test.each<readonly [string, Memory | undefined, 'renewing' | 'recovering' | 'normal', Attempts]>([
    ['nothing remembered', undefined, 'renewing', none],
    ['nothing failed', memoryOf('Certificate', 'www'), 'renewing', none],
    ['a renewal', failed('expiring_soon>renewing', 1), 'renewing', { failed: 1, at: NOW, message: 'no room' }],
    ['another try', failed('renewal_failed>renewing', 4), 'renewing', { failed: 4, at: NOW, message: 'no room' }],
    ['renewals, for a recovery', failed('renewal_failed>renewing', 4), 'recovering', none],
    ['a recovery', failed('expired>recovering', 2), 'recovering', { failed: 2, at: NOW, message: 'no room' }],
    ['a change', failed('normal>normal', 2), 'normal', { failed: 2, at: NOW, message: 'no room' }],
    ['a change, for a renewal', failed('normal>normal', 2), 'renewing', none],
    [
      'a renewal by this document',
      failed('expiring_soon>renewing', 3, digestOf(desired.spec)),
      'renewing',
      { failed: 3, at: NOW, message: 'no room' },
    ],
    ['a renewal by another document', failed('expiring_soon>renewing', 3, fingerprint('0')), 'renewing', none],
  ])('%s', (_name, memory, goal, expected) => {
    expect(attemptsAt(memory, desired, goal)).toEqual(expected);
  });

  test('reloads are counted for the stored certificate', () => {
    const kept = { unserved: fingerprint('c'), unserved_tries: 2, unserved_at: at };
    const memory = memoryOf('Certificate', 'www', { kept });
    expect(reloadsOf(memory, desired, fingerprint('c'))).toEqual({ failed: 2, at: NOW });
    expect(reloadsOf(memory, desired, fingerprint('d'))).toEqual(none);
    expect(reloadsOf(undefined, desired, fingerprint('c'))).toEqual(none);
    const served = memoryOf('Certificate', 'www', { kept: { ...kept, unserved: '' } });
    expect(reloadsOf(served, desired, fingerprint('c'))).toEqual(none);
    const other = { ...failed('normal>normal', 2, fingerprint('0')), kept };
    expect(reloadsOf(other, desired, fingerprint('c'))).toEqual(none);
  });
});
