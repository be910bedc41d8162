/** A database of its own for a round, on one server for all rounds of this process. */

import { type PostgresServer, startPostgres } from '../support/postgres.ts';

let server: Promise<PostgresServer> | undefined;

async function stop(): Promise<void> {
  await (await server)?.stop();
}

/** The address of a new database, without its password. */
export async function newDatabase(): Promise<string> {
  if (server === undefined) {
    server = startPostgres();
  }
  const running = await server;
  return running.url(await running.createDatabase());
}

/** Ends the server, where one was started. */
export async function stopDatabases(): Promise<void> {
  await stop();
  server = undefined;
}
