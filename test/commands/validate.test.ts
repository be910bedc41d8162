/** `fettle validate`: all problems of the configuration and of the documents in one run. */

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fettle } from '../support/command-line.ts';
import { temporaryFolder } from '../support/cli.ts';

const folder = temporaryFolder();
const config = `name: shop
safety:
  removals: { share: 130% }
  freeze:
    - { cron: "61 * * * *", for: 1h, reason: night, timezone: Mars/Base }
  overrides:
    - { rule: bugdet, address: certificates/Certificate/www, until: "2030-01-01T00:00:00Z", reason: test }
`;

const documents = `apiVersion: certificates/v1
kind: Certificate
metadata: { name: www }
spec:
  issuer: nope
  dnsNames: ["bad name", www.test]
  renewal: { thresholdDays: 400, retryInterval: 30s }
  storage: { file: { certificate: ../tls/www.crt, key: ../tls/www.key } }
---
apiVersion: nodes/v1
kind: NodePool
metadata: { name: pool }
spec:
  size: 3
  min: 2
  extra: 1
  template: { serverType: cx23, image: debian-13, location: nbg1 }
`;

/** Writes a project, and returns place and code of each problem that `validate` prints. */
async function problemsOf(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const project = mkdtempSync(join(folder, 'project-'));
  mkdirSync(join(project, 'desired'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text);
  const { code, stdout, stderr } = await fettle(project, 'validate');
  expect(code, stdout).toBe(1);
  return [...stderr.matchAll(/^(\S+) (?:error|warning) (\S+):/gmu)].map(([, place, problem]) => `${place} ${problem}`);
}

describe('validate', () => {
  it('reports what schemas, cross-checks, references and the configuration find, in one run', async () => {
    expect(await problemsOf({ 'fettle.yaml': config, 'desired/a.yaml': documents })).toMatchInlineSnapshot(`
      [
        "fettle.yaml:3:22 wrong-value",
        "fettle.yaml:5:15 bad-config",
        "fettle.yaml:5:63 bad-config",
        "fettle.yaml:7:15 bad-config",
        "desired/a.yaml:5:11 unknown-reference",
        "desired/a.yaml:6:14 wrong-value",
        "desired/a.yaml:7:29 wrong-value",
        "desired/a.yaml:7:49 invalid-time",
        "desired/a.yaml:14:9 wrong-value",
        "desired/a.yaml:16:3 unknown-key",
      ]
    `);
  });

  it('reads no documents where the configuration does not say where they are', async () => {
    expect(
      await problemsOf({ 'fettle.yaml': 'name: shop\ndesired: 7\n', 'desired/a.yaml': documents }),
    ).toMatchInlineSnapshot(`
      [
        "fettle.yaml:2:10 wrong-type",
      ]
    `);
  });

  it('names the missing configuration in a folder without documents', async () => {
    const { code, stderr } = await fettle(mkdtempSync(join(folder, 'elsewhere-')), 'plan');
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('neither this folder nor one above it has a fettle.yaml'),
    ]);
    expect(stderr).toContain('fettle init');
  });
});
