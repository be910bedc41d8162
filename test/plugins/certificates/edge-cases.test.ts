/** Edge cases of a certificate's lifecycle, each by its name: states, records, dates, checks, errors, concurrency. */

import type { CertificateSpec } from '../../../plugins/certificates/generated.ts';
import { derivedOne } from '../../../src/conformance/derived.ts';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isDue } from '../../../plugins/certificates/days.ts';
import { tables } from '../../../plugins/certificates/generated.ts';
import { seenPair } from '../../../plugins/certificates/observe-certificate.ts';
import { certificates } from '../../../plugins/certificates/plugin.ts';
import type { PairSeen, X509Seen } from '../../../plugins/certificates/world.ts';
import { observe } from '../../../src/engine/observe.ts';
import { emptyRecall, fold } from '../../../src/engine/remember.ts';
import { formatRef, type Memory, type Observed } from '#plugin';
import {
  ISSUER,
  type Project,
  START,
  after,
  certificateText,
  inTheWay,
  issued,
  placePair,
  projectOf,
} from './project.ts';
import {
  DAY,
  NOW,
  certificateFacts,
  certificateSpec,
  desiredOf,
  fingerprint,
  observedOf,
  refOf,
  MINUTE,
  HOUR,
  iso,
} from './support.ts';

const WWW = refOf('Certificate', 'www');

function leaf(notBefore: string, notAfter: string): X509Seen {
  return {
    fingerprint: fingerprint('c'),
    subject: 'CN=www.example.test',
    issuer: 'CN=Test CA',
    serial: '01',
    not_before: notBefore,
    not_after: notAfter,
    dnsNames: ['www.example.test'],
    ipAddresses: [],
    usages: [],
    keyAlgorithm: 'ecdsa-p256',
    ca: false,
    self_signed: false,
  };
}

function stored(chain: readonly X509Seen[]): PairSeen {
  return { status: 'seen', chain, key_matches: true, files: [], swap: 'none', leftovers: [] };
}

/** The observation of a stored pair, by a document. */
function standing(pair: PairSeen, spec: CertificateSpec): Observed | undefined {
  const sighting = seenPair(WWW, pair, undefined, NOW);
  if (sighting === undefined) return undefined;
  return derivedOne(certificates, sighting, { desired: [desiredOf('Certificate', 'www', spec)], now: NOW });
}

/** The observation of a certificate with this end; `thresholdDays` is as declared. */
function seen(end: number | string, thresholdDays = 30, begin: number = NOW - 3650 * DAY): Observed | undefined {
  const dates = leaf(iso(begin), typeof end === 'string' ? end : iso(end));
  return standing(stored([dates]), certificateSpec({ renewal: { thresholdDays } }));
}

describe('states as values', () => {
  const known = tables.kinds.Certificate.machines.certificate.states;
  /** The time of a refresh that finds a certificate in that state. */
  const lookIn = async (state: string) =>
    observe({
      plugins: new Map([
        [
          'certificates',
          {
            ...certificates,
            observe: async () => ({
              observed: [observedOf('Certificate', 'www', state, certificateFacts())],
              gaps: [],
              at: NOW,
            }),
          },
        ],
      ]),
      reader: async () => ({}),
      desired: [desiredOf('Certificate', 'www', certificateSpec())],
      recall: emptyRecall(),
      now: () => NOW,
      deadlineMs: 1000,
      abort: new AbortController().signal,
    });

  test.each(known)('%s is a state', async (state) => {
    const view = await lookIn(state);
    expect([view.gaps, view.observed.map((each) => each.state)]).toEqual([[], [state]]);
  });
  test.each(['', 'Normal', 'renewed', 'normal ', 'unknown'])(
    '%j is not a state: the refresh is invalid',
    async (state) => {
      const view = await lookIn(state);
      expect(view.observed).toEqual([]);
      expect(view.gaps[0]?.message).toContain(`in a state that the kind does not have: ${state}`);
    },
  );
  test('there are six of them, and absent', () => {
    expect([...known].sort()).toEqual(
      ['absent', 'expired', 'expiring_soon', 'normal', 'recovering', 'renewal_failed', 'renewing'].toSorted(),
    );
  });
});

