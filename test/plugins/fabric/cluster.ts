/** A project over an emulated cluster with the kinds of a small fabric, for the tests of the plugin. */

import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { Hook } from '../../../plugins/fabric/sandbox/admission.ts';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../../plugins/fabric/sandbox/emulator.ts';
import { type LiveObject, textOr } from '../../../plugins/fabric/objects/content.ts';
import { openClusters } from '../../../plugins/fabric/live/clusters.ts';
import type { ClusterWriter, ObjectPlace } from '../../../plugins/fabric/world.ts';
import type { Json } from '#plugin';
import { temporaryFolder, writeFiles } from '../../support/cli.ts';
import { type Done, fettle } from '../../support/command-line.ts';
import type { ApiServer } from '../../support/kubernetes/api.ts';

type Tree = NonNullable<EmulatorOptions['definitions']>[number];

/** A definition whose spec and status may have any content. */
export function definition(group: string, version: string, kind: string, plural: string, scope = 'Namespaced'): Tree {
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const schema = { type: 'object', properties: { spec: anything, status: anything } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  };
}

const VPC_GROUP = 'vpc.githedgehog.com';
const WIRING = 'wiring.githedgehog.com';

export const DEFINITIONS: readonly Tree[] = [
  definition(VPC_GROUP, 'v1beta1', 'VPC', 'vpcs'),
  definition(VPC_GROUP, 'v1beta1', 'VPCAttachment', 'vpcattachments'),
  definition(VPC_GROUP, 'v1beta1', 'VPCPeering', 'vpcpeerings'),
  definition(VPC_GROUP, 'v1beta1', 'IPv4Namespace', 'ipv4namespaces'),
  definition(WIRING, 'v1beta1', 'VLANNamespace', 'vlannamespaces'),
  definition(WIRING, 'v1beta1', 'SwitchGroup', 'switchgroups'),
  definition(WIRING, 'v1beta1', 'Switch', 'switches'),
  definition(WIRING, 'v1beta1', 'Connection', 'connections'),
];

function groupOf(kind: string): string {
  return /^(?:VLANNamespace|Connection|Switch.*)$/u.test(kind) ? WIRING : VPC_GROUP;
}

const spec = (object: unknown): { readonly [key: string]: Json } =>
  (object as { readonly spec?: { readonly [key: string]: Json } } | undefined)?.spec ?? {};

/** Admission as the fabric's webhooks do it: defaults, references that must exist, and deletions in use. */
export const HOOKS: readonly Hook[] = [
  {
    group: VPC_GROUP,
    kind: 'VPC',
    mutating: {
      name: 'mvpc.kb.io',
      change: (object) => ({
        ...object,
        spec: { ipv4Namespace: 'default', vlanNamespace: 'default', ...spec(object) },
      }),
    },
    validating: {
      name: 'vvpc.kb.io',
      operations: ['CREATE', 'UPDATE', 'DELETE'],
      judge: ({ operation, object, name }, cluster) => {
        if (operation === 'DELETE')
          return cluster.list('VPCAttachment').some((each) => textOr(spec(each)['subnet'], '').startsWith(`${name}/`))
            ? { refusal: 'VPC has attachments' }
            : {};
        const namespace = textOr(spec(object)['ipv4Namespace'], '');
        return cluster.get('IPv4Namespace', namespace) === undefined
          ? { refusal: `failed to validate vpc: IPv4Namespace ${namespace} not found` }
          : {};
      },
    },
  },
  {
    group: VPC_GROUP,
    kind: 'VPCAttachment',
    validating: {
      name: 'vvpcattachment.kb.io',
      operations: ['CREATE', 'UPDATE'],
      judge: ({ object }, cluster) => {
        const [vpc = ''] = textOr(spec(object)['subnet'], '').split('/');
        return cluster.get('VPC', vpc) === undefined
          ? { refusal: `failed to validate vpc attachment: vpc ${vpc} not found` }
          : {};
      },
    },
  },
];

export interface ClusterProject {
  readonly emulator: Emulator;
  readonly folder: string;
  /** The environment of the commands. */
  readonly env: Readonly<Record<string, string>>;
  readonly write: (files: Readonly<Record<string, string>>) => void;
  readonly run: (line: string, code?: number) => Promise<Done>;
  /** The plan as JSON. */
  readonly plan: (line?: string) => Promise<PlanJson>;
  /** Writes an object as other tools do: not by server-side apply. `path`: `vpcs/vpc-1`. */
  readonly edit: (
    method: 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    path: string,
    manager: string,
    body: object,
  ) => Promise<void>;
  /** Starts a command that ends with the signal. */
  readonly follow: (line: string, stop: AbortSignal) => Following;
  /** Uses another bearer token from now on. */
  readonly login: (token: string) => void;
  /** The cluster, as another user named `manager` reaches it. */
  readonly as: (manager: string) => Promise<ClusterWriter>;
}

export interface PlanJson {
  readonly resource_changes: readonly {
    readonly address: string;
    readonly step: string;
    readonly cause: string;
    readonly because: string;
    readonly proven: boolean;
    readonly warnings: readonly string[];
    readonly change: { readonly before: Json; readonly after: Json };
  }[];
  readonly rejected_changes: readonly {
    readonly reason: string;
    readonly resource_change: { readonly address: string };
    readonly reasons: readonly { readonly rule: string; readonly message: string }[];
  }[];
  readonly deferred_changes: readonly {
    readonly reason: string;
    readonly resource_change: { readonly address: string };
  }[];
  readonly checks: readonly { readonly address: string; readonly code: string; readonly message: string }[];
  readonly gaps: readonly { readonly message: string }[];
  readonly summaries?: readonly { readonly title: string; readonly lines: readonly string[] }[];
  readonly plan_digest: string;
}

