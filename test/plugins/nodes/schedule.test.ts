/** The schedule of a Node: the readiness probe that fails, and its last error. */

import { expect, test } from 'vitest';
import { fettle, temporaryFolder, writeFiles } from '../../support/cli.ts';

test('explain names the failing probe and its last error, in every format', async () => {
  const folder = temporaryFolder();
  writeFiles(folder, {
    'fettle.yaml': 'name: test\nstore: .fettle\n',
    'desired/m1.yaml': `apiVersion: nodes/v1
kind: Node
metadata: { name: m1, labels: { team: web } }
spec: { provider: static, address: 127.0.0.1, readiness: { tcp: { port: 1 } }, workloads: { none: true } }
`,
  });
  const text = (await fettle(folder, 'explain', 'nodes/Node/m1')).stdout;
  expect(text).toContain(
    'Next step: none until the resource is ready. It waits for the readiness probe tcp 127.0.0.1:1, whose last error is: refused',
  );
  expect(text).toMatch(/schedule +readiness probe tcp 127\.0\.0\.1:1/u);
  const { schedule } = JSON.parse((await fettle(folder, 'explain', 'nodes/Node/m1', '--format', 'json')).stdout);
  expect(schedule).toMatchObject({
    readiness_probe: 'tcp 127.0.0.1:1',
    probe_result: 'failed',
    last_probe_error: 'refused',
    waiting_for: expect.stringContaining('tcp 127.0.0.1:1'),
  });
  const markdown = (await fettle(folder, 'explain', 'nodes/Node/m1', '--format', 'markdown')).stdout;
  expect(markdown).toContain('none until the resource is ready');
  const waiting = await fettle(folder, 'apply', '--yes', '--until-settled', '--timeout', '1s');
  expect(waiting.code).toBe(7);
  expect(waiting.stderr).toContain(
    'nodes/Node/m1 is initializing and waits for the readiness probe tcp 127.0.0.1:1, whose last error is: refused',
  );
});