describe('dates', () => {
  test.each<readonly [string, number, string, number]>([
    ['30 days', NOW + 30 * DAY, 'expiring_soon', 30],
    ['31 days', NOW + 31 * DAY, 'normal', 31],
    ['1 day', NOW + DAY, 'expiring_soon', 1],
    ['yesterday', NOW - DAY, 'expired', -1],
    ['today, at this moment', NOW, 'expiring_soon', 0],
    ['1 year', NOW + 365 * DAY, 'normal', 365],
    ['less than 24 hours', NOW + 12 * HOUR, 'expiring_soon', 0],
    ['23 hours 59 minutes', NOW + 23 * HOUR + 59 * MINUTE, 'expiring_soon', 0],
    ['24 hours 1 minute', NOW + 24 * HOUR + MINUTE, 'expiring_soon', 1],
    ['an hour ago', NOW - HOUR, 'expired', 0],
    ['10 days ago', NOW - 10 * DAY, 'expired', -10],
  ])('days left: %s', (_name, end, state, days) => {
    // Zero days left is a number, and not a missing value.
    expect(seen(end)).toMatchObject({ state, signals: { days_left: days } });
  });

  test.each<readonly [string, number, number, string]>([
    ['exactly at the threshold', NOW + 10 * DAY, 10, 'expiring_soon'],
    ['a millisecond before the day after it', NOW + 11 * DAY - 1, 10, 'expiring_soon'],
    ['beyond it', NOW + 11 * DAY, 10, 'normal'],
    ['a threshold of zero, with a day left', NOW + DAY, 0, 'normal'],
    ['a threshold of zero, on the last day', NOW + DAY - 1, 0, 'expiring_soon'],
    ['a threshold of zero, after the end', NOW - 1, 0, 'expired'],
  ])('%s', (_name, end, threshold, state) => {
    expect(seen(end, threshold)?.state).toBe(state);
  });

  test('a negative threshold is an error', () => {
    expect(() => seen(NOW + DAY, -1)).toThrow('a threshold of -1 days is not possible');
  });
  test('an observation without an end of validity has no state', () => {
    expect(() => seen('')).toThrow('is not a valid time');
  });
  test('without a certificate it is expired, and has no days', () => {
    const pair: PairSeen = {
      ...stored([]),
      problem_code: 'missing',
      problem: 'the certificate is missing',
    } as PairSeen;
    const observed = standing(pair, certificateSpec());
    expect(observed?.state).toBe('expired');
    expect(observed?.signals).toBeUndefined();
  });
  test('a missing pair is not observed, and not an error', () => {
    expect(standing({ status: 'absent', leftovers: [] }, certificateSpec())).toBeUndefined();
  });
  test('are the same in every time zone', () => {
    const same = ['2026-12-20T12:00:00Z', '2026-12-21T02:00:00+14:00', '2026-12-20T00:00:00-12:00'];
    expect(new Set(same.map((end) => JSON.stringify(seen(end)?.signals))).size).toBe(1);
  });
  test('the end itself is valid, a millisecond later is not', () => {
    expect([seen(NOW)?.state, seen(NOW - 1)?.state]).toEqual(['expiring_soon', 'expired']);
  });
  test('a life shorter than its threshold is renewed in its last third, and not forever', () => {
    const begin = NOW - 4 * HOUR;
    const end = NOW + 20 * HOUR;
    expect(seen(end, 30, begin)?.state).toBe('normal');
    expect(isDue(30, { notBefore: begin, notAfter: end }, end - 8 * HOUR)).toBe(true);
  });
});

/** The reason of a due change, as in the plan. */
async function planned(project: Project): Promise<string> {
  return (await project.run('plan')).stdout;
}

describe('the result of a check', () => {
  test.each<readonly [string, number, string]>([
    ['expiring', 61, 'expiring_soon > renewing  expires in 29 days, threshold 30  (time)'],
    ['exactly at the threshold', 60, 'expiring_soon > renewing  expires in 30 days, threshold 30  (time)'],
    ['beyond it', 58.9, '2 unchanged'],
    ['expired', 93, 'expired > recovering  the certificate expired 3 days ago  (time)'],
  ])('%s', async (_name, days, row) => {
    const project = await issued();
    after(project, days);
    expect(await planned(project)).toContain(row);
  });
  test('unknown', async () => {
    const project = await issued();
    const { stderr } = await project.run('explain certificates/Certificate/other', 1);
    expect(stderr).toContain('certificates/Certificate/other');
  });
});

