/** Clusters: opens the API server that a Fabric names, with the login of the environment. */

import { readFile } from 'node:fs/promises';
import { fileProblem, InputError, isRecord, type Outside, sendingMistake } from '#plugin';
import { openHttp, type SecureHttp, usualDenial } from '#plugin/net';
import type { FabricConfig } from '../generated.ts';
import { managerOf } from '../manager.ts';
import type { ClusterAddress, ClusterWriter, FabricWriter } from '../world.ts';
import { type Credentials, KubernetesClient } from './client.ts';
import { execToken } from './exec-login.ts';
import { contentIn, type ContextSource, contextOf, type Entry, isInside, pathIn, textIn } from './kubeconfig.ts';

/** Time for which the token of a file is used before it is read again, in ms. */
const TOKEN_FILE_MS = 60_000;
/** A token is renewed this long before its end, in ms. */
const RENEW_MS = 30_000;

function bearer(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token.trim()}` };
}

/** Headers on whose behalf a login acts. Source: https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/ */
function impersonation(user: Entry): Readonly<Record<string, string>> {
  const groups = user.value['as-groups'];
  if (Array.isArray(groups) && groups.length > 1)
    throw new InputError('the kubeconfig impersonates several groups, which is not supported: name one');
  const [group] = Array.isArray(groups) ? groups.map(String) : [];
  const name = textIn(user, 'as');
  return {
    ...(name === undefined ? {} : { 'impersonate-user': name }),
    ...(group === undefined ? {} : { 'impersonate-group': group }),
  };
}

/** Keeps a value until its end, and makes it anew for a renewal. */
function kept<T extends { readonly until: number }>(now: () => number, make: (signal: AbortSignal) => Promise<T>) {
  let last: Promise<T> | undefined;
  return async (signal: AbortSignal, renew?: true): Promise<T> => {
    const known = renew === true ? undefined : await last?.catch(() => undefined);
    if (known !== undefined && now() < known.until) return known;
    last = make(signal);
    return last;
  };
}

async function loginOf(user: Entry, server: string, outside: Outside): Promise<Credentials> {
  const { env, now, folder } = outside;
  const token = textIn(user, 'token');
  if (token !== undefined) return async () => bearer(token);
  const file = pathIn(user, 'tokenFile');
  if (file !== undefined) {
    const read = kept(now, async () => {
      try {
        return { token: await readFile(file, 'utf8'), until: now() + TOKEN_FILE_MS };
      } catch (error) {
        throw new InputError(`the token file ${file} cannot be read: ${fileProblem(error) ?? 'it is not readable'}`);
      }
    });
    return async (signal, renew) => bearer((await read(signal, renew)).token);
  }
  const { exec, 'auth-provider': provider } = user.value;
  if (isRecord(provider))
    throw new InputError(
      `the kubeconfig uses the auth-provider ${String(provider['name'])}, which Kubernetes removed. Use an exec plugin`,
    );
  if (!isRecord(exec)) return async () => ({});
  if (await isInside(user.file, folder))
    throw new InputError(
      `the kubeconfig ${user.file} is inside the project and names a program to run. Move it out of the project`,
    );
  const run = kept(now, async (signal) => {
    const { token: made, until = Number.POSITIVE_INFINITY } = await execToken({ exec, server, env, signal });
    return { token: made, until: until - RENEW_MS };
  });
  return async (signal, renew) => bearer((await run(signal, renew)).token);
}

async function secureOf({ cluster, user }: ContextSource): Promise<SecureHttp> {
  if (cluster.value['insecure-skip-tls-verify'] === true)
    throw new InputError(
      'the kubeconfig switches the verification of the server off (insecure-skip-tls-verify), which is not supported. Name its certificate-authority',
    );
  if (textIn(cluster, 'proxy-url') !== undefined)
    throw new InputError('the kubeconfig names a proxy (proxy-url), which is not supported');
  const [ca, cert, key] = await Promise.all([
    contentIn(cluster, 'certificate-authority'),
    user === undefined ? undefined : contentIn(user, 'client-certificate'),
    user === undefined ? undefined : contentIn(user, 'client-key'),
  ]);
  const servername = textIn(cluster, 'tls-server-name');
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { servername }),
  };
}

function serverUrl(text: string | undefined, where: string): URL {
  const url = text === undefined ? undefined : URL.parse(text);
  if (url === null || url === undefined || url.protocol !== 'https:')
    throw new InputError(`${where} does not have an address that begins with https://`);
  return url;
}

async function byContext(name: string, outside: Outside): Promise<ClusterWriter> {
  const source = await contextOf(name, outside.env);
  const server = serverUrl(textIn(source.cluster, 'server'), `the cluster of the context ${name}`);
  const { user } = source;
  const login: Credentials = user === undefined ? async () => ({}) : await loginOf(user, server.href, outside);
  const others = user === undefined ? {} : impersonation(user);
  return new KubernetesClient({
    server,
    send: openHttp(usualDenial(outside.env), await secureOf(source)),
    credentials: async (signal, renew) => ({ ...(await login(signal, renew)), ...others }),
    manager: managerOf(outside.project),
  });
}

function byServer({ url, ca }: NonNullable<ClusterAddress['server']>, outside: Outside): ClusterWriter {
  const { token = outside.env['FABRIC_TOKEN'] } = outside.config as unknown as FabricConfig;
  if (token === undefined)
    throw new InputError(
      'the token of the cluster is missing. Set the environment variable FABRIC_TOKEN, or plugins.fabric.token in fettle.yaml',
    );
  const server = serverUrl(url, 'spec.server.url');
  const mistake = sendingMistake(
    { secret: token, variable: 'FABRIC_TOKEN', to: server },
    'FETTLE_PROVIDER_ORIGINS',
    outside.env,
  );
  if (mistake !== undefined) throw new InputError(`the token of the cluster ${mistake}`);
  return new KubernetesClient({
    server,
    send: openHttp(usualDenial(outside.env), ca === undefined ? {} : { ca }),
    credentials: async () => bearer(token),
    manager: managerOf(outside.project),
  });
}

/** Opens clusters on first use; one address is opened once. */
export function openClusters(outside: Outside): FabricWriter {
  const opened = new Map<string, Promise<ClusterWriter>>();
  return {
    project: outside.project,
    admissions: new Map(),
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
      return known;
    },
  };
}
