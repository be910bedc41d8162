/**
 * Kubeconfigs: the cluster and the login of a context, from the files that the environment names.
 *
 * Source of the format: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ . Several files are merged as
 * kubectl does: the first file that has a name wins. A document names a context only, never a file.
 */

import { readFile, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { errorText, fileProblem, InputError, isRecord } from '#plugin';
import { parse } from 'yaml';

type Environment = Readonly<Record<string, string | undefined>>;
type Members = Readonly<Record<string, unknown>>;

/** One named entry with the folder of its file, from which its relative paths start. */
interface Entry {
  readonly value: Members;
  readonly folder: string;
  readonly file: string;
}

interface Merged {
  readonly clusters: ReadonlyMap<string, Entry>;
  readonly users: ReadonlyMap<string, Entry>;
  readonly contexts: ReadonlyMap<string, Entry>;
  readonly current: string | undefined;
}

/** A cluster and its user, as the files have them. */
export interface ContextSource {
  readonly cluster: Entry;
  readonly user: Entry | undefined;
  readonly name: string;
}

/** The kubeconfig files, in order. */
export function kubeconfigFiles(env: Environment): readonly string[] {
  const named = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  return named.length > 0 ? named : [join(env['HOME'] ?? homedir(), '.kube', 'config')];
}

function entriesOf(value: unknown, key: string, inner: string, file: string): readonly (readonly [string, Entry])[] {
  const list = isRecord(value) ? value[key] : undefined;
  if (!Array.isArray(list)) return [];
  return list.flatMap((each: unknown): readonly (readonly [string, Entry])[] => {
    if (!isRecord(each) || typeof each['name'] !== 'string') return [];
    const own = each[inner];
    return [[each['name'], { value: isRecord(own) ? own : {}, folder: dirname(file), file }]];
  });
}

function firstWins(entries: readonly (readonly [string, Entry])[]): ReadonlyMap<string, Entry> {
  const merged = new Map<string, Entry>();
  for (const [name, entry] of entries) if (!merged.has(name)) merged.set(name, entry);
  return merged;
}

async function read(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, 'utf8')) as unknown;
  } catch (error) {
    // The text of a kubeconfig may contain a login: a syntax error must not quote it.
    const why = fileProblem(error) ?? 'the file is not valid YAML';
    throw new InputError(`the kubeconfig ${file} cannot be read: ${why}`);
  }
}

async function merged(files: readonly string[]): Promise<Merged> {
  const values = await Promise.all(files.map(async (file) => ({ file, value: await read(file) })));
  const all = (key: string, inner: string) =>
    firstWins(values.flatMap(({ file, value }) => entriesOf(value, key, inner, file)));
  const current = values
    .map(({ value }) => (isRecord(value) ? value['current-context'] : undefined))
    .find((name) => typeof name === 'string' && name !== '');
  return {
    clusters: all('clusters', 'cluster'),
    users: all('users', 'user'),
    contexts: all('contexts', 'context'),
    current: typeof current === 'string' ? current : undefined,
  };
}

/** The cluster and the user of a context. Throws InputError, which names the files and never their content. */
export async function contextOf(name: string, env: Environment): Promise<ContextSource> {
  const files = kubeconfigFiles(env).map((file) => resolve(file));
  const { clusters, users, contexts } = await merged(files);
  const context = contexts.get(name)?.value;
  const where = files.join(', ');
  if (context === undefined) {
    const known = [...contexts.keys()].sort().join(', ');
    throw new InputError(
      `the kubeconfig ${where} does not have the context ${name}${known === '' ? '' : `; its contexts are ${known}`}`,
    );
  }
  const cluster = clusters.get(String(context['cluster']));
  if (cluster === undefined)
    throw new InputError(`the kubeconfig ${where} does not have the cluster of the context ${name}`);
  return { name, cluster, user: users.get(String(context['user'])) };
}

/** A member as text; undefined if it is missing or empty. */
export function textIn({ value }: Entry, key: string): string | undefined {
  const member = value[key];
  return typeof member === 'string' && member !== '' ? member : undefined;
}

/** The path that a member names, from the folder of its file. */
export function pathIn(entry: Entry, key: string): string | undefined {
  const path = textIn(entry, key);
  return path === undefined ? undefined : resolve(entry.folder, path);
}

/** Content given as base64 in `KEY-data`, or in the file that `KEY` names. Throws InputError. */
export async function contentIn(entry: Entry, key: string): Promise<string | undefined> {
  const data = textIn(entry, `${key}-data`);
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  const path = pathIn(entry, key);
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new InputError(
      `${path}, which the kubeconfig names, cannot be read: ${fileProblem(error) ?? errorText(error)}`,
    );
  }
}

/** True if a file is inside a folder, by real paths. */
export async function isInside(file: string, folder: string): Promise<boolean> {
  const way = relative(await realpath(folder), await realpath(file));
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

export type { Entry };
