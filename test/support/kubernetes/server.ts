/** A real API server of Kubernetes with its etcd, in a temporary folder, on ports of 127.0.0.1. */

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'node:http';
import { makeAuthority } from '../../../plugins/fabric/sandbox/tls.ts';
import { textAt, type Tree } from '../../../plugins/fabric/sandbox/value.ts';
import { temporaryFolder } from '../cli.ts';
import { type Daemon, freePort, startDaemon } from '../daemons.ts';
import { type ApiServer, openApi } from './api.ts';
import type { Programs } from './programs.ts';

const READY_MS = 120_000;
const POLL_MS = 50;

/** The permissions of each user of the token file; `admin` is in the group `system:masters`, and `stranger` has none. */
export const ROLES: Readonly<Record<string, readonly { readonly verbs: readonly string[] }[]>> = {
  reader: [{ verbs: ['get', 'list', 'watch'] }],
  // An apply of a new object also needs `create`.
  'dry-runner': [{ verbs: ['get', 'list', 'watch', 'patch', 'create'] }],
  patcher: [{ verbs: ['get', 'patch'] }],
  stranger: [],
};

function kubeconfigOf(server: string, ca: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'real', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name: 'real', user: { token } }],
    contexts: [{ name: 'real', context: { cluster: 'real', user: 'real', namespace: 'default' } }],
    'current-context': 'real',
  });
}

async function startEtcd(program: string, folder: string): Promise<{ readonly daemon: Daemon; readonly url: string }> {
  const home = join(folder, 'etcd');
  mkdirSync(home);
  const [client, peer] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  const flags = {
    'data-dir': join(home, 'data'),
    'listen-client-urls': url,
    'advertise-client-urls': url,
    'listen-peer-urls': peerUrl,
    'initial-advertise-peer-urls': peerUrl,
    'initial-cluster': `default=${peerUrl}`,
    'log-level': 'error',
  };
  const argv = [program, '--unsafe-no-fsync', ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)];
  return { daemon: await startDaemon(home, argv, [client], join(home, 'etcd.log')), url };
}

function roleObjects(user: string, rules: readonly { readonly verbs: readonly string[] }[]): readonly Tree[] {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const metadata = { name: `tests:${user}` };
  const all = rules.map(({ verbs }) => ({ verbs, apiGroups: ['*'], resources: ['*'] }));
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: metadata.name };
  return [
    { apiVersion, kind: 'ClusterRole', metadata, rules: all },
    { apiVersion, kind: 'ClusterRoleBinding', metadata, roleRef, subjects: [{ kind: 'User', name: user }] },
  ];
}

/** Waits until the server is ready and has the namespace `default`, and gives the users their permissions. */
async function settle(server: ApiServer, daemon: Daemon): Promise<void> {
  const api = openApi(server);
  const deadline = Date.now() + READY_MS;
  const isReady = async (): Promise<boolean> =>
    (await api.send('/readyz')).code === 200 && (await api.send('/api/v1/namespaces/default')).code === 200;
  try {
    while (!(await isReady().catch(() => false))) {
      if (Date.now() > deadline) throw new Error(`kube-apiserver is not ready: ${daemon.log().slice(-4000)}`);
      await sleep(POLL_MS);
    }
    for (const object of Object.entries(ROLES).flatMap(([user, rules]) => roleObjects(user, rules))) {
      const resource = object['kind'] === 'ClusterRole' ? 'clusterroles' : 'clusterrolebindings';
      const { code, text } = await api.send(`/apis/rbac.authorization.k8s.io/v1/${resource}`, {
        method: 'POST',
        body: object,
      });
      if (code !== 201) throw new Error(text);
    }
  } finally {
    api.close();
  }
}

/** Compacts etcd up to its present revision, through its JSON gateway. */
async function compactEtcd(url: string, version: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const sent = request(`${url}/v3/kv/compaction`, { method: 'POST' }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        // An error if it was compacted up to there before.
        if (answer.statusCode === 200 || text.includes('has been compacted')) resolve();
        else reject(new Error(`etcd: ${text}`));
      });
    });
    sent.on('error', reject).end(JSON.stringify({ revision: version, physical: true }));
  });
}

/** Starts etcd and kube-apiserver. The kernel stops both when the process of the tests ends. */
export async function startApiServer(programs: Programs): Promise<ApiServer> {
  const folder = temporaryFolder();
  const home = join(folder, 'api');
  mkdirSync(home);
  const file = (name: string, text: string): string => {
    const path = join(home, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const authority = makeAuthority('tests', Date.now());
  const serving = authority.forServer();
  const account = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const tokens = Object.fromEntries(
    ['admin', ...Object.keys(ROLES)].map((user) => [user, randomBytes(16).toString('hex')]),
  );
  const tokenLines = Object.entries(tokens).map(
    ([user, token]) => `${token},${user},${user}${user === 'admin' ? ',"system:masters"' : ''}`,
  );
  const etcd = await startEtcd(programs.etcd, folder);
  const port = await freePort();
  const flags = {
    'etcd-servers': etcd.url,
    'bind-address': '127.0.0.1',
    'advertise-address': '127.0.0.1',
    'secure-port': String(port),
    'tls-cert-file': file('serving.crt', serving.certificate),
    'tls-private-key-file': file('serving.key', serving.key),
    'client-ca-file': file('ca.crt', authority.certificate),
    'token-auth-file': file('tokens.csv', `${tokenLines.join('\n')}\n`),
    'authorization-mode': 'RBAC',
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': file(
      'account.pub',
      account.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    ),
    'service-account-signing-key-file': file(
      'account.key',
      account.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ),
    'service-cluster-ip-range': '10.0.0.0/24',
    'endpoint-reconciler-type': 'none',
    'disable-admission-plugins': 'ServiceAccount',
    'cert-dir': home,
    v: '1',
  };
  const argv = [programs.apiServer, ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)];
  const stopEtcd = async (): Promise<void> => {
    await etcd.daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `https://127.0.0.1:${port}`;
  try {
    const daemon = await startDaemon(home, argv, [port], join(home, 'api.log'));
    const server: ApiServer = {
      url,
      ca: authority.certificate,
      tokens,
      kubeconfig: (user) => kubeconfigOf(url, authority.certificate, tokens[user] ?? ''),
      compact: async () => {
        const api = openApi(server);
        const { body } = await api.send('/api/v1/namespaces');
        api.close();
        await compactEtcd(etcd.url, textAt(body, 'metadata', 'resourceVersion'));
      },
      stop: async () => {
        await daemon.stop();
        await stopEtcd();
      },
    };
    await settle(server, daemon);
    return server;
  } catch (error) {
    await stopEtcd();
    throw error;
  }
}