describe('the state in the log', () => {
  test('of a first refresh has its time, and no failure', async () => {
    const memory = await (await issued()).memory();
    expect(memory).toMatchObject({
      state: 'normal',
      since: START,
      owned: 'created',
      kept: { checked_at: iso(START) },
    });
    expect([memory.failures, memory.lastError]).toEqual([undefined, undefined]);
  });
  test('of a certificate that was never observed is undefined, and not an error', async () => {
    const project = projectOf({ 'ca.yaml': ISSUER, 'www.yaml': certificateText('www') });
    expect((await project.run('explain certificates/Certificate/www')).stdout).toContain('absent');
    expect((await project.run('state list')).stdout).toBe('');
  });
  test('is handed out as a copy: a change of it has no effect', async () => {
    const project = await issued();
    const recall = emptyRecall();
    for (const record of project.records()) fold(recall, record);
    const address = formatRef(WWW);
    const held = recall.resources.get(address) as Memory;
    const copy = structuredClone(held);
    const next = project.records().at(-1);
    if (next === undefined) throw new Error('no record');
    fold(recall, {
      ...next,
      kind: 'seen',
      body: { run: 'r', counts: {}, resources: [{ ref: WWW, state: 'expired' }] },
    });
    expect(held).toEqual(copy);
    expect(recall.resources.get(address)?.state).toBe('expired');
  });
  test('keeps the last readable end if the present one cannot be read', async () => {
    const project = await issued();
    const before = (await project.memory()).kept['not_after'];
    writeFileSync(join(project.folder, 'tls/www.crt'), 'nothing\n');
    await project.run('drift --record', 2);
    const memory = await project.memory();
    expect(memory.state).toBe('expired');
    expect(memory.kept['not_after']).toBe(before);
  });
});

describe('an error', () => {
  test('during a renewal is a failed renewal', async () => {
    const project = await issued();
    after(project, 61);
    inTheWay(project);
    await project.run('apply --yes', 7);
    expect(await project.memory()).toMatchObject({
      state: 'renewal_failed',
      failures: 1,
      lastError: { step: 'expiring_soon>renewing', at: START + 61 * DAY },
    });
  });
  test('in another state leaves that state', async () => {
    const project = await issued();
    project.write('www.yaml', certificateText('www', 'keyAlgorithm: ed25519'));
    inTheWay(project);
    await project.run('apply --yes', 7);
    expect(await project.memory()).toMatchObject({
      state: 'normal',
      failures: 1,
      lastError: { step: 'normal>normal' },
    });
  });
  test('before the first issue is counted, and nothing is owned yet', async () => {
    const project = projectOf({ 'ca.yaml': ISSUER, 'www.yaml': certificateText('www') });
    mkdirSync(join(project.folder, 'tls'));
    const clear = inTheWay(project);
    await project.run('apply --yes', 7);
    const memory = await project.memory();
    expect(memory).toMatchObject({ failures: 1, lastError: { step: 'absent>normal' } });
    expect(memory.owned).toBeUndefined();
    clear();
    await project.run('apply --yes');
    expect(await project.memory()).toMatchObject({ state: 'normal', owned: 'created' });
  });
  test('ends with the next success', async () => {
    const project = await issued();
    after(project, 61);
    const clear = inTheWay(project);
    await project.run('apply --yes', 7);
    clear();
    project.clock.at += HOUR;
    await project.run('apply --yes');
    const memory = await project.memory();
    expect([memory.state, memory.failures, memory.lastError]).toEqual(['normal', undefined, undefined]);
  });
  test('ends if another program stores a new certificate', async () => {
    const project = await issued();
    after(project, 61);
    const clear = inTheWay(project);
    await project.run('apply --yes', 7);
    clear();
    await placePair(project, 0, 90);
    await project.run('apply --yes');
    expect((await project.memory()).lastError).toBeUndefined();
  });
  test('is not hidden by a refresh', async () => {
    const project = await issued();
    after(project, 61);
    inTheWay(project);
    await project.run('apply --yes', 7);
    for (let i = 0; i < 3; i++) await project.run('drift --record', 2);
    expect(await project.memory()).toMatchObject({ state: 'renewal_failed', failures: 1 });
  });
});

