/** The store on PostgreSQL: the suite of all stores, over a real server. */

import { afterAll, beforeAll } from 'vitest';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { storeConformance } from './conformance.ts';
import { inboxConformance } from './inbox-conformance.ts';
import { postgresBench } from './postgres/bench.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

storeConformance('PostgreSQL', () => postgresBench(server));
inboxConformance('PostgreSQL', () => postgresBench(server));
