/**
 * Kubeconfigs: the cluster and the login of a context, from the files that the environment names.
 *
 * Source of the format: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ . Several files are merged as
 * kubectl does: the first file that has a name wins, and files that do not exist are passed over. A document names a
 * context only, never a file. A login that this module does not know is refused: without it, requests would be anonymous.
 */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { codeOf, errorText, fileProblem, InputError, isRecord } from '#plugin';
import { realpath, stat } from '#plugin/direct-files';
import { distrustOf, type Owners, TRUST_OWNER, trustedOwners } from '#plugin/owner';
import { parse } from 'yaml';
import { type ExecCredential, execLogin } from './exec-login.ts';
import { bearer, fileBearer, inCluster, isPod } from './in-cluster.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Members = Readonly<Record<string, unknown>>;
/** A list is sent as one header for each value: a comma does not separate groups. */
type Headers = Readonly<Record<string, string | readonly string[]>>;

/** One named entry with the folder of its file, from which its relative paths start. */
interface Entry {
  readonly value: Members;
  readonly folder: string;
  readonly file: string;
  /** Users whose files the entry may name. */
  readonly owners: Owners;
}

interface Merged {
  readonly clusters: ReadonlyMap<string, Entry>;
  readonly users: ReadonlyMap<string, Entry>;
  readonly contexts: ReadonlyMap<string, Entry>;
  readonly current: string | undefined;
}

/** A cluster and its user, as the files have them. */
interface ContextSource {
  readonly cluster: Entry;
  readonly user: Entry | undefined;
  readonly name: string;
}

/** A login as it is now: a client certificate with its key (PEM), and headers. */
export interface Login {
  readonly cert?: string;
  readonly key?: string;
  readonly headers: Headers;
}

/** The address of a cluster, and the login for it. */
export interface Cluster {
  /** `https://host:port`, with a path if the server has one. */
  readonly server: string;
  /** Certificates of its authority, as PEM; those of the system by default. */
  readonly ca?: string;
  /** The name that the server's certificate must have, instead of the host. */
  readonly serverName?: string;
  /** `renew`: the server refused the last login (401). Files are read again when they change. */
  readonly credentials: (signal: AbortSignal, renew?: true) => Promise<Login>;
}

export interface ClusterOptions {
  readonly env: Environment;
  /** The context; by default the current one, or without a kubeconfig the cluster of the pod. */
  readonly context?: string;
  readonly projectFolder: string;
  readonly now: () => number;
}

const MOST_BYTES = 16 * 1024 * 1024;

/** The reason why other users can change the file at a real path, as a predicate; undefined if they cannot. */
async function changeableBy(path: string, owners: Owners): Promise<string | undefined> {
  const distrust = await distrustOf(path, owners);
  if (distrust === undefined) return undefined;
  return `${distrust.path === path ? '' : `is in the folder ${distrust.path}, which `}${distrust.reason}`;
}

