/** The commands over a store on PostgreSQL that `fettle.yaml` names, with its password from the environment. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/formats/plan.ts';
import {
  bareEnvironment,
  certificateYaml,
  cliFile,
  issuerYaml,
  type Ran,
  run,
  temporaryFolder,
  writeFiles,
} from '../../support/cli.ts';
import { type Done, fettle as fettleHere } from '../../support/command-line.ts';
import { PASSWORD, type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { type PostgresBench, postgresBench } from './bench.ts';

let server: PostgresServer;
let bench: PostgresBench;
let folder: string;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  bench = await postgresBench(server);
  folder = temporaryFolder();
  writeFiles(folder, { 'desired/ca.yaml': issuerYaml, 'desired/www.yaml': certificateYaml('www') });
});
afterEach(() => bench.remove());

function configure(store: string): void {
  writeFiles(folder, { 'fettle.yaml': `name: shop\ndesired: [desired]\nstore: "${store}"\n` });
}

type Environment = Readonly<Record<string, string>>;

function fettle(args: readonly string[], env: Environment): Promise<Done> {
  return fettleHere(folder, args.join(' '), { env: bareEnvironment({ FETTLE_STORE_ORIGIN: server.origin, ...env }) });
}

/** As `fettle`, in a process of its own. */
function fettleAlone(args: readonly string[], env: Environment): Promise<Ran> {
  return run(process.execPath, [cliFile, ...args], folder, { FETTLE_STORE_ORIGIN: server.origin, ...env });
}

describe('a store on PostgreSQL', () => {
  it('serves every command, with the password from PGPASSWORD or a variable of its own', async () => {
    configure(bench.url);
    const env = { PGPASSWORD: PASSWORD };
    expect((await fettleAlone(['plan'], env)).stdout).toContain('log head none');
    const applied = await fettleAlone(['apply', '--yes'], env);
    expect([applied.code, applied.stderr]).toEqual([0, '']);
    configure(bench.url.replace('admin@', 'admin:${env:STORE_PASSWORD}@'));
    const other = { STORE_PASSWORD: PASSWORD, PGPASSWORD: 'not this one' };
    const planned = await fettleAlone(['plan', '--detailed-exitcode'], other);
    expect([planned.code, planned.stderr]).toEqual([0, '']);
    expect((await fettleAlone(['log', 'verify'], other)).stdout).toContain('the log is valid');
    expect((await fettleAlone(['state', 'list'], other)).stdout).toContain('certificates/Certificate/www');
    const said = JSON.stringify(await bench.sql('SELECT line FROM fettle.records'));
    expect(said).not.toContain(PASSWORD);
  });

  it('with a wrong password is an error that names its place and not the password', async () => {
    configure(bench.url.replace('admin@', 'admin:${env:STORE_PASSWORD}@'));
    for (const args of [['plan'], ['apply', '--yes'], ['log', 'verify'], ['state', 'list']]) {
      const wrong = await fettle(args, { STORE_PASSWORD: `${PASSWORD}x` });
      expect(wrong.code).toBe(1);
      expect(wrong.stderr).toContain(`postgres://admin@127.0.0.1:${server.port}/${bench.database}`);
      expect(wrong.stderr).toContain('password authentication failed');
      expect(wrong.stderr).not.toContain('internal error');
      expect(wrong.stdout + wrong.stderr).not.toContain(PASSWORD);
    }
  });

  it.each([
    [
      'an unset variable',
      () => bench.url.replace('admin@', 'admin:${env:STORE_PASSWORD}@'),
      {},
      'STORE_PASSWORD, which is not set',
    ],
    ['no password', () => bench.url, {}, 'requires a password, and none is set'],
    [
      'an origin without a name in the environment',
      () => bench.url,
      { PGPASSWORD: PASSWORD, FETTLE_STORE_ORIGIN: '' },
      'PGPASSWORD is not sent to',
    ],
    [
      'another origin that is named',
      () => bench.url,
      { PGPASSWORD: PASSWORD, FETTLE_STORE_ORIGIN: 'postgres://db.example.test' },
      'which FETTLE_STORE_ORIGIN does not name',
    ],
  ])('is a gap for plan, and an error for all other commands: %s', async (_, url, env, says) => {
    configure(bench.url);
    expect(
      (await fettle(['apply', '--yes', '--target', 'certificates/Issuer/**'], { PGPASSWORD: PASSWORD })).code,
    ).toBe(0);
    configure(url());
    const planned = await fettle(['plan', '-o', 'plan.json'], env);
    expect([planned.code, planned.stdout]).toEqual([4, expect.stringContaining(says)]);
    expect(planned.stdout).toContain('no digest');
    const plan = JSON.parse((await fettle(['plan', '--format', 'json'], env)).stdout) as Plan;
    expect(plan).toMatchObject({ complete: false, applyable: false, unmanaged: [], gaps: [{ scope: 'memory' }] });
    expect(plan).not.toHaveProperty('plan_digest');
    // An existing resource may be owned, and a missing one may have been: rows say no more than that.
    expect(plan.resource_changes.map(({ address, warnings }) => [address, warnings.join()])).toEqual([
      ['certificates/Certificate/www', expect.stringContaining('the resource may have existed before')],
    ]);
    expect(plan.deferred_changes.map(({ reason, resource_change: row }) => [row.address, reason])).toEqual([
      ['certificates/Issuer/ca', 'memory-unread'],
    ]);
    for (const args of [
      ['drift'],
      ['drift', '--record'],
      ['apply', '--yes'],
      ['state', 'list'],
      ['log', 'list'],
      ['explain', 'certificates/Issuer/ca'],
    ]) {
      const refused = await fettle(args, env);
      expect([args.join(' '), refused.code, refused.stdout]).toEqual([args.join(' '), 1, '']);
      expect(refused.stderr).toContain(says);
    }
    configure(bench.url);
    const applied = await fettle(['apply', 'plan.json'], { PGPASSWORD: PASSWORD });
    expect([applied.code, applied.stderr]).toEqual([6, expect.stringContaining('the state could not be read')]);
    expect((await fettle(['plan'], { PGPASSWORD: PASSWORD })).stdout).toContain('1 to add');
  });

  it('lets one of many applies in, and names it to the others', async () => {
    configure(bench.url);
    const env = { PGPASSWORD: PASSWORD };
    const writer = bench.spawn('on');
    await writer.says('ready');
    const refused = await fettle(['apply', '--yes'], env);
    expect(refused.code).toBe(5);
    expect(refused.stderr).toContain(`process ${writer.child.pid}`);
    writer.child.kill('SIGKILL');
    await writer.ended;
    expect((await fettle(['apply', '--yes'], env)).code).toBe(0);
    expect(await bench.open().verify()).toMatchObject({ status: 'sound', damage: [] });
  });
});
