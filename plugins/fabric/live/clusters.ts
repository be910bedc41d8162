/** Clusters: opens the API server that a Fabric names, with the login of the environment. */

import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  defined,
  digestOf,
  heldSecret,
  InputError,
  instantText,
  type Json,
  missingReason,
  type Outside,
  sendingMistake,
} from '#plugin';
import { datesOf } from '#plugin/certificate-dates';
import { openHttp, usualDenial } from '#plugin/net';
import type { AgentTracks } from '../agents/evidence.ts';
import type { FabricConfig } from '../generated.ts';
import { managerOf } from '../manager.ts';
import type { ClusterAddress, ClusterWriter, FabricWriter } from '../world.ts';
import { type ClientOptions, KubernetesClient } from './client.ts';
import { openGit } from './git.ts';
import { bearer, inCluster, isPod } from './in-cluster.ts';
import { type Cluster, clusterOf, kubeconfigFiles, type Login } from './kubeconfig.ts';

type Connection = Pick<ClientOptions, 'send' | 'credentials' | 'loginMistake'>;

/**
 * The connection to a cluster of a kubeconfig. A client certificate is a setting of the connection: a renewed one opens
 * new connections, and the former ones are closed when they are idle.
 */
function connectionOf({ ca, serverName, credentials }: Cluster, outside: Outside): Connection {
  const denial = usualDenial(outside.env);
  const opened = ({ cert, key }: Omit<Login, 'headers'>) => ({
    cert,
    key,
    send: openHttp(denial, {
      ...(ca === undefined ? {} : { ca }),
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
    }),
  });
  let last = opened({});
  return {
    send: (request, signal) => last.send(request, signal),
    credentials: async (signal, renew) => {
      const login = await credentials(signal, renew);
      if (login.cert !== last.cert || login.key !== last.key) last = opened(login);
      return login.headers;
    },
    loginMistake: () => (last.cert === undefined ? undefined : expiryMistake(last.cert, outside.now())),
  };
}

/** The reason why a client certificate is refused, if its own times say so. */
function expiryMistake(text: string, now: number): string | undefined {
  const dates = datesOf(new X509Certificate(text));
  if (dates === undefined) return 'the client certificate has no proper validity';
  if (now > dates.notAfter) return `the client certificate expired at ${instantText(dates.notAfter)}`;
  if (now < dates.notBefore) return `the client certificate is valid from ${instantText(dates.notBefore)} on`;
  return undefined;
}

async function byContext(context: string, outside: Outside): Promise<ClusterWriter> {
  const { env, folder, now, project } = outside;
  const cluster = await clusterOf({ env, context, projectFolder: folder, now });
  return clientOf(cluster, outside, project);
}

function clientOf(cluster: Cluster, outside: Outside, project: string): ClusterWriter {
  return new KubernetesClient({
    server: new URL(cluster.server),
    ...connectionOf(cluster, outside),
    manager: managerOf(project),
  });
}

async function byPod(outside: Outside): Promise<ClusterWriter> {
  const { env, now, project } = outside;
  if (!isPod(env))
    throw new InputError(
      'fettle does not run in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set. Declare a context or a server',
    );
  return clientOf(await inCluster(env, now), outside, project);
}

async function open({ context, server, inCluster: pod }: ClusterAddress, outside: Outside): Promise<ClusterWriter> {
  if (context !== undefined) return byContext(context, outside);
  if (server !== undefined) return byServer(server, outside);
  if (pod === true) return byPod(outside);
  throw new InputError('the Fabric does not name a cluster: declare a context, a server, or inCluster');
}

/**
 * Digest of what the login is configured by: the token of a server, or the files of a kubeconfig. Tokens and keys are
 * random, so that a digest does not disclose them.
 */
async function loginOf({ server }: ClusterAddress, { config, env }: Outside): Promise<string | undefined> {
  if (server !== undefined) {
    const { token = env['FABRIC_TOKEN'] } = config as unknown as FabricConfig;
    return token === undefined || missingReason(token) !== undefined ? undefined : shortDigest(['token', token]);
  }
  const texts = await Promise.all(kubeconfigFiles(env).map((file) => readFile(file, 'utf8').catch(() => '')));
  return shortDigest(['files', texts]);
}

function shortDigest(value: Json): string {
  return digestOf(value).slice('sha256:'.length, 'sha256:'.length + 16);
}

function byServer({ url, ca }: NonNullable<ClusterAddress['server']>, outside: Outside): ClusterWriter {
  const { token: given } = outside.config as unknown as FabricConfig;
  const what = 'the token of the cluster';
  const token = heldSecret(given, { what, variable: 'FABRIC_TOKEN', field: 'plugins.fabric.token' }, outside.env);
  const server = URL.parse(url);
  if (server?.protocol !== 'https:')
    throw new InputError('spec.server.url does not have an address that begins with https://');
  const headers = bearer(token, 'the token of the cluster');
  const mistake = sendingMistake(
    { secret: token, variable: 'FABRIC_TOKEN', to: server },
    'FETTLE_PROVIDER_ORIGINS',
    outside.env,
  );
  if (mistake !== undefined) throw new InputError(`the token of the cluster ${mistake}`);
  return new KubernetesClient({
    server,
    send: openHttp(usualDenial(outside.env), ca === undefined ? {} : { ca }),
    credentials: async () => headers,
    manager: managerOf(outside.project),
  });
}

/** Opens clusters on first use; one address is opened once, unless its opening fails. */
export function openClusters(outside: Outside): FabricWriter {
  const opened = new Map<string, Promise<ClusterWriter>>();
  const tracks = new Map<string, AgentTracks>();
  return {
    project: outside.project,
    now: outside.now,
    admissions: new Map(),
    repositories: openGit(outside),
    tracksOf: (fabric) => {
      const known = tracks.get(fabric) ?? new Map();
      tracks.set(fabric, known);
      return known;
    },
    cluster: ({ context, server, inCluster: pod }) => {
      const address: ClusterAddress = defined({ context, server, inCluster: pod });
      const key = JSON.stringify(address);
      const known = opened.get(key) ?? open(address, outside);
      opened.set(key, known);
      // The next caller tries again: a kubeconfig or a login may be there by then.
      known.catch(() => opened.delete(key));
      return known;
    },
    login: (address) => loginOf(address, outside),
  };
}
