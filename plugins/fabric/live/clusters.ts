/** Clusters: opens the API server that a Fabric names, with the login of the environment. */

import { InputError, type Outside, sendingMistake } from '#plugin';
import { openHttp, usualDenial } from '#plugin/net';
import type { FabricConfig } from '../generated.ts';
import { managerOf } from '../manager.ts';
import type { ClusterAddress, ClusterWriter, FabricWriter } from '../world.ts';
import { type ClientOptions, KubernetesClient } from './client.ts';
import { openGit } from './git.ts';
import { bearer } from './in-cluster.ts';
import { type Cluster, clusterOf, type Login } from './kubeconfig.ts';

type Connection = Pick<ClientOptions, 'send' | 'credentials'>;

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
  };
}

async function byContext(context: string, outside: Outside): Promise<ClusterWriter> {
  const { env, folder, now, project } = outside;
  const cluster = await clusterOf({ env, context, projectFolder: folder, now });
  return new KubernetesClient({
    server: new URL(cluster.server),
    ...connectionOf(cluster, outside),
    manager: managerOf(project),
  });
}

function byServer({ url, ca }: NonNullable<ClusterAddress['server']>, outside: Outside): ClusterWriter {
  const { token = outside.env['FABRIC_TOKEN'] } = outside.config as unknown as FabricConfig;
  if (token === undefined)
    throw new InputError(
      'the token of the cluster is missing. Set the environment variable FABRIC_TOKEN, or plugins.fabric.token in fettle.yaml',
    );
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
  return {
    project: outside.project,
    admissions: new Map(),
    repositories: openGit(outside),
    cluster: ({ context, server }) => {
      const key = JSON.stringify([context, server]);
      const known =
        opened.get(key) ??
        (context === undefined
          ? server === undefined
            ? Promise.reject(new InputError('the Fabric names neither a context nor a server'))
            : Promise.resolve().then(() => byServer(server, outside))
          : byContext(context, outside));
      opened.set(key, known);
      // The next caller tries again: a kubeconfig or a login may be there by then.
      known.catch(() => opened.delete(key));
      return known;
    },
  };
}
