/** Admission of writes: functions of this process, and webhooks over HTTPS that configurations name. */

import { request as send } from 'node:https';
import { randomUUID } from 'node:crypto';
import { jsonPatch } from './patch.ts';
import { groupVersion, type Kind, MUTATING, storageOf, VALIDATING } from './kinds.ts';
import { ApiError, denied, internalError } from './status.ts';
import type { Store } from './store.ts';
import {
  encode,
  isTree,
  listAt,
  parseValue,
  textAt,
  textsAt,
  type Tree,
  treeAt,
  type Value,
  valueAt,
} from './value.ts';

export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  /** The object as it would be stored; absent in a deletion. */
  readonly object: Tree | undefined;
  readonly before: Tree | undefined;
  readonly dryRun: boolean;
}

/** The other objects, for admission. */
export interface Cluster {
  readonly get: (kind: string, name: string) => Tree | undefined;
  readonly list: (kind: string) => readonly Tree[];
}

export interface Judgement {
  /** Why the request is refused. */
  readonly refusal?: string;
  readonly warnings?: readonly string[];
}

/** Admission of one kind by functions. `name` is the name of the webhook that they stand for. */
export interface Hook {
  readonly group: string;
  readonly kind: string;
  readonly mutating?: { readonly name: string; readonly change: (object: Tree, cluster: Cluster) => Tree };
  readonly validating?: {
    readonly name: string;
    readonly operations: readonly AdmissionRequest['operation'][];
    readonly judge: (request: AdmissionRequest, cluster: Cluster) => Judgement;
  };
}

export interface Admission {
  readonly mutate: (request: AdmissionRequest, warn: (text: string) => void) => Promise<Tree>;
  readonly validate: (request: AdmissionRequest, warn: (text: string) => void) => Promise<void>;
}

interface Webhook {
  readonly name: string;
  readonly config: Tree;
}

function matches(webhook: Tree, request: AdmissionRequest): boolean {
  const has = (rule: Value, key: string, value: string): boolean =>
    listAt(rule, key).some((one) => one === '*' || one === value);
  return listAt(webhook, 'rules').some(
    (rule) =>
      has(rule, 'operations', request.operation) &&
      has(rule, 'apiGroups', request.group) &&
      has(rule, 'apiVersions', request.version) &&
      has(rule, 'resources', request.resource),
  );
}

function webhooksFor(store: Store, kind: Kind, request: AdmissionRequest): readonly Webhook[] {
  return store
    .list(storageOf(kind))
    .flatMap((config) => listAt(config, 'webhooks').filter(isTree))
    .filter((config) => matches(config, request))
    .map((config) => ({ name: textAt(config, 'name'), config }));
}

function reviewOf(request: AdmissionRequest): Tree {
  const { group, version, kind, resource, namespace, name, operation, dryRun } = request;
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: randomUUID(),
      kind: { group, version, kind },
      resource: { group, version, resource },
      name,
      namespace,
      operation,
      dryRun,
      object: request.object ?? null,
      oldObject: request.before ?? null,
    },
  };
}

/** Posts a review. A webhook that cannot be called fails the request with 500. */
async function call({ name, config }: Webhook, review: Tree): Promise<Tree> {
  const url = textAt(config, 'clientConfig', 'url');
  const seconds = Number(valueAt(config, 'timeoutSeconds') ?? 10);
  const ca = Buffer.from(textAt(config, 'clientConfig', 'caBundle'), 'base64');
  const address = `${url}?timeout=${seconds}s`;
  try {
    const text = await new Promise<string>((resolve, reject) => {
      const options = {
        method: 'POST',
        ca,
        headers: { 'content-type': 'application/json' },
        signal: AbortSignal.timeout(seconds * 1000),
      };
      send(address, options, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => resolve(Buffer.concat(chunks).toString()));
        answer.on('error', reject);
      })
        .on('error', reject)
        .end(encode(review));
    });
    return treeAt(parseValue(text), 'response');
  } catch (error) {
    throw internalError(
      `failed calling webhook "${name}": failed to call webhook: Post "${address}": ${faultText(error, url)}`,
    );
  }
}

function faultText(error: unknown, url: string): string {
  const { code = '', name, message } = error as NodeJS.ErrnoException;
  if (name === 'TimeoutError' || name === 'AbortError') return 'context deadline exceeded';
  if (code === 'ECONNREFUSED') return `dial tcp ${new URL(url).host}: connect: connection refused`;
  return /CERT|VERIFY/u.test(code) ? `tls: failed to verify certificate: x509: ${message}` : message;
}

/** A refusal of a webhook, with the code and reason that it gives. */
function refusalOf(name: string, response: Tree): ApiError {
  const status = treeAt(response, 'status');
  const error = denied(name, textAt(status, 'message') || textAt(status, 'reason') || 'denied');
  const code = Number(status['code'] ?? 0);
  if (code === 0 || code === error.code) return error;
  return new ApiError(code, textAt(status, 'reason'), error.message);
}

function checkResponse(name: string, response: Tree, warn: (text: string) => void): void {
  textsAt(response, 'warnings').forEach(warn);
  if (response['allowed'] !== true) throw refusalOf(name, response);
}

/** Admission by `hooks`, then by the webhooks that the store's configurations name. */
export function admission(store: Store, hooks: readonly Hook[], cluster: Cluster): Admission {
  const hookFor = ({ group, kind }: AdmissionRequest): readonly Hook[] =>
    hooks.filter((hook) => hook.group === group && hook.kind === kind);
  return {
    mutate: async (request, warn) => {
      let object = request.object ?? {};
      for (const { mutating } of hookFor(request)) object = mutating?.change(object, cluster) ?? object;
      for (const webhook of webhooksFor(store, MUTATING, request)) {
        const response = await call(webhook, reviewOf({ ...request, object }));
        checkResponse(webhook.name, response, warn);
        const patch = textAt(response, 'patch');
        if (patch === '') continue;
        const next = jsonPatch(object, parseValue(Buffer.from(patch, 'base64').toString()));
        object = isTree(next) ? next : object;
      }
      return object;
    },
    validate: async (request, warn) => {
      for (const { validating } of hookFor(request)) {
        if (validating?.operations.includes(request.operation) !== true) continue;
        const { refusal, warnings = [] } = validating.judge(request, cluster);
        warnings.forEach(warn);
        if (refusal !== undefined) throw denied(validating.name, refusal);
      }
      for (const webhook of webhooksFor(store, VALIDATING, request))
        checkResponse(webhook.name, await call(webhook, reviewOf(request)), warn);
    },
  };
}

/** The names of a kind in a review. */
export function admissionKind(kind: Kind): Pick<AdmissionRequest, 'group' | 'version' | 'kind' | 'resource'> {
  return {
    group: kind.group,
    version: groupVersion(kind).split('/').at(-1) ?? '',
    kind: kind.kind,
    resource: kind.resource,
  };
}
