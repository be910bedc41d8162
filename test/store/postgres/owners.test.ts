/** A schema that another role created or can change is refused before any use; on a real server. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { PASSWORD, type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { note } from '../drafts.ts';
import { type PostgresBench, postgresBench } from './bench.ts';

const NOW = { command: 'apply', timeoutMs: 0 };

let server: PostgresServer;
let bench: PostgresBench;
beforeAll(async () => {
  server = await startPostgres();
  for (const role of ['fettle', 'mallory'])
    await server.sql('postgres', `CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'`);
  await server.sql('postgres', `CREATE ROLE super LOGIN SUPERUSER PASSWORD '${PASSWORD}'`);
  await server.sql('postgres', 'CREATE ROLE owners; CREATE ROLE team; GRANT owners TO team; GRANT team TO fettle');
});
afterAll(() => server.stop());
beforeEach(async () => {
  bench = await postgresBench(server);
  await bench.sql(`GRANT CREATE ON DATABASE ${bench.database} TO fettle, mallory, owners`);
  // A table that shows if mallory's code ran.
  await bench.sql('CREATE TABLE public.seen (who text); GRANT ALL ON public.seen TO PUBLIC');
});
afterEach(() => bench.remove());

async function storeOf(role: string, env: Readonly<Record<string, string>> = {}): Promise<Store> {
  return bench.openWith({ target: await bench.targetFor(bench.url.replace('admin@', `${role}@`), PASSWORD, env) });
}

/** Sound tables with a log in them, as that role. */
async function filledBy(role: string): Promise<void> {
  const store = await storeOf(role);
  await store.append([note('a')], await store.lock(NOW));
  await store.close();
}

const SPY = `CREATE FUNCTION public.spy() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO public.seen VALUES (current_user); RETURN NEW; END $$`;
const TRIGGER = 'CREATE TRIGGER t BEFORE INSERT OR UPDATE ON fettle.records FOR EACH ROW EXECUTE FUNCTION public.spy()';
const GRANT = 'GRANT USAGE ON SCHEMA fettle TO PUBLIC; GRANT ALL ON ALL TABLES IN SCHEMA fettle TO PUBLIC';

const as = (role: string, ...statements: readonly string[]): string =>
  `SET ROLE ${role}; ${statements.join('; ')}; RESET ROLE`;

interface Case {
  readonly what: string;
  readonly make: () => Promise<unknown>;
  readonly says: RegExp;
  /** Role of the store; `fettle` by default. */
  readonly role?: string;
  /** Statements that fix the fault. */
  readonly fix: (() => Promise<unknown>) | Readonly<Record<string, string>>;
}