describe('the whole life', () => {
  test('from first issue through years of renewals, with failures and an expiry between them', async () => {
    const project = await issued();
    let renewals = 1;
    for (const [wait, fails] of [
      [61, false],
      [61, true],
      [95, false],
      [62, false],
    ] as const) {
      project.clock.at += wait * DAY;
      if (fails) {
        const clear = inTheWay(project);
        await project.run('apply --yes', 7);
        clear();
        project.clock.at += HOUR;
      }
      await project.run('apply --yes');
      renewals += 1;
      const memory = await project.memory();
      expect(memory).toMatchObject({ state: 'normal', kept: { issued: renewals, issued_at: iso(project.clock.at) } });
      await project.run('plan --detailed-exitcode');
    }
    expect((await project.memory()).kept['former']).toHaveLength(4);
    await project.run('log verify');
  });

  test('of an adopted pair continues with renewals like an issued one', async () => {
    const project = await issued();
    rmSync(join(project.folder, '.fettle'), { recursive: true });
    project.clock.at += HOUR;
    await project.run('apply --yes');
    expect(await project.memory()).toMatchObject({ owned: 'adopted', state: 'normal' });
    after(project, 61);
    await project.run('apply --yes');
    expect(await project.memory()).toMatchObject({ state: 'normal', kept: { issued: 1 } });
  });
});

describe('concurrency', () => {
  /** Renewals, and refreshes at the same time. */
  const AT_ONCE =
    process.env['FETTLE_TEST_FULL'] === '1' ? { renewals: 100, refreshes: 50 } : { renewals: 16, refreshes: 8 };
  const names = Array.from({ length: AT_ONCE.renewals }, (_, i) => `c${i}`);
  const documents = Object.fromEntries(names.map((name) => [`${name}.yaml`, certificateText(name)]));

  test('many renewals and refreshes in parallel: each is done once, and the log is complete', async () => {
    const project = projectOf({ 'ca.yaml': ISSUER, ...documents });
    await project.run('apply --yes --parallelism 50');
    after(project, 61);
    const looks = Array.from({ length: AT_ONCE.refreshes }, async () => {
      const { stdout } = await project.run('plan --format json');
      const plan = JSON.parse(stdout) as {
        readonly gaps: readonly unknown[];
        readonly summary: { readonly resources: number };
      };
      expect([plan.gaps, plan.summary.resources]).toEqual([[], AT_ONCE.renewals + 1]);
    });
    await Promise.all([project.run('apply --yes --parallelism 50'), ...looks]);
    const { stdout } = await project.run('state list --format json');
    const memories = stdout
      .split('\n')
      .filter((line) => line.includes('certificates/Certificate/'))
      .map((line) => JSON.parse(line) as Memory);
    expect(memories.map(({ state, kept }) => `${state} ${JSON.stringify(kept['issued'])}`)).toEqual(
      names.map(() => 'normal 2'),
    );
    await project.run('log verify');
    await project.run('plan --detailed-exitcode');
  }, 120_000);

  test('of two runs, one waits or gives up, and nothing is issued twice', async () => {
    const project = await issued();
    after(project, 61);
    const line = 'apply --yes --lock-timeout 30s';
    await Promise.all([project.run(line), project.run(line)]);
    expect((await project.memory()).kept).toMatchObject({ issued: 2 });
  });

  test('a file that cannot be read is a gap of its own: the others are renewed', async () => {
    const some = Object.fromEntries(names.slice(0, 5).map((name) => [`${name}.yaml`, documents[`${name}.yaml`] ?? '']));
    const project = projectOf({ 'ca.yaml': ISSUER, ...some });
    await project.run('apply --yes');
    after(project, 61);
    const key = join(project.folder, 'tls/c2.key');
    const text = readFileSync(key, 'utf8');
    rmSync(key);
    // A link to itself, which no user can read.
    symlinkSync(key, key);
    await project.run('apply --yes', 4);
    const states = await Promise.all(
      names.slice(0, 5).map(async (name) => (await project.memory(name)).kept['issued']),
    );
    expect(states).toEqual([2, 2, 1, 2, 2]);
    rmSync(key);
    writeFileSync(key, text, { mode: 0o600 });
    await project.run('apply --yes');
    expect(await project.memory('c2')).toMatchObject({ state: 'normal', kept: { issued: 2 } });
  });

  test('a missing authority blocks what it would sign, and counts no failure', async () => {
    const project = await issued();
    after(project, 61);
    writeFileSync(join(project.folder, 'ca/ca.key'), 'nothing\n');
    expect((await project.run('apply --yes', 3)).stdout).toContain('REJECTED issuer-changed');
    expect((await project.memory()).failures).toBeUndefined();
  });
});
