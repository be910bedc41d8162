/**
 * The login of a pod: the service account that the kubelet mounts. Source:
 * https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText, fileProblem, InputError } from '#plugin';
import type { Cluster } from './kubeconfig.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Time for which the token of a file is used before it is read again, in ms. */
const TOKEN_FILE_MS = 60_000;

/** The header of a bearer token. `from` is the subject of a message. Throws InputError for a text that is not a token. */
export function bearer(text: string, from: string): Readonly<Record<string, string>> {
  const token = text.trim();
  if (token === '') throw new InputError(`${from} is empty`);
  // A header cannot have line breaks, and a token is one word.
  if (!/^[\x21-\x7e]+$/u.test(token)) throw new InputError(`${from} is not one word of printable characters`);
  return { authorization: `Bearer ${token}` };
}

/** Reads a file that has to exist. Throws InputError. */
async function content(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new InputError(`the file ${file} cannot be read: ${fileProblem(error) ?? errorText(error)}`);
  }
}

/**
 * The header of the token in a file, which is read again each minute and after a refusal (`renew`). While a new token
 * cannot be read, the last one is used.
 */
export function fileBearer(
  file: string,
  now: () => number,
  read: (file: string) => Promise<string> = content,
): (renew?: true) => Promise<Readonly<Record<string, string>>> {
  let last: { readonly headers: Readonly<Record<string, string>>; readonly until: number } | undefined;
  return async (renew) => {
    if (last !== undefined && renew === undefined && now() < last.until) return last.headers;
    try {
      const headers = bearer(await read(file), `the token file ${file}`);
      last = { headers, until: now() + TOKEN_FILE_MS };
    } catch (error) {
      if (last === undefined) throw error;
    }
    return last.headers;
  };
}

/** True if the environment is that of a pod. */
export function isPod(env: Environment): boolean {
  return (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '' && (env['KUBERNETES_SERVICE_PORT'] ?? '') !== '';
}

/** The cluster of the pod that this process runs in. Throws InputError. */
export async function inCluster(env: Environment, now: () => number, folder = SERVICE_ACCOUNT): Promise<Cluster> {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = env;
  const login = fileBearer(join(folder, 'token'), now);
  const [ca] = await Promise.all([content(join(folder, 'ca.crt')), login()]);
  const server = URL.parse(`https://${host.includes(':') ? `[${host}]` : host}:${port}`);
  if (server === null)
    throw new InputError('KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not a host and a port');
  return { server: server.href, ca, credentials: async (_signal, renew) => ({ headers: await login(renew) }) };
}