export const FABRIC =
  'apiVersion: fabric/v1\nkind: Fabric\nmetadata: { name: prod }\nspec: { context: sandbox, groups: [things.example.com, apiextensions.k8s.io, ""] }\n';

/** A manifest of the fabric. */
export function manifest(kind: string, name: string, spec: string, more = ''): string {
  return `apiVersion: ${groupOf(kind)}/v1beta1\nkind: ${kind}\nmetadata: { name: ${name}, namespace: default${more} }\nspec: ${spec}\n`;
}

/** A request of another client, by Node's own HTTPS. */
export function editAs(
  { url, adminToken, authority }: Emulator,
  edit: { readonly method: string; readonly path: string; readonly manager: string; readonly body: object },
): Promise<void> {
  const { method, path, manager, body } = edit;
  const text = JSON.stringify(body);
  const target = `${url}/apis/${VPC_GROUP}/v1beta1/namespaces/default/${path}?fieldManager=${manager}`;
  const headers = {
    authorization: `Bearer ${adminToken}`,
    'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    'content-length': Buffer.byteLength(text),
  };
  return new Promise((resolve, reject) => {
    request(target, { method, headers, ca: authority.certificate }, (answer) => {
      answer.resume();
      const { statusCode = 0 } = answer;
      answer.on('end', () => (statusCode < 300 ? resolve() : reject(new Error(`${method} ${path}: ${statusCode}`))));
    })
      .on('error', reject)
      .end(text);
  });
}

/** A command that is running. */
export interface Following {
  /** Settles once standard output matches. */
  readonly until: (pattern: RegExp) => Promise<void>;
  readonly done: Promise<Done>;
}

function following(
  folder: string,
  line: string,
  env: Readonly<Record<string, string>>,
  interrupt: AbortSignal,
): Following {
  let text = '';
  let wake = (): void => undefined;
  const heard = (stdout: string): void => {
    text = stdout;
    wake();
  };
  const done = fettle(folder, line, { env, interrupt, heard });
  const until = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(text)) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const ended = await Promise.race([changed, done]);
      if (ended !== undefined && !pattern.test(text))
        throw new Error(`${line} ended with ${ended.code} before ${pattern}: ${ended.stdout}${ended.stderr}`);
    }
  };
  return { until, done };
}

export interface OpenProject extends Pick<ClusterProject, 'folder' | 'run' | 'plan' | 'write' | 'follow'> {
  readonly env: Readonly<Record<string, string>>;
  /** Replaces the kubeconfig. */
  readonly configure: (kubeconfig: string) => void;
}

/** A project over the cluster of a kubeconfig. */
export function openProject(kubeconfig: string, files: Readonly<Record<string, string>>): OpenProject {
  const folder = temporaryFolder();
  const file = join(temporaryFolder(), 'kubeconfig');
  const configure = (text: string): void => writeFileSync(file, text);
  configure(kubeconfig);
  const context = (JSON.parse(kubeconfig) as { readonly 'current-context': string })['current-context'];
  const env = { PATH: process.env['PATH'] ?? '', KUBECONFIG: file };
  const write = (more: Readonly<Record<string, string>>): void => writeFiles(folder, more);
  const fabric = FABRIC.replace('sandbox', context);
  write({ 'fettle.yaml': 'name: test\nstore: .fettle\n', 'desired/fabric.yaml': fabric, ...files });
  return {
    folder,
    env,
    configure,
    write,
    run: async (line, code = 0) => {
      const done = await fettle(folder, line, { env });
      expect([line, done.code, code === done.code ? '' : done.stdout + done.stderr]).toEqual([line, code, '']);
      return done;
    },
    follow: (line, stop) => following(folder, line, env, stop),
    plan: async (line = 'plan --format json') => JSON.parse((await fettle(folder, line, { env })).stdout) as PlanJson,
  };
}

export async function clusterProject(
  files: Readonly<Record<string, string>>,
  options: EmulatorOptions = {},
): Promise<ClusterProject> {
  const emulator = await startEmulator({ definitions: DEFINITIONS, hooks: HOOKS, ...options });
  onTestFinished(() => emulator.stop());
  const { configure, ...project } = openProject(emulator.kubeconfig(), files);
  const { folder, env } = project;
  return {
    ...project,
    emulator,
    login: (token) => configure(emulator.kubeconfig(token)),
    edit: (method, path, manager, body) => editAs(emulator, { method, path, manager, body }),
    as: (manager) =>
      openClusters({ config: {}, project: manager, folder, fileRoots: [], env, now: Date.now }).cluster(
        { context: 'sandbox' },
        new AbortController().signal,
      ),
  };
}

/** A project over an API server that a test started. */
export function projectOn(
  server: Pick<ApiServer, 'kubeconfig'>,
  files: Readonly<Record<string, string>>,
): Pick<ClusterProject, 'run' | 'plan' | 'write'> {
  return openProject(server.kubeconfig('admin'), files);
}

export const never = new AbortController().signal;

/** The place of an object of the fabric's groups. */
export async function placeOf(cluster: ClusterWriter, kind: string, name: string): Promise<ObjectPlace> {
  const served = (await cluster.served(`${groupOf(kind)}/v1beta1`, never))?.find((each) => each.kind === kind);
  if (served === undefined) throw new Error(`${kind} is not served`);
  return { served, namespace: 'default', name };
}

export async function liveObject(project: ClusterProject, kind: string, name: string): Promise<LiveObject | undefined> {
  const cluster = await project.as('reader');
  return (await cluster.get(await placeOf(cluster, kind, name), never)) as LiveObject | undefined;
}
