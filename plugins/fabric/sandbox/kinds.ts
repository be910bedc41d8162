/** The kinds that the emulated API server serves: its own ones, and those of custom resource definitions. */

import { type Shape, objectShape } from './shape.ts';
import { type Cause, invalid, type KindName } from './status.ts';
import { isTree, listAt, textAt, textsAt, type Tree, treeAt, type Value, valueAt } from './value.ts';
import { unsupportedRules } from './schema.ts';

/** A column of a table of objects. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly path: readonly string[];
  readonly priority: number;
}

/** One served version of a kind. */
export interface Kind extends KindName {
  readonly version: string;
  readonly singular: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly isNamespaced: boolean;
  readonly schema: Tree;
  readonly shape: Shape;
  readonly hasStatus: boolean;
  /** False for the server's own kinds, whose schema is not checked. */
  readonly isCustom: boolean;
  readonly deprecation: string | undefined;
  readonly columns: readonly Column[];
}

const FREE: Tree = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

function builtIn(group: string, kind: string, resource: string, more: Partial<Kind> = {}): Kind {
  return {
    group,
    version: 'v1',
    kind,
    resource,
    singular: kind.toLowerCase(),
    listKind: `${kind}List`,
    shortNames: [],
    isNamespaced: false,
    schema: FREE,
    shape: objectShape(FREE),
    hasStatus: false,
    isCustom: false,
    deprecation: undefined,
    columns: [],
    ...more,
  };
}

export const NAMESPACES = builtIn('', 'Namespace', 'namespaces', { shortNames: ['ns'], hasStatus: true });
export const DEFINITIONS = builtIn('apiextensions.k8s.io', 'CustomResourceDefinition', 'customresourcedefinitions', {
  shortNames: ['crd', 'crds'],
  hasStatus: true,
});
const HOOKS = 'admissionregistration.k8s.io';
export const MUTATING = builtIn(HOOKS, 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations');
export const VALIDATING = builtIn(HOOKS, 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations');

export const BUILT_IN: readonly Kind[] = [NAMESPACES, DEFINITIONS, MUTATING, VALIDATING];

export const groupVersion = ({ group, version }: Pick<Kind, 'group' | 'version'>): string =>
  group === '' ? version : `${group}/${version}`;

/** The key of the objects of a kind, which all of its versions share. */
export const storageOf = ({ group, resource }: KindName): string => `${resource}.${group}`;

function columnsOf(version: Tree): readonly Column[] {
  return listAt(version, 'additionalPrinterColumns').map((column) => ({
    name: textAt(column, 'name'),
    type: textAt(column, 'type'),
    path: textAt(column, 'jsonPath').split('.').filter(Boolean),
    priority: Number(valueAt(column, 'priority') ?? 0),
  }));
}

/** The served versions of a definition. */
export function kindsOf(definition: Tree): readonly Kind[] {
  const spec = treeAt(definition, 'spec');
  const names = treeAt(spec, 'names');
  const kind = textAt(names, 'kind');
  return listAt(spec, 'versions')
    .filter(isTree)
    .filter((version) => version['served'] === true)
    .map((version): Kind => {
      const schema = treeAt(version, 'schema', 'openAPIV3Schema');
      const name = textAt(version, 'name');
      const group = textAt(spec, 'group');
      return {
        group,
        version: name,
        kind,
        resource: textAt(names, 'plural'),
        singular: textAt(names, 'singular') || kind.toLowerCase(),
        listKind: textAt(names, 'listKind') || `${kind}List`,
        shortNames: textsAt(names, 'shortNames'),
        isNamespaced: textAt(spec, 'scope') === 'Namespaced',
        schema,
        shape: objectShape(schema),
        hasStatus: isTree(valueAt(version, 'subresources', 'status')),
        isCustom: true,
        deprecation:
          version['deprecated'] === true
            ? textAt(version, 'deprecationWarning') || `${group}/${name} ${kind} is deprecated`
            : undefined,
        columns: columnsOf(version),
      };
    });
}

/** Refuses what the server would refuse of a definition, and rules that the emulator cannot evaluate. */
export function checkDefinition(definition: Tree): void {
  const spec = treeAt(definition, 'spec');
  const name = textAt(definition, 'metadata', 'name');
  const causes: Cause[] = [];
  const need = (field: string, value: Value | undefined): void => {
    if (value === undefined || value === '')
      causes.push({ reason: 'FieldValueRequired', message: 'Required value', field });
  };
  need('spec.group', spec['group']);
  need('spec.scope', spec['scope']);
  need('spec.names.plural', valueAt(spec, 'names', 'plural'));
  need('spec.names.kind', valueAt(spec, 'names', 'kind'));
  const expected = `${textAt(spec, 'names', 'plural')}.${textAt(spec, 'group')}`;
  if (causes.length === 0 && name !== expected)
    causes.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(name)}: must be spec.names.plural+"."+spec.group`,
      field: 'metadata.name',
    });
  listAt(spec, 'versions').forEach((version, index) => {
    const at = `spec.versions[${index}].schema.openAPIV3Schema`;
    if (!isTree(valueAt(version, 'schema', 'openAPIV3Schema'))) need(at, undefined);
    for (const rule of unsupportedRules(treeAt(version, 'schema', 'openAPIV3Schema')))
      causes.push({
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(rule)}: the emulated API server evaluates only self == oldSelf`,
        field: `${at}.x-kubernetes-validations`,
      });
  });
  if (causes.length > 0) throw invalid(DEFINITIONS, name, causes);
}

/** The definition as the server stores it: with list kind, singular and an established status. */
export function establishedDefinition(definition: Tree, time: string): Tree {
  const spec = treeAt(definition, 'spec');
  const kind = textAt(spec, 'names', 'kind');
  const names = { listKind: `${kind}List`, singular: kind.toLowerCase(), ...treeAt(spec, 'names') };
  const condition = (type: string, reason: string, message: string): Tree => ({
    type,
    status: 'True',
    reason,
    message,
    lastTransitionTime: time,
  });
  const stored = listAt(spec, 'versions').find((version) => valueAt(version, 'storage') === true);
  const former = treeAt(definition, 'status');
  const status =
    'conditions' in former
      ? { ...former, acceptedNames: names }
      : {
          conditions: [
            condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
            condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
          ],
          acceptedNames: names,
          storedVersions: [textAt(stored, 'name')],
        };
  return { ...definition, spec: { conversion: { strategy: 'None' }, ...spec, names }, status };
}
