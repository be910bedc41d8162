/** Foreign documents: those whose `apiVersion` belongs to another system, such as Kubernetes manifests. */

import { isScalar, type Node, visit } from 'yaml';
import {
  type Claims,
  defined,
  type Desired,
  type ForeignDocument,
  formatRef,
  isRecord,
  type Json,
  leavesOf,
  type Plugin,
  type Position,
  printable,
  type ReadText,
} from '#plugin';
import type { Declared, LinkMistake } from './link.ts';
import { echo, type TextMistake } from './mistake.ts';

/**
 * True for an `apiVersion` of another system: its group has a dot (`vpc.githedgehog.com/v1beta1`), or it has no group
 * (`v1`). Names of plugins have neither form.
 */
export function isForeignVersion(apiVersion: unknown): apiVersion is string {
  return typeof apiVersion === 'string' && /^(?:[^/]*\.[^/]*\/[^/]+|v\d[^/]*)$/u.test(apiVersion);
}

/** A foreign document as it was read, with the place of its name. */
export interface ReadForeign {
  readonly document: ForeignDocument;
  readonly file: string;
  readonly source: Position;
  /** Its text, for the state: a later plan need not parse it. */
  readonly read: ReadText | undefined;
}

export function foreignOf(value: Json, place: Omit<ReadForeign, 'document'>): ReadForeign | undefined {
  if (!isRecord(value) || !isForeignVersion(value['apiVersion'])) return undefined;
  const { apiVersion, kind } = value;
  const { source } = place;
  return { document: { apiVersion, kind: typeof kind === 'string' ? kind : '', value, source }, ...place };
}

/**
 * Plain scalars that YAML 1.1 reads as another value than YAML 1.2: booleans, octal numbers, numbers with underscores or
 * in base 60. Source: https://yaml.org/type/bool.html and int.html, for YAML 1.1.
 */
const IN_YAML_1_1: readonly (readonly [RegExp, string])[] = [
  [/^(?:y|Y|yes|Yes|YES|on|On|ON)$/u, 'true'],
  [/^(?:n|N|no|No|NO|off|Off|OFF)$/u, 'false'],
  [/^[-+]?0[0-7_]+$/u, 'an octal number'],
  [/^0o[0-7]+$/u, 'a text'],
  [/^[-+]?(?:0b[01_]+|0x[0-9a-fA-F]*_[0-9a-fA-F_]*|[0-9]+_[0-9_]*(?:\.[0-9_]*)?)$/u, 'a number'],
  [/^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/u, 'a number in base 60'],
];

/** Warnings about values of a foreign document that tools with YAML 1.1 read differently. */
export function yamlVersionWarnings(root: Node | null): readonly TextMistake[] {
  if (root === null) return [];
  const warnings: TextMistake[] = [];
  visit(root, {
    Scalar: (_key, node) => {
      if (!isScalar(node) || node.type !== 'PLAIN') return;
      const text = node.source ?? '';
      const other = IN_YAML_1_1.find(([pattern]) => pattern.test(text))?.[1];
      if (other === undefined) return;
      const is = typeof node.value === 'string' ? 'the text' : `the ${typeof node.value}`;
      warnings.push({
        code: 'yaml-versions',
        message: `tools that read YAML 1.1, such as kubectl, read ${echo(text)} as ${other}; fettle sends ${is} ${echo(node.value)}`,
        offset: node.range?.[0] ?? 0,
        suggestion: 'write the value in quotes, or in a form that both versions read alike',
        severity: 'warning',
      });
    },
  });
  return warnings;
}

/** Valid documents, and mistakes with the documents in which they are. */
export interface Taken {
  readonly declared: readonly Declared[];
  readonly mistakes: readonly LinkMistake[];
}

function unclaimed({ document, file, source }: ReadForeign, names: readonly string[]): LinkMistake {
  const group = document.apiVersion.split('/', 1)[0] ?? '';
  return {
    of: { desired: { source }, file },
    code: 'unknown-api-version',
    pointer: '/apiVersion',
    at: 'value',
    message: `unknown apiVersion ${echo(document.apiVersion)}: no document takes the API group ${echo(group)}`,
    suggestion:
      names.length === 0
        ? 'a plugin that takes documents of other systems is needed'
        : `declare a resource that takes it, of the plugin ${names.join(' or ')}`,
  };
}

function declaredOf(claims: Claims, read: readonly ReadForeign[]): readonly Declared[] {
  return claims.taken.flatMap(({ of, ref, spec, meta, needs, links = [] }): readonly Declared[] => {
    const foreign = read[of];
    if (foreign === undefined) return [];
    const { source, file, read: text } = foreign;
    const desired = defined<Desired>({ ref, spec, meta, needs, source, written: leavesOf(spec), read: text });
    return [{ desired, address: formatRef(ref), file, links }];
  });
}

function mistakesOf(claims: Claims, read: readonly ReadForeign[]): readonly LinkMistake[] {
  return claims.mistakes.flatMap(({ of, message, suggestion, ...mistake }): readonly LinkMistake[] => {
    const foreign = read[of];
    if (foreign === undefined) return [];
    const at = { desired: { source: foreign.source }, file: foreign.file };
    const words = {
      message: printable(message),
      suggestion: suggestion === undefined ? undefined : printable(suggestion),
    };
    return [defined({ ...mistake, ...words, of: at, at: 'value' as const })];
  });
}

/**
 * Offers foreign documents to the plugins that take such documents. A plugin sees its own documents, because they decide
 * which foreign ones belong to it. A document that several resources take becomes several resources.
 */
export function takeForeign(
  read: readonly ReadForeign[],
  own: readonly Declared[],
  plugins: readonly Plugin[],
  settings: Readonly<Record<string, Json>>,
): Taken {
  const documents = read.map(({ document }) => document);
  const claims = plugins.flatMap((plugin): readonly Claims[] => {
    const ofPlugin = own.filter(({ desired }) => desired.ref.plugin === plugin.name).map(({ desired }) => desired);
    return plugin.claim === undefined ? [] : [plugin.claim(documents, ofPlugin, settings[plugin.name] ?? {})];
  });
  const known = new Set(
    claims.flatMap(({ taken, mistakes, aside = [] }) => [...[...taken, ...mistakes].map(({ of }) => of), ...aside]),
  );
  const names = plugins.flatMap((plugin) => (plugin.claim === undefined ? [] : [plugin.name]));
  return {
    declared: claims.flatMap((each) => declaredOf(each, read)),
    mistakes: [
      ...claims.flatMap((each) => mistakesOf(each, read)),
      ...read.flatMap((each, i) => (known.has(i) ? [] : [unclaimed(each, names)])),
    ],
  };
}
