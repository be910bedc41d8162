/** A project with Domains, and events in its inbox as the daemon deposits them. */

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Json } from '#plugin';
import { certificateEvents } from '../../plugins/certificates/events/plugin-events.ts';
import { inboxJson } from '../../src/formats/inbox-entry.ts';
import type { LogRecord } from '../../src/formats/log-record.ts';
import { openFileStore } from '../../src/store/files/file-store.ts';
import type { Store } from '../../src/store/store.ts';
import { cliFile, fettle, type Ran, run, temporaryFolder, writeFiles } from '../support/cli.ts';
import { ENVIRONMENT, signedRequest } from '../plugins/certificates/events/requests.ts';

/** A Domain at a port of this machine that nothing listens on. */
export function domainYaml(name: string, more = ''): string {
  return `apiVersion: certificates/v1
kind: Domain
metadata: { name: ${name} }
spec: { host: ${name}.example.test, address: 127.0.0.1, port: 1${more} }
`;
}

export function domainProject(names: readonly string[], config = 'name: shop\nstore: .fettle\n'): string {
  const folder = temporaryFolder();
  writeFiles(folder, {
    'fettle.yaml': config,
    ...Object.fromEntries(names.map((name) => [`desired/${name}.yaml`, domainYaml(name)])),
  });
  return folder;
}

/** The store of a project on files. */
export function storeIn(folder: string): Store {
  return openFileStore({
    folder: join(folder, '.fettle'),
    project: 'shop',
    actor: 'test',
    now: Date.now,
    randomId: randomUUID,
  });
}

/** The entry of an accepted event, as the daemon deposits it. */
export function eventEntry(body: Readonly<Record<string, Json>>, now = Date.now()): Json {
  const answer = certificateEvents.open(ENVIRONMENT).judge({ ...signedRequest(body, { now }), targets: new Set() });
  if (answer.entry === undefined) throw new Error(JSON.stringify(answer.body));
  return inboxJson({ plugin: 'certificates', entry: answer.entry });
}

export async function deposit(folder: string, entries: readonly Json[]): Promise<void> {
  const store = storeIn(folder);
  await store.deposit(entries);
  await store.close();
}

/** One round as a process. */
export function serveOnce(
  folder: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  return run(process.execPath, [cliFile, 'serve', '--once', ...args], folder, { ...ENVIRONMENT, ...env });
}

export async function recordsIn(folder: string): Promise<readonly LogRecord[]> {
  const { stdout } = await fettle(folder, 'log', 'export');
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogRecord);
}

/** The value of the last change of each key of a table. */
export function tableIn(records: readonly LogRecord[], table: string): ReadonlyMap<string, Json> {
  const entries = new Map<string, Json>();
  for (const { kind, body } of records) {
    if (kind !== 'ledger' || body.table !== table) continue;
    if (body.value === undefined) entries.delete(body.key);
    else entries.set(body.key, body.value);
  }
  return entries;
}
