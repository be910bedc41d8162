/** Pages of a daemon that serves several projects. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fettle, temporaryFolder, writeFiles } from '../support/cli.ts';
import { daemon } from './daemon.ts';
import { domainYaml } from './inbox-project.ts';
import { HOST_YAML, site } from './pages-project.ts';

test('several projects have a list, and pages and streams of their own', { timeout: 120_000 }, async () => {
  const folder = temporaryFolder();
  for (const name of ['lab', 'shop']) {
    mkdirSync(join(folder, name));
    writeFiles(join(folder, name), {
      'fettle.yaml': `name: ${name}\nstore: .fettle\n`,
      'desired/one.yaml': domainYaml(`of-${name}`),
    });
  }
  const running = await daemon(folder, HOST_YAML, ['--projects', folder]);
  await running.said(/lab: .*refreshed/u);
  await running.said(/shop: .*refreshed/u);
  const { get } = site(running, folder, await running.port());
  const list = await (await get('/')).text();
  expect(list).toContain('<a href="/p/lab/">lab</a>');
  expect(list).toContain('shop: 1 resource refreshed');
  const fleet = await (await get('/p/lab/')).text();
  expect(fleet).toContain('<a href="/p/lab/r/certificates/Domain/of-lab">');
  expect(fleet).not.toContain('of-shop');
  expect(fleet).toContain('data-stream="/p/lab/stream"');
  expect(await (await get('/p/shop/fleet.json')).json()).toMatchObject({
    project: 'shop',
    resources: { total: 1, rows: [{ address: 'certificates/Domain/of-shop' }] },
  });
  expect((await get('/plan')).status).toBe(404);
  expect((await get('/p/none/')).status).toBe(404);

  // The stream of one project says that another process has appended to its log.
  const reader = (await get('/p/lab/stream')).body?.pipeThrough(new TextDecoderStream()).getReader();
  const first = (await reader?.read())?.value;
  expect(first).toMatch(/^event: head\nid: \S+\ndata:\n\n$/u);
  await fettle(join(folder, 'lab'), 'drift', '--record', '--lock-timeout', '60s');
  const second = (await reader?.read())?.value;
  expect(second).toMatch(/^event: head\nid: \S+\ndata:\n\n$/u);
  expect(second).not.toBe(first);
  await reader?.cancel();
  expect(await running.stop()).toBe(0);
});
