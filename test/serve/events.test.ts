/** `fettle serve` as a process that takes certificate events in: from its environment to the inbox. */

import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run, temporaryFolder, writeFiles } from '../support/cli.ts';
import { daemon } from './daemon.ts';
import { DOMAIN_ID, EVENT, PATH, SECRET, SIGNED, signedHeaders, TOKEN } from '../support/intake-server.ts';

const DOMAIN = `apiVersion: certificates/v1
kind: Domain
metadata: { name: www }
spec: { host: www.example.test, address: 127.0.0.1, port: 1, externalId: ${DOMAIN_ID} }
`;

function project(): string {
  const folder = join(temporaryFolder(), 'shop');
  mkdirSync(folder);
  writeFiles(folder, { 'fettle.yaml': 'name: shop\nstore: .fettle\n', 'desired/www.yaml': DOMAIN });
  return folder;
}

/** The content of every file of a store. */
function contentOf(store: string): string {
  return readdirSync(store, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => readFileSync(join(each.parentPath, each.name), 'utf8'))
    .join('\n');
}

test('an event is refused before the first round, and durable with its Domain after it; secrets stay in the process', async () => {
  const folder = project();
  const running = await daemon(folder, undefined, [], {
    ...SIGNED,
    CERT_EVENT_SOURCE_KEYS: `${SIGNED.CERT_EVENT_SOURCE_KEYS},odd`,
  });
  const url = `http://127.0.0.1:${await running.port()}${PATH}`;
  const post = async (value: object, headers: Readonly<Record<string, string>> = {}): Promise<number> => {
    const body = JSON.stringify(value);
    return (await fetch(url, { method: 'POST', body, headers: { ...signedHeaders(body), ...headers } })).status;
  };
  expect(await post(EVENT)).toBe(503);
  await running.said(/shop: .*resources? refreshed/u);
  const event = { eventType: 'renewal_failed', domainId: DOMAIN_ID, sourceEventId: 'first-event' };
  const statuses = [
    await post({ ...event, reason: `${TOKEN} ${SECRET}` }),
    await post({ ...event, domainId: DOMAIN_ID.replace('0', '1') }),
    await post(event, { 'x-cert-signature': '0'.repeat(64) }),
  ];
  expect(statuses).toEqual([202, 404, 401]);
  const stored = contentOf(join(folder, '.fettle'));
  expect(stored).toContain('first-event');
  const { text } = await running.ask('/metrics');
  for (const [result, count] of [
    ['accepted', 1],
    ['not_ready', 1],
    ['domain_unknown', 1],
    ['signature', 1],
    ['inbox_full', 0],
  ])
    expect(text).toContain(`fettle_events_received_total{project="shop",result="${result}"} ${count}`);
  await running.said(/refreshed[^]*shop: .*resources? refreshed/u);
  expect(await running.stop()).toBe(0);
  const lines = running.lines();
  expect(lines.match(/warning: item 2 of CERT_EVENT_SOURCE_KEYS/gu)).toHaveLength(1);
  for (const secret of [TOKEN, SECRET, encodeURIComponent(SECRET)])
    expect([lines, text, stored, contentOf(join(folder, '.fettle'))].join('\n')).not.toContain(secret);
});

test('the example of the documentation sends an event that is accepted', async () => {
  const folder = project();
  const running = await daemon(folder, undefined, [], SIGNED);
  await running.said(/shop: .*resources? refreshed/u);
  const docs = readFileSync(join(import.meta.dirname, '../../docs/serve.md'), 'utf8');
  const example = /```bash\n(body=[^]*?)```/u.exec(docs)?.[1] ?? '';
  const script = example.replace('127.0.0.1:9465', `127.0.0.1:${await running.port()}`);
  const { stdout, stderr } = await run('bash', ['--norc', '-euc', script], folder, { TOKEN, SECRET });
  expect([stderr, JSON.parse(stdout)]).toEqual([
    '',
    expect.objectContaining({ ok: true, status: 'pending', provenanceSubject: 'cert_manager:prod' }),
  ]);
  await running.stop();
});
