/** Clusters: a Fabric's context is opened with the login of its kubeconfig, and a renewed login is used. */

import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openClusters } from '../../../plugins/fabric/live/clusters.ts';
import { EVERYTHING } from '../../../plugins/fabric/sandbox/access.ts';
import { startEmulator } from '../../../plugins/fabric/sandbox/emulator.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { never } from './cluster.ts';

async function started(user: object) {
  const rules = EVERYTHING;
  const emulator = await startEmulator({
    users: { 'token-ann': { name: 'ann', rules }, 'token-ben': { name: 'ben', rules } },
  });
  onTestFinished(() => emulator.stop());
  const folder = temporaryFolder();
  const file = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const config = JSON.parse(emulator.kubeconfig()) as { readonly users: readonly { readonly name: string }[] };
  file('config', JSON.stringify({ ...config, users: config.users.map(({ name }) => ({ name, user })) }));
  const env = { PATH: process.env['PATH'] ?? '', KUBECONFIG: join(folder, 'config') };
  const outside = { config: {}, project: 'test', folder: temporaryFolder(), fileRoots: [], env, now: Date.now };
  const clusters = openClusters(outside);
  /** The name of the user as whom the server sees a request. */
  const userNow = async (group: string): Promise<string> => {
    await (await clusters.cluster({ context: 'sandbox' }, never)).served(group, never);
    return emulator.seen.at(-1)?.user ?? '';
  };
  return { emulator, file, folder, userNow };
}

test('a renewed client certificate is used by the next request', async () => {
  const { emulator, file, userNow } = await started({ 'client-certificate': 'me.crt', 'client-key': 'me.key' });
  const write = (name: string): void => {
    const { certificate, key } = emulator.authority.forClient(name);
    file('me.crt', certificate);
    file('me.key', key);
  };
  write('ann');
  expect(await userNow('v1')).toBe('ann');
  expect(await userNow('apiextensions.k8s.io/v1')).toBe('ann');
  expect(emulator.handshakes()).toBe(1);
  write('ben');
  expect(await userNow('missing.example.com/v1')).toBe('ben');
});

test('an expired client certificate is named, because the server only says that the login is refused', async () => {
  const { emulator, file, userNow } = await started({ 'client-certificate': 'me.crt', 'client-key': 'me.key' });
  const { certificate, key } = emulator.authority.forClient('ann', [], Date.now() - 60_000);
  file('me.crt', certificate);
  file('me.key', key);
  await expect(userNow('v1')).rejects.toThrow(
    /cannot be listed: Unauthorized: the client certificate expired at 20\S+Z \(HH-K8S-002\)$/u,
  );
});

test('an exec plugin may print a client certificate', async () => {
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './login' };
  const { emulator, file, folder, userNow } = await started({ exec });
  const { certificate: clientCertificateData, key: clientKeyData } = emulator.authority.forClient('ben');
  const status = { clientCertificateData, clientKeyData };
  file('answer', JSON.stringify({ apiVersion: exec.apiVersion, kind: 'ExecCredential', status }));
  file('login', '#!/bin/sh\ncat answer\n');
  chmodSync(join(folder, 'login'), 0o700);
  expect(await userNow('v1')).toBe('ben');
});

test('a cluster that could not be opened is opened by a later call', async () => {
  const folder = temporaryFolder();
  const emulator = await startEmulator();
  onTestFinished(() => emulator.stop());
  const env = { PATH: process.env['PATH'] ?? '', KUBECONFIG: join(folder, 'config') };
  const clusters = openClusters({
    config: {},
    project: 'test',
    folder: temporaryFolder(),
    fileRoots: [],
    env,
    now: Date.now,
  });
  const open = () => clusters.cluster({ context: 'sandbox' }, never);
  await expect(open()).rejects.toThrow(/kubeconfig|config/u);
  writeFileSync(join(folder, 'config'), emulator.kubeconfig());
  const cluster = await open();
  expect(await cluster.served('v1', never)).toBeDefined();
  expect(await open()).toBe(cluster);
});
