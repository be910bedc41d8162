/** `drift.confirm`: findings about a real server that count only after several recorded refreshes in a row. */

import { createServer, type AddressInfo, type Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { DriftReport } from '../../../src/formats/drift.ts';
import { validators } from '../../../src/formats/generated.validators.js';
import type { Plan } from '../../../src/formats/plan.ts';
import { temporaryFolder, writeFiles } from '../../support/cli.ts';
import { type Done, fettle } from '../../support/command-line.ts';

const START = Date.parse('2026-11-20T12:00:00Z');

function listening(port: number): Promise<Server> {
  const server = createServer((socket) =>
    socket
      .on('error', () => undefined)
      .resume()
      .end(),
  );
  return new Promise((resolve) => void server.listen(port, '127.0.0.1', () => resolve(server)));
}

/** A project with one Domain, on a port that is closed, or whose server closes every connection. */
async function project(confirm: string) {
  const folder = temporaryFolder();
  let server: Server | undefined = await listening(0);
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      if (server === undefined) return resolve();
      server.close(() => resolve());
      server = undefined;
    });
  onTestFinished(close);
  writeFiles(folder, { 'fettle.yaml': `name: test\nstore: .fettle\ndrift: { confirm: [${confirm}] }\n` });
  const declare = (more: string): void =>
    writeFiles(folder, {
      'desired/www.yaml': `apiVersion: certificates/v1
kind: Domain
metadata: { name: www }
spec: { host: www.example.test, address: 127.0.0.1, port: ${port}, verify: false${more} }
`,
    });
  declare('');
  let now = START;
  const run = (line: string): Promise<Done> => {
    now += 60_000;
    return fettle(folder, line, { now: () => now });
  };
  const json = async <T>(line: string): Promise<T> => JSON.parse((await run(`${line} --format json`)).stdout) as T;
  return {
    run,
    json,
    close,
    declare,
    recorded: async () => {
      const { code, stdout } = await run('drift --record --format json');
      const { checks, pending_checks: pending = [], summary } = JSON.parse(stdout) as DriftReport;
      return [
        code,
        checks.map((check) => check.code),
        pending.map((check) => [check.code, check.pending.seen, check.pending.after]),
        summary.pending,
      ];
    },
  };
}

const AFTER_3 = '{ address: "certificates/Domain/*", findings: [refused, reset, handshake, timeout], after: 3 }';

test('a finding is pending for two refreshes, and counts at the third one, under any of the codes', async () => {
  const { recorded, close, run } = await project(AFTER_3);
  expect(await recorded()).toEqual([0, [], [['reset', 1, 3]], 1]);
  await close();
  expect(await recorded()).toEqual([0, [], [['refused', 2, 3]], 1]);
  expect((await run('log why certificates/Domain/www')).stdout).toContain('refused: 2 refreshes in a row');
  expect(await recorded()).toEqual([2, ['refused'], [], undefined]);
  expect(await recorded()).toEqual([2, ['refused'], [], undefined]);
  // A confirmed finding is not recorded again.
  const seen = await run('log list --kind seen --last 1 --format json');
  expect(JSON.parse(seen.stdout)).toMatchObject({ body: { run: expect.any(String) } });
  expect(seen.stdout).not.toContain('repeats');
});

test('the count starts again after a refresh without the finding', async () => {
  const { recorded, declare, run, json } = await project(AFTER_3);
  await recorded();
  await recorded();
  expect(await json<unknown>('state show certificates/Domain/www')).toMatchObject({ repeats: { reset: 2 } });
  // A host without a route is not probed, and has no finding.
  declare(', route: none');
  expect(await recorded()).toEqual([0, [], [], undefined]);
  expect(await json<unknown>('state show certificates/Domain/www')).not.toHaveProperty('repeats');
  declare('');
  expect(await recorded()).toEqual([0, [], [['reset', 1, 3]], 1]);
  const lines = (await run('log list --kind seen --format json')).stdout.trim().split('\n');
  const repeats = lines.flatMap((line) =>
    (JSON.parse(line) as { readonly body: { readonly resources: readonly object[] } }).body.resources.flatMap((each) =>
      'repeats' in each ? [each.repeats] : [],
    ),
  );
  expect(repeats).toEqual([{ reset: 1 }, { reset: 2 }, {}, { reset: 1 }]);
});

test('every output shows the progress, and no exit code counts it', async () => {
  const { run, json, recorded } = await project(AFTER_3);
  await recorded();
  const plan = await json<Plan>('plan');
  expect([validators.plan(plan), validators.plan.errors ?? null]).toEqual([true, null]);
  expect(plan.summary).toMatchObject({ findings: 0, pending: 1 });
  expect(plan.pending_checks).toEqual([
    {
      address: 'certificates/Domain/www',
      code: 'reset',
      severity: 'error',
      message: expect.any(String),
      facts: {},
      since: '2026-11-20T12:01:00.000Z',
      pending: { seen: 2, after: 3 },
    },
  ]);
  for (const [line, text] of [
    [
      'plan --fail-on warnings',
      /pending +certificates\/Domain\/www +reset: .* \(2 of 3 refreshes in a row\)[^]*0 findings, 1 pending\./u,
    ],
    ['drift', /\(2 of 3 refreshes in a row\)[^]*0 findings, 1 pending\./u],
    ['plan --format markdown', /Pending findings \(1\)/u],
    ['drift --format markdown', /Pending findings \(1\)/u],
    ['drift --json', /"pending":\{"seen":2,"after":3\}/u],
    ['explain certificates/Domain/www', /Findings that do not count\n.*\(2 of 3 refreshes in a row\)/u],
    ['explain certificates/Domain/www --format json', /"pending_checks"/u],
  ] as const) {
    const { code, stdout } = await run(line);
    expect([line, code, stdout]).toEqual([line, 0, expect.stringMatching(text)]);
  }
});

test('a refresh without a probe does not count', async () => {
  const { run, json, recorded } = await project(AFTER_3);
  await run('apply --yes');
  expect(await recorded()).toEqual([0, [], [['reset', 2, 3]], 1]);
  // The Domain fails for the second time: the next probe is not due for two minutes.
  expect((await run('drift --record --backoff')).code).toBe(0);
  expect(await json<unknown>('state show certificates/Domain/www')).toMatchObject({ repeats: { reset: 2 } });
});

test('an unknown code and an address without a match are reported', async () => {
  const { run } = await project('{ address: "certificates/Domain/*", findings: [refusd], after: 3 }');
  const { code, stdout, stderr } = await run('validate');
  expect([code, stdout + stderr]).toEqual([1, expect.stringContaining('certificates/Domain has no finding "refusd"')]);
  const other = await project('{ address: certificates/Domain/old, findings: [refused], after: 3 }');
  expect((await other.run('plan')).stderr).toContain('drift.confirm[0] matches no resource now');
});