/** Reads a file that only trusted users can change. `name` is the subject of messages. Throws InputError. */
async function readTrusted(path: string, name: string, owners: Owners): Promise<string> {
  try {
    const real = await realpath(path);
    const distrust = await changeableBy(real, owners);
    if (distrust !== undefined)
      throw new InputError(`${name} ${distrust}. Change that, or add the user id to ${TRUST_OWNER}`);
    const found = await stat(real);
    if (!found.isFile()) throw new InputError(`${name} is not a regular file`);
    if (found.size > MOST_BYTES) throw new InputError(`${name} is larger than ${MOST_BYTES} bytes`);
    return await readFile(real, 'utf8');
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${name} cannot be read: ${fileProblem(error) ?? errorText(error)}`);
  }
}

/** The files of KUBECONFIG, in order. */
function namedFiles(env: Environment): readonly string[] {
  return (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
}

/** The kubeconfig files, in order. */
export function kubeconfigFiles(env: Environment): readonly string[] {
  const named = namedFiles(env);
  return named.length > 0 ? named : [join(env['HOME'] ?? homedir(), '.kube', 'config')];
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    // An error other than a missing file is reported by the reading.
    (error: unknown) => codeOf(error) !== 'ENOENT',
  );
}

interface KubeconfigFile {
  readonly file: string;
  readonly owners: Owners;
  readonly value: Members;
}

async function readKubeconfig(file: string, owners: Owners): Promise<KubeconfigFile> {
  const text = await readTrusted(file, `the kubeconfig ${file}`, owners);
  let value: unknown;
  try {
    // Warnings would quote the text.
    value = parse(text, { logLevel: 'error' });
  } catch {
    // The text of a kubeconfig may contain a login: a syntax error must not quote it.
    throw new InputError(`the kubeconfig ${file} is not valid YAML`);
  }
  if (value === null || value === undefined) return { file, owners, value: {} };
  if (!isRecord(value)) throw new InputError(`the kubeconfig ${file} is not a map`);
  return { file, owners, value };
}

/** The named entries of a list in one file, such as `clusters`. Throws InputError if a name occurs twice. */
function entriesOf({ file, owners, value }: KubeconfigFile, key: string, inner: string): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  const list = value[key];
  for (const each of (Array.isArray(list) ? list : []) as readonly unknown[]) {
    if (!isRecord(each) || typeof each['name'] !== 'string') continue;
    const { name, [inner]: own } = each;
    if (entries.has(name)) throw new InputError(`the kubeconfig ${file} has the ${inner} ${name} twice`);
    entries.set(name, { value: isRecord(own) ? own : {}, folder: dirname(file), file, owners });
  }
  return entries;
}

function merged(files: readonly KubeconfigFile[]): Merged {
  const all = (key: string, inner: string): ReadonlyMap<string, Entry> =>
    // A later entry of a Map replaces an earlier one: the first file comes last.
    new Map(files.toReversed().flatMap((file) => [...entriesOf(file, key, inner)]));
  const current = files.map(({ value }) => value['current-context']);
  return {
    clusters: all('clusters', 'cluster'),
    users: all('users', 'user'),
    contexts: all('contexts', 'context'),
    current: current.find((name): name is string => typeof name === 'string' && name !== ''),
  };
}

/**
 * The cluster and the user of a context, by default of the current one. Throws InputError, which names the files and
 * never their content.
 */
async function contextOf(context: string | undefined, env: Environment): Promise<ContextSource> {
  const named = kubeconfigFiles(env).map((file) => resolve(file));
  const exist = await Promise.all(named.map(isThere));
  const files = named.filter((_file, i) => exist[i]);
  const where = `the kubeconfig ${(files.length > 0 ? files : named).join(', ')}`;
  if (files.length === 0) throw new InputError(`${where} cannot be read: the file does not exist`);
  const owners = trustedOwners(process.getuid?.(), env);
  const { clusters, users, contexts, current } = merged(
    await Promise.all(files.map((file) => readKubeconfig(file, owners))),
  );
  const known = contexts.size === 0 ? '' : `; its contexts are ${[...contexts.keys()].sort().join(', ')}`;
  const name = context ?? current;
  if (name === undefined) throw new InputError(`${where} does not have a current context${known}`);
  const entry = contexts.get(name);
  if (entry === undefined) throw new InputError(`${where} does not have the context ${name}${known}`);
  const [clusterName, userName] = [textIn(entry, 'cluster'), textIn(entry, 'user')];
  const cluster = clusterName === undefined ? undefined : clusters.get(clusterName);
  if (cluster === undefined) throw new InputError(`${where} does not have the cluster of the context ${name}`);
  const user = userName === undefined ? undefined : users.get(userName);
  if (userName !== undefined && user === undefined)
    throw new InputError(`${where} does not have the user of the context ${name}`);
  return { name, cluster, user };
}

/** A member as text; undefined if it is missing or empty. Throws InputError for a number, a list, or a map. */
function textIn({ value, file }: Entry, key: string): string | undefined {
  const member = value[key] ?? '';
  if (typeof member !== 'string')
    throw new InputError(`the kubeconfig ${file} has a ${key} that is not text. Quote it`);
  return member === '' ? undefined : member;
}

/** The path that a member names, from the folder of its file. */
function pathIn(entry: Entry, key: string): string | undefined {
  const path = textIn(entry, key);
  return path === undefined ? undefined : resolve(entry.folder, path);
}

/** Content given as base64 in `KEY-data`, or in the file that `KEY` names. Throws InputError. */
async function contentIn(entry: Entry, key: string): Promise<string | undefined> {
  const data = textIn(entry, `${key}-data`);
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  const path = pathIn(entry, key);
  return path === undefined
    ? undefined
    : readTrusted(path, `the file ${path}, which the kubeconfig names,`, entry.owners);
}

/** True if a file is inside a folder, by its name or by real paths. */
async function isInside(file: string, folder: string): Promise<boolean> {
  const isBelow = (path: string, root: string): boolean => {
    const way = relative(root, path);
    return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  };
  return isBelow(resolve(file), resolve(folder)) || isBelow(await realpath(file), await realpath(folder));
}

/** Texts that may be values of headers. */
const HEADER = /^[\x20-\x7e]+$/u;

/** A member that is a list of texts; empty if it is missing. Throws InputError. */
function textsOf(member: unknown, name: string): readonly string[] {
  const list = member ?? [];
  if (!Array.isArray(list) || !list.every((each) => typeof each === 'string'))
    throw new InputError(`the kubeconfig has a ${name} that is not a list of texts`);
  return list;
}

/** Headers of the user for whom a login acts. Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation */
function impersonation(user: Entry): Headers {
  const name = textIn(user, 'as');
  const uid = textIn(user, 'as-uid');
  const groups = textsOf(user.value['as-groups'], 'as-groups');
  const extra = user.value['as-user-extra'] ?? {};
  if (!isRecord(extra)) throw new InputError('the kubeconfig has an as-user-extra that is not a map');
  const headers: Headers = {
    ...(name === undefined ? {} : { 'impersonate-user': name }),
    ...(uid === undefined ? {} : { 'impersonate-uid': uid }),
    ...(groups.length === 0 ? {} : { 'impersonate-group': groups }),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [
        `impersonate-extra-${encodeURIComponent(key.toLowerCase())}`,
        textsOf(values, `as-user-extra ${key}`),
      ]),
    ),
  };
  const wrong = Object.entries(headers).find(([, values]) => [values].flat().some((value) => !HEADER.test(value)));
  if (wrong !== undefined)
    throw new InputError(`the kubeconfig has a value for ${wrong[0]} that is not printable ASCII`);
  if (name === undefined && Object.keys(headers).length > 0)
    throw new InputError('the kubeconfig names a group, uid or extra to impersonate, but not a user. Add as');
  return headers;
}

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** The first certificate of a text; undefined if the text is not PEM. */
function certificateIn(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined;
  }
}

/** The reason why a client certificate and a key cannot be used together, as a predicate. */
function pairMistake({ cert, key }: Pair): string | undefined {
  const certificate = certificateIn(cert);
  if (certificate === undefined) return 'is not a certificate in PEM';
  try {
    return certificate.checkPrivateKey(createPrivateKey(key)) ? undefined : 'does not belong to its client-key';
  } catch {
    return 'has a client-key that is not an unencrypted key in PEM';
  }
}

/** The files of the client certificate of a user; none if the kubeconfig has no certificate, or contains it. */
function pairFiles(user: Entry): readonly string[] {
  return ['client-certificate', 'client-key'].flatMap((key) =>
    textIn(user, `${key}-data`) === undefined ? (pathIn(user, key) ?? []) : [],
  );
}

/** Changes when one of the files does. */
async function versionOf(files: readonly string[]): Promise<string> {
  const versions = files.map(async (path) => {
    const found = await stat(path).catch(() => undefined);
    return found === undefined ? '' : `${found.mtimeMs} ${found.size} ${found.ino}`;
  });
  return (await Promise.all(versions)).join();
}

async function readPair(user: Entry): Promise<Pair | undefined> {
  const [cert, key] = await Promise.all([contentIn(user, 'client-certificate'), contentIn(user, 'client-key')]);
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined)
    throw new InputError(
      `the kubeconfig ${user.file} has a client-certificate or a client-key, but not both. Add the other one`,
    );
  const mistake = pairMistake({ cert, key });
  if (mistake !== undefined) throw new InputError(`the client-certificate of the kubeconfig ${user.file} ${mistake}`);
  return { cert, key };
}

/**
 * The client certificate of a user, read again when its files change. A renewal writes the two files one after the
 * other: until they belong together, the last pair is used.
 */
function clientPair(user: Entry): () => Promise<Pair | undefined> {
  const files = pairFiles(user);
  let last: { readonly version: string; readonly pair: Pair | undefined } | undefined;
  return async () => {
    // Asked before every request.
    if (last !== undefined && files.length === 0) return last.pair;
    try {
      const version = await versionOf(files);
      if (last?.version !== version) last = { version, pair: await readPair(user) };
    } catch (error) {
      if (last === undefined) throw error;
    }
    return last.pair;
  };
}

/** The cluster, as an exec plugin may know it. Source: https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
function clusterInfo({ value }: Entry, ca: string | undefined): Members {
  const extensions: readonly unknown[] = Array.isArray(value['extensions']) ? value['extensions'] : [];
  const own = extensions.filter(isRecord).find(({ name }) => name === 'client.authentication.k8s.io/exec')?.[
    'extension'
  ];
  const name = value['tls-server-name'];
  return {
    ...(name === undefined ? {} : { 'tls-server-name': name }),
    ...(ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
    ...(own === undefined ? {} : { config: own }),
  };
}

/** A source of logins without a client certificate of the kubeconfig. */
type LoginSource = Cluster['credentials'];

interface UserOptions extends Pick<ClusterOptions, 'env' | 'projectFolder' | 'now'> {
  readonly server: string;
  readonly info: Members;
}

async function execSource(user: Entry, exec: Members, options: UserOptions): Promise<LoginSource> {
  const { server, info, env, projectFolder, now } = options;
  if (await isInside(user.file, projectFolder))
    throw new InputError(
      `the kubeconfig ${user.file} is inside the project and names a program to run. Move it out of the project`,
    );
  const login = execLogin({ exec, server, cluster: info, env, folder: user.folder }, now);
  return async (signal, renew) => loginOf(await login(signal, renew));
}

function loginOf({ token, cert, key }: ExecCredential): Login {
  return {
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    headers: token === undefined ? {} : bearer(token, 'the token of the exec plugin'),
  };
}

/** The login of a user other than a client certificate. Its order is kubectl's: a token file, a token, a program. */
async function tokenSource(user: Entry, options: UserOptions): Promise<LoginSource> {
  const { exec, 'auth-provider': provider } = user.value;
  if (isRecord(provider))
    throw new InputError(
      `the kubeconfig uses the auth-provider ${String(provider['name'])}, which is not supported. Use an exec plugin`,
    );
  if (textIn(user, 'username') !== undefined || textIn(user, 'password') !== undefined)
    throw new InputError('the kubeconfig has a username and a password, which are not supported. Use a token');
  const file = pathIn(user, 'tokenFile');
  if (file !== undefined) {
    const read = fileBearer(file, options.now, (path) => readTrusted(path, `the token file ${path}`, user.owners));
    return async (_signal, renew) => ({ headers: await read(renew) });
  }
  const token = textIn(user, 'token');
  if (token !== undefined) {
    const headers = bearer(token, `the token of the kubeconfig ${user.file}`);
    return async () => ({ headers });
  }
  return isRecord(exec) ? execSource(user, exec, options) : async () => ({ headers: {} });
}

async function credentialsOf(user: Entry, options: UserOptions): Promise<Cluster['credentials']> {
  const acting = impersonation(user);
  const source = await tokenSource(user, options);
  const pair = clientPair(user);
  await pair();
  return async (signal, renew) => {
    const login = await source(signal, renew);
    return { ...(await pair()), ...login, headers: { ...login.headers, ...acting } };
  };
}

/** The address of a cluster. Throws InputError, which does not quote it: an address may contain a password. */
function serverOf(cluster: Entry, context: string): string {
  const text = textIn(cluster, 'server');
  const url = text === undefined ? null : URL.parse(text);
  const subject = `the cluster of the context ${context}`;
  if (url === null || url.protocol !== 'https:')
    throw new InputError(`${subject} does not have an address that begins with https://`);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new InputError(`${subject} has an address with more than a host, a port and a path`);
  return url.href;
}

/** Certificates of the cluster's authority. Throws InputError if the text is not PEM: Node.js would pass over it. */
async function authorityOf(cluster: Entry): Promise<string | undefined> {
  const ca = await contentIn(cluster, 'certificate-authority');
  if (ca === undefined) return undefined;
  if (certificateIn(ca) === undefined)
    throw new InputError(`the certificate-authority of the kubeconfig ${cluster.file} is not a certificate in PEM`);
  return ca;
}

/** Throws InputError for settings of a cluster that are not supported. */
function checkCluster(cluster: Entry): void {
  if ((cluster.value['insecure-skip-tls-verify'] ?? false) !== false)
    throw new InputError(
      'the kubeconfig switches the verification of the server off (insecure-skip-tls-verify), which is not supported. Name its certificate-authority',
    );
  if (textIn(cluster, 'proxy-url') !== undefined)
    throw new InputError('the kubeconfig names a proxy (proxy-url), which is not supported');
}

/** The cluster of a context, or of the pod, and the login for it. Throws InputError without secrets. */
export async function clusterOf({ env, context, projectFolder, now }: ClusterOptions): Promise<Cluster> {
  // A file that KUBECONFIG names and that does not exist is a mistake, and never means the cluster of the pod.
  const isUnnamed = context === undefined && namedFiles(env).length === 0;
  const [file = ''] = kubeconfigFiles(env);
  if (isUnnamed && isPod(env) && !(await isThere(file))) return inCluster(env, now);
  const { name, cluster, user } = await contextOf(context, env);
  checkCluster(cluster);
  const server = serverOf(cluster, name);
  const ca = await authorityOf(cluster);
  const serverName = textIn(cluster, 'tls-server-name');
  const info = clusterInfo(cluster, ca);
  return {
    server,
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === undefined ? {} : { serverName }),
    credentials:
      user === undefined
        ? async () => ({ headers: {} })
        : await credentialsOf(user, { env, projectFolder, now, server, info }),
  };
}
