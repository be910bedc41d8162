/** The workload source: containers per node, from an HTTP service or a file, and the hooks of the service. */

import { resolve } from 'node:path';
import { FileError, readInside } from '#plugin/files';
import { instantText, type Json, missingReason, redactor, sendingMistake, instantOf } from '#plugin';
import type { SendHttp } from '#plugin/net';
import type { NodesConfig, Workloads } from '../generated.ts';
import { validators } from '../generated.validators.js';
import type { WorkloadsSeen } from '../world.ts';
import { PROVIDER_ORIGINS } from './endpoint.ts';
import { exchange, ExchangeError, type Request } from '#plugin/http';
import { workloadsDoubt } from './sound-workloads.ts';

/** Maximum size of an answer; ten thousand nodes with a hundred containers each fit well. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Maximum size of a hook's answer, which is not interpreted. */
const MOST_HOOK_BYTES = 1024 * 1024;

/** The source cannot be read, its answer is not plausible, or a hook failed. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly endpoint: string;

  constructor(endpoint: string, message: string) {
    super(message.slice(0, 1000));
    this.endpoint = endpoint;
  }
}

/** The hooks of a source. */
export type Hook = 'drain' | 'migrate';

export interface Source {
  readonly hooks: Readonly<Record<Hook, boolean>>;
  /** Undefined if no source is configured. Throws a SourceError. */
  readonly read: (signal: AbortSignal) => Promise<WorkloadsSeen | undefined>;
  /** Calls a hook and waits for its answer; false if the source has no such hook. Throws a SourceError. */
  readonly tell: (hook: Hook, body: Json, signal: AbortSignal) => Promise<boolean>;
}

export interface SourceOptions {
  readonly send: SendHttp;
  readonly config: NodesConfig['workloads'];
  readonly folder: string;
  readonly fileRoots: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Epoch ms. */
  readonly now: () => number;
  /** Maximum age of an answer, in ms. */
  readonly oldestMs: number;
}

/** An address for messages, without user, password and query. */
function plainUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

function parsed(text: string, where: string, now: number): Workloads {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SourceError(where, 'the answer of the workload source is not JSON');
  }
  const valid = validators['input:Workloads'];
  if (!valid(value)) {
    const [first] = valid.errors ?? [];
    const what = `${first?.instancePath ?? ''} ${first?.message ?? 'is wrong'}`.trim();
    throw new SourceError(where, `the answer of the workload source is invalid: ${what}`);
  }
  const workloads = value as Workloads;
  const doubt = workloadsDoubt(workloads, now);
  if (doubt !== undefined) throw new SourceError(where, `the workload source ${doubt}`);
  return workloads;
}

type HttpConfig = NonNullable<NonNullable<NodesConfig['workloads']>['http']>;

interface Ask {
  readonly what: string;
  readonly url: string;
  readonly body?: Json;
  readonly seconds: number;
  readonly bytes: number;
}

/** Makes one request to the service and returns the body of a 2xx answer. */
async function ask(
  config: HttpConfig,
  { send, env }: Pick<SourceOptions, 'send' | 'env'>,
  wanted: Ask,
  signal: AbortSignal,
): Promise<string> {
  if (!URL.canParse(wanted.url)) throw new SourceError('workloads', `${wanted.what}: its address is not a URL`);
  const url = new URL(wanted.url);
  const where = plainUrl(url);
  const fail = (message: string): SourceError => {
    return new SourceError(
      where,
      redactor(config.token === undefined ? [] : [config.token])(`${wanted.what}: ${message}`),
    );
  };
  const token = tokenFor(url, config, env, fail);
  if (url.username !== '' || url.password !== '')
    throw fail('its address contains a user or a password; use `token` instead');
  const request: Request = {
    method: wanted.body === undefined ? 'GET' : 'POST',
    url,
    headers: {
      accept: 'application/json',
      'user-agent': 'fettle',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(wanted.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(wanted.body === undefined ? {} : { body: JSON.stringify(wanted.body) }),
  };
  try {
    const { status, body } = await exchange(send, request, { ms: wanted.seconds * 1000, bytes: wanted.bytes }, signal);
    if (status >= 300 && status < 400) throw fail('the service answers with a redirect, which is not followed');
    if (status < 200 || status > 299) throw fail(`the service answered ${status}`);
    return body;
  } catch (error) {
    if (error instanceof ExchangeError) throw fail(error.message);
    throw error;
  }
}

function tokenFor(
  url: URL,
  config: HttpConfig,
  env: SourceOptions['env'],
  fail: (message: string) => SourceError,
): string | undefined {
  const token = config.token?.trim();
  if (token === undefined) return undefined;
  const reason = missingReason(token);
  if (reason !== undefined) throw fail(`its token is missing: ${reason}`);
  if (!/^[\x21-\x7e]+$/u.test(token)) throw fail('its token is not one word of ASCII characters');
  const mistake = sendingMistake({ secret: token, variable: 'WORKLOADS_TOKEN', to: url }, PROVIDER_ORIGINS, env);
  if (mistake !== undefined) throw fail(`its token ${mistake}`);
  return token;
}

async function readFile(path: string, name: string, roots: readonly string[]): Promise<string> {
  try {
    return (await readInside(path, `the workload file ${name}`, { roots, limit: MOST_BYTES })).toString();
  } catch (error) {
    if (error instanceof FileError) throw new SourceError(path, error.message);
    throw error;
  }
}

/** The answer, if its own time is recent enough. */
function fresh(workloads: Workloads, where: string, now: number, oldestMs: number): Workloads {
  const age = workloads.at === undefined ? 0 : now - instantOf(workloads.at);
  if (age <= oldestMs) return workloads;
  const seconds = `${Math.floor(age / 1000)} s old; the maximum is ${oldestMs / 1000} s`;
  throw new SourceError(where, `the answer of the workload source is ${seconds}`);
}

export function openSource(options: SourceOptions): Source {
  const { config, folder, now, oldestMs } = options;
  const http = config?.http;
  const file = config?.file;
  const urls: Readonly<Record<Hook, string | undefined>> = { drain: http?.drainUrl, migrate: http?.migrateUrl };

  async function text(signal: AbortSignal): Promise<{ readonly text: string; readonly where: string } | undefined> {
    if (http !== undefined && file !== undefined)
      throw new SourceError(file, 'both workload sources, http and file, are set; keep one of them');
    if (http !== undefined) {
      const { url, timeoutSeconds: seconds } = http;
      const wanted = { what: 'read the workload source', url, seconds, bytes: MOST_BYTES };
      return { text: await ask(http, options, wanted, signal), where: plainUrl(new URL(url)) };
    }
    if (file !== undefined) {
      const path = resolve(folder, file);
      return { text: await readFile(path, file, options.fileRoots), where: path };
    }
    return undefined;
  }

  return {
    hooks: { drain: urls.drain !== undefined, migrate: urls.migrate !== undefined },
    read: async (signal) => {
      // The time of the request, not of the answer: the facts may have changed on the way.
      const at = instantText(now());
      const said = await text(signal);
      if (said === undefined) return undefined;
      return { at, workloads: fresh(parsed(said.text, said.where, now()), said.where, now(), oldestMs) };
    },
    tell: async (hook, body, signal) => {
      const url = urls[hook];
      if (http === undefined || url === undefined) return false;
      const what = `call the ${hook} hook of the workload source`;
      await ask(http, options, { what, url, body, seconds: http.hookSeconds, bytes: MOST_HOOK_BYTES }, signal);
      return true;
    },
  };
}