const CASES: readonly Case[] = [
  {
    what: 'a schema with tables and a trigger, created beforehand',
    make: async () => {
      await filledBy('mallory');
      await bench.sql(
        as('mallory', SPY.replace('public.spy', 'fettle.spy'), TRIGGER.replace('public.spy', 'fettle.spy'), GRANT),
      );
    },
    says: /the schema fettle belongs to the role mallory.*FETTLE_STORE_OWNER=mallory/su,
    fix: { FETTLE_STORE_OWNER: 'mallory' },
  },
  {
    what: 'an empty schema, created beforehand',
    make: () => bench.sql(as('mallory', 'CREATE SCHEMA fettle', 'GRANT ALL ON SCHEMA fettle TO PUBLIC')),
    says: /the schema fettle belongs to the role mallory/u,
    fix: { FETTLE_STORE_OWNER: 'mallory' },
  },
  {
    what: 'a table in an owned schema',
    make: () =>
      bench.sql(
        `${as('fettle', 'CREATE SCHEMA fettle', 'GRANT ALL ON SCHEMA fettle TO mallory')}; ${as('mallory', 'CREATE TABLE fettle.version (one boolean PRIMARY KEY, version integer)', 'INSERT INTO fettle.version VALUES (true, 1)', 'GRANT ALL ON fettle.version TO PUBLIC')}`,
      ),
    says: /the table version of the schema fettle belongs to the role mallory/u,
    fix: () => bench.sql('DROP TABLE fettle.version'),
  },
  {
    what: "a trigger with another role's function on an owned table",
    make: async () => {
      await filledBy('fettle');
      await bench.sql(
        'GRANT CREATE ON SCHEMA public TO mallory; GRANT USAGE ON SCHEMA fettle TO mallory; GRANT TRIGGER ON fettle.records TO mallory',
      );
      await bench.sql(as('mallory', SPY, TRIGGER));
    },
    says: /the function spy of the schema fettle belongs to the role mallory/u,
    fix: () => bench.sql('DROP TRIGGER t ON fettle.records'),
  },
  {
    what: 'a rewrite rule',
    make: async () => {
      await filledBy('fettle');
      await bench.sql(
        'CREATE RULE hide AS ON INSERT TO fettle.records DO ALSO INSERT INTO public.seen VALUES (current_user)',
      );
    },
    says: /hide is a rewrite rule/u,
    fix: () => bench.sql('DROP RULE hide ON fettle.records'),
  },
  {
    what: 'row security',
    make: async () => {
      await filledBy('fettle');
      await bench.sql('ALTER TABLE fettle.records ENABLE ROW LEVEL SECURITY');
    },
    says: /records has row security/u,
    fix: () => bench.sql('ALTER TABLE fettle.records DISABLE ROW LEVEL SECURITY'),
  },
  {
    what: 'a view in the place of a table',
    make: async () => {
      await filledBy('fettle');
      await bench.sql(
        as(
          'fettle',
          'ALTER TABLE fettle.quarantine RENAME TO real_quarantine',
          'CREATE VIEW fettle.quarantine AS SELECT * FROM fettle.real_quarantine',
        ),
      );
    },
    says: /quarantine is not a plain table/u,
    fix: () => bench.sql('DROP VIEW fettle.quarantine; ALTER TABLE fettle.real_quarantine RENAME TO quarantine'),
  },
  {
    what: 'a schema created beforehand, for a superuser',
    make: () => filledBy('mallory'),
    says: /belongs to the role mallory, which is neither super/u,
    role: 'super',
    fix: { FETTLE_STORE_OWNER: 'mallory' },
  },
];

describe('a store on PostgreSQL with objects of another role', () => {
  it.each(CASES)('is refused: $what', async ({ make, says, role = 'fettle', fix }) => {
    await make();
    await bench.sql('DELETE FROM public.seen');
    const calls: readonly ((store: Store) => Promise<unknown>)[] = [
      (store) => store.read(() => undefined),
      (store) => store.verify(),
      (store) => store.holder(),
      (store) => store.lockStatus(),
      (store) => store.project(),
      (store) => store.lock(NOW),
    ];
    for (const call of calls) {
      const store = await storeOf(role);
      await expect(call(store)).rejects.toThrow(says);
      await store.close();
    }
    expect(await bench.sql('SELECT * FROM public.seen')).toEqual([]);
    const env = typeof fix === 'function' ? {} : fix;
    if (typeof fix === 'function') await fix();
    else await bench.sql('DROP TRIGGER IF EXISTS t ON fettle.records').catch(() => undefined);
    if (typeof fix !== 'function') await bench.sql(GRANT);
    const store = await storeOf(role, env);
    await store.append([note('b')], await store.lock(NOW));
    expect(await store.verify()).toMatchObject({ status: 'sound', damage: [] });
    await store.close();
  });

  it('is used if its owner is a role that the current role is a direct or indirect member of', async () => {
    await bench.sql(as('owners', 'CREATE SCHEMA fettle', 'GRANT ALL ON SCHEMA fettle TO PUBLIC'));
    await filledBy('fettle');
    expect(await (await storeOf('fettle')).verify()).toMatchObject({ status: 'sound' });
  });

  it('is not looked for among temporary tables', async () => {
    await filledBy('fettle');
    const target = await bench.targetFor(bench.url.replace('admin@', 'fettle@'), PASSWORD, {
      PGOPTIONS: '-c search_path=pg_temp,public',
    });
    const store = bench.openWith({ target });
    expect(await store.verify()).toMatchObject({ status: 'sound' });
    await store.close();
  });
});
