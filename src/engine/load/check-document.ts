/** Checks one document alone: its envelope, plugin, kind, schema, addresses and references. Pure. */

import { validators as engineValidators } from '../generated.validators.js';
import {
  type Desired,
  formatRef,
  type Json,
  type KindTables,
  type Lifecycle,
  parseRef,
  type Plugin,
  pointerKeys,
  type Ref,
  suggest,
  textsAt,
  type Validators,
  defined,
  isRecord,
} from '#plugin';
import { hasField } from '../field-path.ts';
import type { PointerMistake } from './explain.ts';
import type { Declared, Link } from './link.ts';
import { echo, shorten } from './mistake.ts';
import { errorsOf, validPart, type ValidPart } from './valid-part.ts';

/** A plugin that a document names, with its validators. */
export interface Known {
  readonly plugin: Plugin;
  readonly validators: Validators;
}

export type PluginOf = (name: string) => Known | undefined;

type Members = Readonly<Record<string, unknown>>;

export interface Checked {
  readonly mistakes: readonly PointerMistake[];
  /** Set as soon as the document identifies its resource, despite other mistakes. */
  readonly ref?: Ref;
  readonly parts?: Parts;
}

/** The valid part of a document, with the defaults of its schemas. */
interface Parts {
  readonly spec: unknown;
  readonly meta: Desired['meta'];
  readonly links: readonly Link[];
  /** Undefined for a document without mistakes. */
  readonly valid: Declared['valid'];
}

const HOLD_WITHOUT_REASON: PointerMistake = {
  code: 'wrong-value',
  pointer: '/lifecycle/hold',
  at: 'value',
  message: 'hold must be a text with the reason, or false',
  suggestion: 'hold: the reason, and its expected end',
};

/** Checks one document alone. The defaults of its schemas are filled into `value`. */
export function checkDocument(value: unknown, pluginOf: PluginOf, names: readonly string[]): Checked {
  if (!isRecord(value)) {
    return {
      mistakes: [
        {
          code: 'not-a-mapping',
          pointer: '',
          at: 'value',
          message: `a document must be a mapping with \`apiVersion\`, \`kind\`, \`metadata\` and \`spec\`, not ${echo(value)}`,
        },
      ],
    };
  }
  const { known, kind, tables, mistakes: unknown } = kindOf(value, pluginOf, names);
  const envelope = known?.validators[`document:${kind}`] ?? engineValidators.document;
  const wrong = errorsOf(envelope, value, '').filter(
    // The keys of the metadata depend on the kind.
    ({ code, pointer }) =>
      !(
        tables === undefined &&
        code === 'unknown-key' &&
        pointer.startsWith('/metadata/') &&
        pointerKeys(pointer).length === 2
      ),
  );
  if (known === undefined || tables === undefined) return { mistakes: [...unknown, ...wrong] };
  const validate = known.validators[`spec:${kind}`];
  const inSpec = validate === undefined || !isRecord(value['spec']) ? [] : errorsOf(validate, value['spec'], '/spec');
  const mistakes = [...unknown, ...wrong, ...inSpec];
  const ref = refOf(value, known.plugin.tables.name, kind, tables.scope);
  if (ref === undefined) return { mistakes };
  const outer = wrong.length === 0 ? undefined : validPart(envelope, value as Json, '');
  const whole = wrong.length === 0 ? value : outer?.value;
  if (!isRecord(whole) || !isRecord(whole['spec'])) return { mistakes, ref };
  const inner =
    validate === undefined || inSpec.length === 0 ? undefined : validPart(validate, whole['spec'] as Json, '/spec');
  if (inSpec.length > 0 && inner === undefined) return { mistakes, ref };
  const spec: unknown = inner?.value ?? whole['spec'];
  // Fills in the defaults of what is left.
  if (inner !== undefined) validate?.(spec);
  const valid: Pick<ValidPart, 'inWhole'> | undefined =
    outer === undefined && inner === undefined
      ? undefined
      : { inWhole: (found) => (outer?.inWhole ?? same)((inner?.inWhole ?? same)(found)) };
  const more = checkValid(whole, spec, ref, kind, tables, known.plugin);
  return {
    mistakes: [...mistakes, ...(valid?.inWhole(more.mistakes) ?? more.mistakes)],
    ref,
    ...(more.parts === undefined ? {} : { parts: { ...more.parts, valid } }),
  };
}

function same<T>(value: T): T {
  return value;
}

/** Checks what the schemas cannot check, in a document that has passed them. */
function checkValid(
  value: Members,
  spec: unknown,
  ref: Ref,
  kind: string,
  tables: KindTables,
  plugin: Plugin,
): { readonly mistakes: readonly PointerMistake[]; readonly parts?: Omit<Parts, 'valid'> } {
  const metadata = value['metadata'] as {
    readonly labels?: Readonly<Record<string, string>>;
    readonly dependsOn?: readonly string[];
  };
  const depends = dependencies(metadata.dependsOn ?? []);
  const links = [...depends.links, ...references(spec, ref, tables, plugin)];
  const lifecycle = value['lifecycle'] as Lifecycle | undefined;
  if ((lifecycle?.hold as unknown) === true) return { mistakes: [...depends.mistakes, HOLD_WITHOUT_REASON] };
  return {
    mistakes: [...depends.mistakes, ...ignoreMistakes(lifecycle?.ignore ?? [], kind, tables)],
    parts: {
      spec,
      meta: { labels: metadata.labels ?? {}, lifecycle: { ...lifecycle, ignore: lifecycle?.ignore ?? [] } },
      links,
    },
  };
}

