/** A gap when a resource is due: the resource is read again in each round, and counts until then as it was. */

import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fettle, temporaryFolder, writeFiles } from '../support/cli.ts';
import { daemon } from './daemon.ts';

const ISSUER = `apiVersion: certificates/v1
kind: Issuer
metadata: { name: internal }
spec: { localCa: { dir: ../ca, commonName: "Internal CA" } }
`;
const CERTIFICATE = `apiVersion: certificates/v1
kind: Certificate
metadata: { name: www }
spec:
  issuer: internal
  dnsNames: [www.example.test]
  storage: { file: { certificate: ../tls/www.crt, key: ../tls/www.key } }
`;

test('a Certificate whose storage fails for a moment is read again in the next round, long before its interval', async () => {
  const folder = join(temporaryFolder(), 'shop');
  mkdirSync(folder);
  writeFiles(folder, {
    'fettle.yaml': 'name: shop\nstore: .fettle\n',
    'desired/issuer.yaml': ISSUER,
    'desired/www.yaml': CERTIFICATE,
  });
  expect((await fettle(folder, 'apply', '--yes')).code).toBe(0);
  const [file, aside] = [join(folder, 'tls/www.crt'), join(folder, 'tls/aside')];
  const fail = (): void => {
    renameSync(file, aside);
    // Every open of it fails with ELOOP.
    symlinkSync(file, file);
  };
  const repair = (): void => {
    rmSync(file);
    renameSync(aside, file);
  };
  fail();
  const running = await daemon(folder, 'interval: 10s\n');
  const found = async (): Promise<readonly (string | undefined)[]> => {
    const { text } = await running.ask('/metrics');
    const count =
      /^fettle_resources\{project="shop",plugin="certificates",kind="Certificate",state="normal"\} (\d+)$/mu;
    const gaps = /^fettle_gaps\{project="shop",plugin="certificates"\} (\d+)$/mu;
    return [count, gaps].map((series) => series.exec(text)?.[1] ?? '0');
  };
  const becomes = async (certificates: number, gaps: number): Promise<void> => {
    await expect.poll(found, { timeout: 60_000, interval: 500 }).toEqual([`${certificates}`, `${gaps}`]);
  };
  await becomes(0, 1);
  repair();
  await becomes(1, 0);
  fail();
  await running.ask('/-/reload', 'POST');
  await becomes(1, 1);
  repair();
  await becomes(1, 0);
  expect(await running.stop()).toBe(0);
}, 240_000);
