/**
 * Exec plugins: programs of a kubeconfig that print a token or a client certificate. Source of the protocol:
 * https://kubernetes.io/docs/reference/config-api/client-authentication.v1/
 *
 * Nothing that a program prints, and no argument, becomes part of a message: both may contain secrets.
 */

import { isAbsolute, resolve, sep } from 'node:path';
import { InputError, instantOf, isRecord, shortLine } from '#plugin';
import { raced } from '#plugin/deadline';
import { runProgram } from '#plugin/program';
import { textOr } from '../objects/content.ts';

type Members = Readonly<Record<string, unknown>>;

/** A program, and what it may know. */
export interface ExecLogin {
  /** The member `exec` of a user. */
  readonly exec: Members;
  readonly server: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder of the kubeconfig: a relative command starts here, and the program runs here. */
  readonly folder: string;
  /** The cluster as the protocol describes it, for a program that asks for it (`provideClusterInfo`). */
  readonly cluster: Members;
  /** 30 s by default. */
  readonly deadlineMs?: number;
}

export interface ExecOrder extends ExecLogin {
  readonly signal: AbortSignal;
}

/** The login that a program printed: a token, a client certificate with its key (PEM), or both. */
export interface ExecCredential {
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Its end: epoch ms, absent if the program names none. */
  readonly until?: number;
}

const DEADLINE_MS = 30_000;
const MOST_BYTES = 1024 * 1024;
/** A login is made anew this long before its end, or after half of a shorter life. */
const RENEW_MS = 30_000;
/** Refusals within this time after a renewal belong to requests that the former login sent. */
const RENEWED_MS = 5000;
const VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

interface Program {
  readonly version: string;
  /** The command as the kubeconfig has it. */
  readonly command: string;
  /** The file, or a name to look up in PATH. */
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly hint: string;
  readonly wantsCluster: boolean;
}

function programOf({ exec, folder }: ExecLogin): Program {
  const { apiVersion, command, args, env, installHint, interactiveMode, provideClusterInfo } = exec;
  if (typeof command !== 'string' || command === '')
    throw new InputError('the exec plugin of the kubeconfig does not name a command');
  if (typeof apiVersion !== 'string' || !VERSIONS.includes(apiVersion))
    throw new InputError(
      `the exec plugin ${command} has an apiVersion that is not supported: use ${VERSIONS.join(' or ')}`,
    );
  if (interactiveMode === 'Always')
    throw new InputError(
      `the exec plugin ${command} asks for input (interactiveMode: Always), which is not supported. Use a login that does not ask`,
    );
  const variables = (Array.isArray(env) ? env : []).flatMap((each: unknown) =>
    isRecord(each) && typeof each['name'] === 'string' ? [[each['name'], textOr(each['value'], '')] as const] : [],
  );
  return {
    version: apiVersion,
    command,
    file: command.includes(sep) && !isAbsolute(command) ? resolve(folder, command) : command,
    args: (Array.isArray(args) ? args : []).map(String),
    env: Object.fromEntries(variables),
    hint: typeof installHint === 'string' ? shortLine(installHint) : '',
    wantsCluster: provideClusterInfo === true,
  };
}

/** The value of KUBERNETES_EXEC_INFO. */
function infoOf({ version, wantsCluster }: Program, { server, cluster }: ExecLogin): string {
  const known = wantsCluster ? { cluster: { ...cluster, server } } : {};
  return JSON.stringify({ apiVersion: version, kind: 'ExecCredential', spec: { interactive: false, ...known } });
}

function failure({ command }: Program, why: string): InputError {
  return new InputError(`the exec plugin ${command} of the kubeconfig ${why}`);
}

/** The failure of a program that cannot be started. */
function startFailure(program: Program, code: string): InputError {
  if (code !== 'ENOENT') return failure(program, `cannot be started: ${code}`);
  return failure(program, `is not installed${program.hint === '' ? '' : `. ${program.hint}`}`);
}