/** Entries of `lifecycle.ignore` that name a field which the kind does not have. */
function ignoreMistakes(ignore: readonly string[], kind: string, tables: KindTables): readonly PointerMistake[] {
  return ignore.flatMap((pointer, i): readonly PointerMistake[] => {
    const path = pointer.slice('/spec'.length);
    if (path === '' || hasField(tables, path)) return [];
    const known = (tables.fields ?? []).map((field) => `/spec${field}`);
    const suggestion = suggest(pointer, known, 'the fields are');
    return [
      defined({
        code: 'wrong-value',
        pointer: `/lifecycle/ignore/${i}`,
        at: 'value',
        message: `${echo(pointer)} is not a field of ${kind}`,
        suggestion,
      }),
    ];
  });
}

/** The plugin and kind that a document names. */
function kindOf(
  value: Members,
  pluginOf: PluginOf,
  names: readonly string[],
): {
  readonly known?: Known;
  readonly kind: string;
  readonly tables?: KindTables;
  readonly mistakes: readonly PointerMistake[];
} {
  const { apiVersion, kind } = value;
  const word = typeof kind === 'string' ? kind : '';
  if (typeof apiVersion !== 'string' || apiVersion === '') return { kind: word, mistakes: [] };
  const [name = ''] = apiVersion.split('/', 1);
  const known = pluginOf(name);
  const wrong = (code: string, pointer: string, message: string, suggestion: string | undefined): PointerMistake => ({
    code,
    pointer,
    at: 'value',
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
  });
  if (known === undefined) {
    return {
      kind: word,
      mistakes: [
        wrong(
          'unknown-api-version',
          '/apiVersion',
          `unknown apiVersion ${echo(apiVersion)}: unknown plugin \`${shorten(name)}\``,
          suggest(name, names, 'known plugins'),
        ),
      ],
    };
  }
  const { tables } = known.plugin;
  const expected = `${tables.name}/${tables.version}`;
  const mistakes =
    apiVersion === expected
      ? []
      : [
          wrong(
            'unknown-api-version',
            '/apiVersion',
            `unknown apiVersion ${echo(apiVersion)}`,
            `did you mean \`${expected}\`?`,
          ),
        ];
  if (word === '') return { known, kind: word, mistakes };
  const ofKind = Object.hasOwn(tables.kinds, word) ? (tables.kinds[word] as KindTables) : undefined;
  if (ofKind?.foreign === true)
    return {
      known,
      kind: word,
      mistakes: [
        ...mistakes,
        wrong(
          'unknown-kind',
          '/kind',
          `a document of ${tables.name} does not declare a ${word}: a document of its own system does`,
          "write the document's own apiVersion and kind, for example a Kubernetes manifest",
        ),
      ],
    };
  if (ofKind !== undefined) return { known, kind: word, tables: ofKind, mistakes };
  const unknown = wrong(
    'unknown-kind',
    '/kind',
    `unknown kind \`${shorten(word)}\` of the plugin ${tables.name}`,
    suggest(word, Object.keys(tables.kinds), 'known kinds'),
  );
  return { known, kind: word, mistakes: [...mistakes, unknown] };
}

function refOf(value: Members, plugin: string, kind: string, scope: readonly string[]): Ref | undefined {
  const metadata = isRecord(value['metadata']) ? value['metadata'] : {};
  const { name } = metadata;
  const parts = scope.map((part) => metadata[part]);
  const isName = (each: unknown): each is string => typeof each === 'string' && each !== '';
  if (!isName(name) || !parts.every(isName)) return undefined;
  return parts.length === 0 ? { plugin, kind, name } : { plugin, kind, scope: parts, name };
}

function dependencies(addresses: readonly string[]): {
  readonly links: readonly Link[];
  readonly mistakes: readonly PointerMistake[];
} {
  const links: Link[] = [];
  const mistakes: PointerMistake[] = [];
  for (const [index, text] of addresses.entries()) {
    const pointer = `/metadata/dependsOn/${index}`;
    const ref = parseRef(text);
    if (ref === undefined)
      mistakes.push({
        code: 'wrong-value',
        pointer,
        at: 'value',
        message: `${echo(text)} is not a valid address`,
        suggestion: 'use PLUGIN/KIND/NAME, for example `certificates/Issuer/test-ca`',
      });
    else links.push({ address: formatRef(ref), pointer });
  }
  return { links, mistakes };
}

/** References in the spec, by the pointers of its kind: resources of the same plugin, in the same scope. */
function references(spec: unknown, ref: Ref, tables: KindTables, plugin: Plugin): readonly Link[] {
  return tables.references.flatMap(({ pointer, kind }) => {
    const depth = plugin.tables.kinds[kind]?.scope.length ?? 0;
    const scope = (ref.scope ?? []).slice(0, depth);
    return textsAt(spec, pointer, '/spec').map((found) => ({
      address: formatRef({ plugin: ref.plugin, kind, ...(scope.length === 0 ? {} : { scope }), name: found.text }),
      pointer: found.pointer,
    }));
  });
}

/** The resources that links lead to, without those that are not addresses. */
export function needsOf(links: readonly Link[]): readonly Ref[] {
  if (links.length === 0) return [];
  const addresses = [...new Set(links.map(({ address }) => address))].sort();
  return addresses.flatMap((address) => parseRef(address) ?? []);
}
