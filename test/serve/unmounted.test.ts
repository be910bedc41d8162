/** Rounds that refresh one Certificate after the other while the disk of all of them is not mounted. */

import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RoundReport } from '../../src/formats/round.ts';
import type { RoundOrder } from '../../src/run/round.ts';
import { startRound } from '../../src/serve/round-process.ts';
import { bareEnvironment, cliFile, fettle, temporaryFolder, writeFiles } from '../support/cli.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

const certificate = (name: string): string => `apiVersion: certificates/v1
kind: Certificate
metadata: { name: ${name} }
spec:
  issuer: internal
  dnsNames: [${name}.example.test]
  storage: { file: { certificate: ../disk/${name}.crt, key: ../disk/${name}.key } }
`;

function project(): string {
  const folder = join(temporaryFolder(), 'shop');
  mkdirSync(folder);
  writeFiles(folder, {
    'fettle.yaml': 'name: shop\nstore: .fettle\n',
    'desired/issuer.yaml': `apiVersion: certificates/v1
kind: Issuer
metadata: { name: internal }
spec: { localCa: { dir: ../ca, commonName: "Internal CA" } }
`,
    ...Object.fromEntries(NAMES.map((name) => [`desired/${name}.yaml`, certificate(name)])),
  });
  return folder;
}

async function roundOf(folder: string, order: RoundOrder): Promise<RoundReport> {
  const lines: string[] = [];
  const { exit } = startRound({
    program: cliFile,
    args: ['serve', '--once', '--ordered', '--chdir', folder],
    env: bareEnvironment(),
    order,
    heard: (line) => void lines.push(line),
  });
  const { report } = await exit;
  if (report === undefined) throw new Error(lines.join('\n'));
  return report;
}

function creations({ rows }: RoundReport): Readonly<Record<string, number>> {
  const own = rows.filter(({ labels: { goal }, count }) => goal === 'create' && count > 0);
  return Object.fromEntries(own.map(({ labels, count }) => [labels['verdict'], count]));
}

function after({ documents, standing }: RoundReport, name: string): RoundOrder {
  const changed = [`certificates/Certificate/${name}`];
  return { gaveWay: 0, since: Date.now(), documents, standing, changed };
}

test('none is recorded as absent; on the mounted disk, a removed one is noticed', async () => {
  const folder = project();
  expect((await fettle(folder, 'apply', '--yes')).code).toBe(0);
  let report = await roundOf(folder, { gaveWay: 0 });
  const [disk, aside] = [join(folder, 'disk'), join(folder, 'aside')];
  renameSync(disk, aside);
  mkdirSync(disk);
  for (const name of NAMES) {
    report = await roundOf(folder, after(report, name));
    expect([report.recorded, creations(report)]).toEqual([true, { reject: NAMES.length }]);
  }
  // Also a complete refresh still knows all of them.
  const plan = JSON.parse((await fettle(folder, 'plan', '--format', 'json')).stdout) as {
    readonly resource_changes: readonly unknown[];
    readonly rejected_changes: readonly unknown[];
  };
  expect([plan.resource_changes.length, plan.rejected_changes.length]).toEqual([0, NAMES.length]);
  rmSync(disk, { recursive: true });
  renameSync(aside, disk);
  for (const end of ['crt', 'key']) rmSync(join(disk, `c.${end}`));
  report = await roundOf(folder, after(report, 'c'));
  expect([report.recorded, creations(report)]).toEqual([true, { accept: 1 }]);
}, 180_000);