/** The output of a program. Rejects with the signal's reason when it fires; the program is ended then. */
async function output(program: Program, order: ExecOrder): Promise<string> {
  const { signal, env, folder, deadlineMs = DEADLINE_MS } = order;
  const ended = await runProgram({
    file: program.file,
    args: program.args,
    folder,
    env: { ...env, ...program.env, KUBERNETES_EXEC_INFO: infoOf(program, order) },
    deadlineMs,
    mostBytes: MOST_BYTES,
    signal,
  });
  switch (ended.how) {
    case 'code':
      if (ended.code === 0) return ended.stdout;
      throw failure(program, `ended with code ${ended.code}`);
    case 'signal':
      throw failure(program, `ended with ${ended.by}`);
    case 'not-started':
      throw startFailure(program, ended.code);
    case 'late':
      throw failure(program, `did not end within ${deadlineMs / 1000} s`);
    case 'too-much':
      throw failure(program, `printed more than ${MOST_BYTES} bytes`);
  }
}

function parsed(text: string): Members {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

function credentialOf(program: Program, printed: string): ExecCredential {
  const { apiVersion, kind, status } = parsed(printed);
  if (kind !== 'ExecCredential' || !isRecord(status)) throw failure(program, 'did not print an ExecCredential');
  if (apiVersion !== program.version)
    throw failure(program, `printed another apiVersion than ${program.version}. Use the same in the kubeconfig`);
  const token = textOr(status['token'], '');
  const cert = textOr(status['clientCertificateData'], '');
  const key = textOr(status['clientKeyData'], '');
  if ((cert === '') !== (key === '')) throw failure(program, 'printed a client certificate or a key, but not both');
  if (token === '' && cert === '') throw failure(program, 'printed neither a token nor a client certificate');
  const expires = status['expirationTimestamp'] ?? undefined;
  const until = expires === undefined ? undefined : instantOf(textOr(expires, ''));
  if (Number.isNaN(until)) throw failure(program, 'printed an expirationTimestamp that is not a time');
  return {
    ...(token === '' ? {} : { token }),
    ...(cert === '' ? {} : { cert, key }),
    ...(until === undefined ? {} : { until }),
  };
}

/** Runs the program of an exec plugin once. */
export async function execCredential(order: ExecOrder): Promise<ExecCredential> {
  const program = programOf(order);
  return credentialOf(program, await output(program, order));
}

interface Made {
  readonly credential: ExecCredential;
  /** Epoch ms, from which the login is made anew. */
  readonly renewAt: number;
}

/** One run of a program, which several requests wait for. */
interface Run {
  readonly made: Promise<Made>;
  readonly stop: AbortController;
  waiting: number;
}

/**
 * The login of an exec plugin: kept until shortly before its end, and made anew after a refusal (`renew`). Requests at
 * the same time share one run of the program, which ends early when the last of them is aborted.
 */
export function execLogin(
  login: ExecLogin,
  now: () => number,
): (signal: AbortSignal, renew?: true) => Promise<ExecCredential> {
  // A mistake in the kubeconfig is found before the first request.
  programOf(login);
  let last: Made | undefined;
  let renewedAt = Number.NEGATIVE_INFINITY;
  let running: Run | undefined;

  const make = async (signal: AbortSignal): Promise<Made> => {
    const credential = await execCredential({ ...login, signal });
    const { until = Number.POSITIVE_INFINITY } = credential;
    return { credential, renewAt: until - Math.min(RENEW_MS, Math.max(0, until - now()) / 2) };
  };

  const start = (renew: boolean): Run => {
    const stop = new AbortController();
    const run: Run = { made: make(stop.signal), stop, waiting: 0 };
    const ended = (): void => {
      if (running === run) running = undefined;
    };
    run.made.then((made) => {
      last = made;
      if (renew) renewedAt = now();
      ended();
    }, ended);
    return run;
  };

  return async (signal, renew) => {
    signal.throwIfAborted();
    const isRefused = renew === true && now() - renewedAt >= RENEWED_MS;
    if (last !== undefined && !isRefused && now() < last.renewAt) return last.credential;
    running ??= start(renew === true);
    const run = running;
    run.waiting += 1;
    try {
      return (await raced(run.made, signal)).credential;
    } finally {
      run.waiting -= 1;
      if (run.waiting === 0 && running === run) {
        running = undefined;
        run.stop.abort(signal.reason);
      }
    }
  };
}
