/**
 * Exec plugins: a program of the kubeconfig that prints a token. Source of the protocol:
 * https://kubernetes.io/docs/reference/config-api/client-authentication.v1/
 */

import { execFile } from 'node:child_process';
import { InputError, instantOf, isRecord, OutsideError } from '#plugin';
import { textOr } from '../objects/content.ts';

/** A token with its end: epoch ms, absent if the program names none. */
export interface ExecToken {
  readonly token: string;
  readonly until?: number;
}

export interface ExecOrder {
  readonly exec: Readonly<Record<string, unknown>>;
  readonly server: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

const DEADLINE_MS = 30_000;
const MOST_BYTES = 1024 * 1024;
const VERSIONS = new Set(['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']);

interface Program {
  readonly version: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly hint: string;
}

function programOf(exec: Readonly<Record<string, unknown>>): Program {
  const { apiVersion, command, args, env, installHint } = exec;
  if (typeof command !== 'string' || command === '')
    throw new InputError('the exec plugin of the kubeconfig does not name a command');
  if (typeof apiVersion !== 'string' || !VERSIONS.has(apiVersion))
    throw new InputError(
      `the exec plugin ${command} has an apiVersion that is not supported: use ${[...VERSIONS].join(' or ')}`,
    );
  const variables = (Array.isArray(env) ? env : []).flatMap((each: unknown) =>
    isRecord(each) && typeof each['name'] === 'string' ? [[each['name'], textOr(each['value'], '')] as const] : [],
  );
  return {
    version: apiVersion,
    command,
    args: (Array.isArray(args) ? args : []).map(String),
    env: Object.fromEntries(variables),
    hint: typeof installHint === 'string' ? (installHint.trim().split('\n')[0] ?? '') : '',
  };
}

function output(
  { command, args, env, hint, version }: Program,
  { server, env: around, signal }: ExecOrder,
): Promise<string> {
  const info = { apiVersion: version, kind: 'ExecCredential', spec: { interactive: false, cluster: { server } } };
  return new Promise((done, fail) => {
    execFile(
      command,
      args,
      {
        env: { ...around, ...env, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
        timeout: DEADLINE_MS,
        maxBuffer: MOST_BYTES,
        signal,
      },
      (error, stdout) => {
        if (error === null) return done(stdout);
        // Its output and its errors may contain the token.
        const { code, killed } = error as { readonly code?: unknown; readonly killed?: boolean };
        const why =
          code === 'ENOENT'
            ? 'is not installed'
            : killed === true
              ? `did not end within ${DEADLINE_MS / 1000} s`
              : `ended with ${String(code)}`;
        fail(new OutsideError(`the exec plugin ${command} of the kubeconfig ${why}${hint === '' ? '' : `. ${hint}`}`));
      },
    );
  });
}

/** Runs the program of an exec plugin. Throws without quoting what the program printed. */
export async function execToken(order: ExecOrder): Promise<ExecToken> {
  const program = programOf(order.exec);
  const printed = await output(program, order);
  let status: unknown;
  try {
    const value: unknown = JSON.parse(printed);
    status = isRecord(value) ? value['status'] : undefined;
  } catch {
    status = undefined;
  }
  const token = isRecord(status) ? status['token'] : undefined;
  if (typeof token !== 'string' || token === '')
    throw new OutsideError(
      `the exec plugin ${program.command} of the kubeconfig did not print a token; logins by client certificate are not supported for it`,
    );
  const until = isRecord(status) ? instantOf(textOr(status['expirationTimestamp'], '')) : Number.NaN;
  return Number.isFinite(until) ? { token, until } : { token };
}
