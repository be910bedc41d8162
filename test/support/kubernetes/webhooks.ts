/** Admission hooks of the emulator, served as the webhooks of a real API server (`AdmissionReview` over HTTPS). */

import { createServer } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AdmissionRequest, Cluster, Hook } from '../../../plugins/fabric/sandbox/admission.ts';
import { HEDGEHOG_KINDS } from '../../../plugins/fabric/sandbox/hedgehog/definitions.ts';
import { makeAuthority } from '../../../plugins/fabric/sandbox/tls.ts';
import {
  encode,
  isTree,
  listAt,
  parseValue,
  sameValue,
  textAt,
  type Tree,
  treeAt,
  type Value,
  valueAt,
} from '../../../plugins/fabric/sandbox/value.ts';
import { type Api, type ApiServer, openApi } from './api.ts';

const VERSION = 'v1beta1';

export interface Webhooks {
  /** Reviews that were answered. */
  readonly count: () => number;
  /** Ends the server; the configurations stay. */
  readonly stop: () => Promise<void>;
}

/**
 * A review of the fabric as the API server has it now. Reviews are pure: one that asks for kinds that are not read yet is
 * repeated with them, as reading all kinds each time takes the servers ten times as long.
 */
async function reviewed(api: Api, review: (cluster: Cluster) => Tree): Promise<Tree> {
  const known = new Map<string, readonly Tree[]>();
  for (;;) {
    const missing = new Set<string>();
    const list = (kind: string): readonly Tree[] => {
      const items = known.get(kind);
      if (items === undefined) missing.add(kind);
      return items ?? [];
    };
    const get: Cluster['get'] = (kind, name) => list(kind).find((one) => textAt(one, 'metadata', 'name') === name);
    const answer = review({ list, get });
    if (missing.size === 0) return answer;
    await Promise.all(
      [...missing].map(async (kind) => {
        const { group, plural } = HEDGEHOG_KINDS.get(kind) ?? { group: '', plural: '' };
        const { body } = await api.send(`/apis/${group}/${VERSION}/namespaces/default/${plural}`);
        known.set(kind, listAt(body, 'items').filter(isTree));
      }),
    );
  }
}

function requestOf(review: Tree): AdmissionRequest {
  const request = treeAt(review, 'request');
  const part = (key: string): Tree | undefined => (isTree(request[key]) ? request[key] : undefined);
  return {
    operation: textAt(request, 'operation') as AdmissionRequest['operation'],
    group: textAt(request, 'kind', 'group'),
    version: textAt(request, 'kind', 'version'),
    kind: textAt(request, 'kind', 'kind'),
    resource: textAt(request, 'resource', 'resource'),
    namespace: textAt(request, 'namespace'),
    name: textAt(request, 'name'),
    object: part('object'),
    before: part('oldObject'),
    dryRun: request['dryRun'] === true,
  };
}

/** The difference of two objects in the members that hooks change. */
function patchOf(before: Tree, after: Tree): readonly Value[] {
  return [['spec'], ['metadata', 'labels']].flatMap((path): readonly Value[] => {
    const [was, is] = [valueAt(before, ...path), valueAt(after, ...path)];
    const pointer = `/${path.join('/')}`;
    if (sameValue(was, is)) return [];
    return [is === undefined ? { op: 'remove', path: pointer } : { op: 'add', path: pointer, value: is }];
  });
}

function mutated(hooks: readonly Hook[], request: AdmissionRequest, cluster: Cluster): Tree {
  const before = request.object ?? {};
  const after = hooks.reduce((object, { mutating }) => mutating?.change(object, cluster) ?? object, before);
  const patch = patchOf(before, after);
  if (patch.length === 0) return { allowed: true };
  return { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(encode(patch)).toString('base64') };
}

function judged(hooks: readonly Hook[], request: AdmissionRequest, cluster: Cluster): Tree {
  const [judgement = {}] = hooks.map(({ validating }) => validating?.judge(request, cluster) ?? {});
  const { refusal, warnings = [] } = judgement;
  return {
    allowed: refusal === undefined,
    warnings,
    ...(refusal === undefined ? {} : { status: { code: 403, reason: 'Forbidden', message: refusal } }),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function configurationOf(type: 'Mutating' | 'Validating', hooks: readonly Hook[], url: string, ca: string): Tree {
  const caBundle = Buffer.from(ca).toString('base64');
  const webhooks = hooks.flatMap(({ group, kind, mutating, validating }): readonly Tree[] => {
    const own = type === 'Mutating' ? mutating : validating;
    if (own === undefined) return [];
    const operations = type === 'Mutating' ? ['CREATE', 'UPDATE'] : (validating?.operations ?? []);
    const resources = [HEDGEHOG_KINDS.get(kind)?.plural ?? ''];
    return [
      {
        name: own.name,
        rules: [{ apiGroups: [group], apiVersions: [VERSION], operations, resources }],
        clientConfig: { url: `${url}/${type.toLowerCase()}`, caBundle },
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Fail',
        timeoutSeconds: 10,
      },
    ];
  });
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: `${type}WebhookConfiguration`,
    metadata: { name: 'fabric' },
    webhooks,
  };
}

/** Serves the hooks, and registers them with an API server. */
export async function serveWebhooks(server: ApiServer, hooks: readonly Hook[]): Promise<Webhooks> {
  const api = openApi(server);
  const authority = makeAuthority('webhooks', Date.now());
  const { certificate, key } = authority.forServer();
  let count = 0;
  const answer = async (request: IncomingMessage): Promise<string> => {
    const review = treeAt(parseValue(await textOf(request)));
    const asked = requestOf(review);
    const own = hooks.filter(({ group, kind }) => group === asked.group && kind === asked.kind);
    const answers = request.url?.startsWith('/mutating') === true ? mutated : judged;
    const response = await reviewed(api, (cluster) => answers(own, asked, cluster));
    count += 1;
    return encode({ ...review, response: { uid: textAt(review, 'request', 'uid'), ...response } });
  };
  const listener = createServer({ cert: certificate, key }, (request, response) => {
    answer(request).then(
      (text) => response.writeHead(200, { 'content-type': 'application/json' }).end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  for (const type of ['Mutating', 'Validating'] as const) {
    const path = `/apis/admissionregistration.k8s.io/v1/${type.toLowerCase()}webhookconfigurations`;
    const { code, text } = await api.send(path, {
      method: 'POST',
      body: configurationOf(type, hooks, url, authority.certificate),
    });
    if (code !== 201) throw new Error(text);
  }
  return {
    count: () => count,
    stop: async () => {
      api.close();
      listener.closeAllConnections();
      if (listener.listening) await new Promise((resolve) => listener.close(resolve));
    },
  };
}
