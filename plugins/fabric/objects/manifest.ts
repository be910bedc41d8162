/** Manifests: the body that is sent, the settings of fettle in annotations, and the noise of an export. */

import {
  defined,
  escapePointer,
  type ForeignDocument,
  isRecord,
  type Json,
  type Labels,
  type Lifecycle,
  type Mistake,
  suggest,
} from '#plugin';

/** A manifest as it is sent: without its name and namespace, which are in the address. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly labels?: Labels; readonly annotations?: Labels };
  /** `spec`, `data`, and every other top-level member. */
  readonly [member: string]: Json;
}

/** The declaration in a document, and the mistakes in it. */
export interface ReadManifest {
  readonly name: string;
  readonly namespace?: string;
  readonly manifest: Manifest;
  readonly lifecycle: Lifecycle;
  readonly dependsOn: readonly string[];
  readonly mistakes: readonly Mistake[];
}

const PREFIX = 'fettle.dev/';
const SETTINGS = ['protect', 'onRemove', 'ignore', 'hold', 'dependsOn'] as const;
/** Members of `metadata` that a server sets, and an export contains. */
const NOISE = [
  'managedFields',
  'resourceVersion',
  'uid',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'ownerReferences',
] as const;
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** The fabric's webhooks delete every label whose key contains this, and write their own. */
const FABRIC_LABELS = 'fabric.githedgehog.com/';
const SENT: ReadonlySet<string> = new Set(['name', 'namespace', 'labels', 'annotations']);

/** DNS-1123 subdomain. Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/u;
const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u;

function wrong(pointer: string, message: string, suggestion?: string): Mistake {
  return defined({ code: 'wrong-value', pointer, message, suggestion });
}

function leftOut(pointer: string, message: string): Mistake {
  return {
    code: 'ignored-field',
    pointer,
    message: `${message}, so it is not sent`,
    suggestion: 'remove it from the document',
    severity: 'warning',
  };
}

function textsOf(value: unknown, pointer: string): { readonly texts: Labels; readonly mistakes: readonly Mistake[] } {
  if (value === undefined || value === null) return { texts: {}, mistakes: [] };
  if (!isRecord(value)) return { texts: {}, mistakes: [wrong(pointer, 'the value is not a mapping of texts')] };
  const entries = Object.entries(value);
  return {
    texts: Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
    mistakes: entries.flatMap(([key, each]) =>
      typeof each === 'string'
        ? []
        : [wrong(`${pointer}/${escapePointer(key)}`, 'the value is not a text', 'write the value in quotes')],
    ),
  };
}

/** The items of a list in an annotation: separated by commas or line ends. */
function listed(text: string | undefined): readonly string[] {
  return (text ?? '').split(/[,\n]/u).flatMap((item) => (item.trim() === '' ? [] : [item.trim()]));
}

function at(setting: string): string {
  return `/metadata/annotations/${escapePointer(`${PREFIX}${setting}`)}`;
}

interface Settings {
  readonly lifecycle: Lifecycle;
  readonly dependsOn: readonly string[];
  readonly mistakes: readonly Mistake[];
}

/** The lifecycle and dependencies in the annotations `fettle.dev/…`. */
function settingsOf(annotations: Labels): Settings {
  const setting = (name: (typeof SETTINGS)[number]): string | undefined => annotations[`${PREFIX}${name}`];
  const [protect, onRemove, hold] = [setting('protect'), setting('onRemove'), setting('hold')];
  const mistakes = [
    ...Object.keys(annotations).flatMap((key): readonly Mistake[] => {
      const name = key.slice(PREFIX.length);
      if (!key.startsWith(PREFIX) || (SETTINGS as readonly string[]).includes(name)) return [];
      const suggestion = suggest(name, SETTINGS, 'known annotations');
      return [defined({ code: 'unknown-key', pointer: at(name), message: `unknown annotation ${key}`, suggestion })];
    }),
    ...(protect === undefined || protect === 'true' || protect === 'false'
      ? []
      : [wrong(at('protect'), 'the value must be "true" or "false"')]),
    ...(onRemove === undefined || onRemove === 'remove' || onRemove === 'release'
      ? []
      : [wrong(at('onRemove'), 'the value must be remove or release')]),
    ...(hold === undefined || hold.trim() !== ''
      ? []
      : [wrong(at('hold'), 'the value must be the reason of the hold, or "false"')]),
    ...listed(setting('ignore')).flatMap((pointer) =>
      pointer.startsWith('/')
        ? []
        : [wrong(at('ignore'), `${pointer} is not a JSON pointer`, 'write, for example, /spec/description')],
    ),
  ];
  return {
    lifecycle: defined({
      protect: protect === undefined ? undefined : protect === 'true',
      onRemove: onRemove === 'remove' || onRemove === 'release' ? onRemove : undefined,
      hold: hold === undefined ? undefined : hold === 'false' ? (false as const) : hold,
      // Pointers of `lifecycle.ignore` start at the envelope, whose spec is the whole manifest.
      ignore: listed(setting('ignore')).map((pointer) => `/spec${pointer}`),
    }),
    dependsOn: listed(setting('dependsOn')),
    mistakes,
  };
}

