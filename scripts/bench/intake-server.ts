/**
 * The parent of `fettle serve` without rounds: server, intake of one project and metrics, over a store on files.
 * `node intake-server.js FOLDER` prints its port, and for each line of its input one line of JSON: its CPU time and memory.
 */

import { randomUUID } from 'node:crypto';
import { redactor, secretsOf } from '#plugin';
import { certificateEvents } from '../../plugins/certificates/events/plugin-events.ts';
import { Access } from '../../src/serve/access.ts';
import { appOf } from '../../src/serve/http/app.ts';
import { routesOf } from '../../src/serve/http/routes.ts';
import { startHttp } from '../../src/serve/http/server.ts';
import { Intake, INTAKE_RESULTS } from '../../src/serve/intake.ts';
import { serveMetrics } from '../../src/serve/metrics.ts';
import { openFileStore } from '../../src/store/files/file-store.ts';
import type { Store } from '../../src/store/store.ts';
import { emptyRound } from '../../test/support/empty-round.ts';
import { answerUsage } from './usage-lines.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: intake-server.js FOLDER');

const project = 'bench';

function openStore(place: string): Store {
  return openFileStore({
    folder: place,
    project,
    actor: 'bench',
    now: () => Date.now(),
    randomId: () => randomUUID(),
  });
}

const store = openStore(folder);
await store.unlock(await store.lock({ command: 'bench', timeoutMs: 0 }));
await store.close();

const results = [...certificateEvents.results, ...INTAKE_RESULTS];
const metrics = serveMetrics({
  projects: [project],
  permissions: [],
  intervalMs: 300_000,
  results,
  plugins: [],
  watch: false,
  compat: false,
  mostSeries: 2000,
  startedAt: Date.now(),
});
const intake = new Intake({
  project,
  events: new Map([['certificates', certificateEvents]]),
  env: process.env,
  openStore: () => Promise.resolve(openStore(folder)),
  redactor: (secrets) => redactor([...secretsOf(process.env), ...secrets]),
  now: () => Date.now(),
  elapsed: () => performance.now(),
  wake: () => undefined,
  received: (result) => metrics.received(project, result),
  say: (line) => process.stderr.write(`${line}\n`),
});
intake.refreshed(emptyRound(project));
const routes = routesOf({
  metrics,
  notReady: () => [],
  reload: () => undefined,
  callerOf: () => undefined,
  intakes: [intake],
  apis: [],
  endpoints: [],
  isLocal: true,
});
const app = appOf(routes, {
  access: new Access({ tokens: [], clients: [] }),
  failed: (error) => process.stderr.write(`${String(error)}\n`),
});
const server = await startHttp({ host: '127.0.0.1', port: 0 }, app);
process.stdout.write(`${server.address.port}\n`);
await answerUsage();
await server.close(1000);
await intake.close();