function nameMistakes(metadata: Readonly<Record<string, unknown>>): readonly Mistake[] {
  const { name, namespace, generateName } = metadata;
  if (generateName !== undefined)
    return [wrong('/metadata/generateName', 'a generated name does not identify an object', 'write metadata.name')];
  if (typeof name !== 'string' || !NAME.test(name))
    return [
      wrong(
        typeof name === 'string' ? '/metadata/name' : '/metadata',
        'metadata.name must be a name of Kubernetes: lower-case letters, digits, "-" and ".", at most 253 characters',
      ),
    ];
  if (namespace !== undefined && (typeof namespace !== 'string' || !NAMESPACE.test(namespace)))
    return [wrong('/metadata/namespace', 'metadata.namespace must be a name of Kubernetes, without "."')];
  return [];
}

function withoutFabricLabels(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !key.includes(FABRIC_LABELS)));
}

function sentAnnotations(annotations: Labels): Labels {
  return Object.fromEntries(
    Object.entries(annotations).filter(([key]) => !key.startsWith(PREFIX) && key !== LAST_APPLIED),
  );
}

function nonEmpty(texts: Labels): Labels | undefined {
  return Object.keys(texts).length === 0 ? undefined : texts;
}

/** Reads a manifest. The result is complete if none of the mistakes is an error. */
export function readManifest({ apiVersion, kind, value }: ForeignDocument): ReadManifest {
  const { metadata: given, status, apiVersion: _version, kind: _kind, ...members } = value;
  const metadata = isRecord(given) ? given : {};
  const labels = textsOf(metadata['labels'], '/metadata/labels');
  const annotations = textsOf(metadata['annotations'], '/metadata/annotations');
  const settings = settingsOf(annotations.texts);
  const { name, namespace } = metadata;
  const mistakes = [
    ...(kind === '' ? [wrong('/kind', 'the kind is missing')] : []),
    ...nameMistakes(metadata),
    ...labels.mistakes,
    ...annotations.mistakes,
    ...settings.mistakes,
    ...(status === undefined ? [] : [leftOut('/status', 'status is written by the cluster')]),
    ...Object.keys(metadata).flatMap((key): readonly Mistake[] => {
      const pointer = `/metadata/${escapePointer(key)}`;
      if (SENT.has(key) || key === 'generateName') return [];
      return (NOISE as readonly string[]).includes(key)
        ? [leftOut(pointer, `metadata.${key} is written by the cluster`)]
        : [{ code: 'unknown-key', pointer, message: `metadata.${key} is not supported in a manifest` }];
    }),
    ...(annotations.texts[LAST_APPLIED] === undefined
      ? []
      : [
          leftOut(
            `/metadata/annotations/${escapePointer(LAST_APPLIED)}`,
            'the annotation belongs to kubectl apply without --server-side',
          ),
        ]),
    ...Object.keys(labels.texts)
      .filter((key) => key.includes(FABRIC_LABELS))
      .map((key) => leftOut(`/metadata/labels/${escapePointer(key)}`, `the label ${key} is written by the fabric`)),
  ];
  return defined({
    name: typeof name === 'string' ? name : '',
    namespace: typeof namespace === 'string' ? namespace : undefined,
    manifest: {
      ...members,
      apiVersion,
      kind,
      metadata: defined({
        labels: nonEmpty(withoutFabricLabels(labels.texts)),
        annotations: nonEmpty(sentAnnotations(annotations.texts)),
      }),
    },
    lifecycle: settings.lifecycle,
    dependsOn: settings.dependsOn,
    mistakes,
  });
}
