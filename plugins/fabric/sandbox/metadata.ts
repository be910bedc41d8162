/** Metadata of objects: validation in the server's words, and label selectors. */

import { badRequest, type Cause, invalidValue } from './status.ts';
import { isList, isTree, listAt, sameValue, textAt, type Tree, treeAt, valueAt } from './value.ts';

const NAME = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/u;
const NAME_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL = /^(?:(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/u;
const LABEL_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const KEY_TEXT =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const MAX_NAME = 253;
const MAX_LABEL = 63;
const MAX_ANNOTATIONS = 262_144;

function isQualifiedName(key: string): boolean {
  const parts = key.split('/');
  const name = parts.at(-1) ?? '';
  const [prefix] = parts;
  if (parts.length > 2 || name === '' || name.length > MAX_LABEL || !LABEL.test(name)) return false;
  return parts.length === 1 || (prefix !== undefined && prefix.length <= MAX_NAME && NAME.test(prefix));
}

function labelFaults(labels: Tree): readonly Cause[] {
  const field = 'metadata.labels';
  return Object.entries(labels).flatMap(([key, value]): readonly Cause[] => {
    if (!isQualifiedName(key)) return [invalidValue(field, key, KEY_TEXT)];
    if (typeof value !== 'string') return [];
    if (value.length > MAX_LABEL) {
      const message = `Too long: may not be more than ${MAX_LABEL} bytes`;
      return [{ reason: 'FieldValueTooLong', message, field }];
    }
    return LABEL.test(value) ? [] : [invalidValue(field, value, LABEL_TEXT)];
  });
}

function annotationFaults(annotations: Tree): readonly Cause[] {
  const field = 'metadata.annotations';
  const names = Object.keys(annotations).filter((key) => !isQualifiedName(key.toLowerCase()));
  const size = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(typeof value === 'string' ? value : ''),
    0,
  );
  const long = {
    reason: 'FieldValueTooLong',
    message: `Too long: may not be more than ${MAX_ANNOTATIONS} bytes`,
    field,
  };
  return [...names.map((key) => invalidValue(field, key, KEY_TEXT)), ...(size > MAX_ANNOTATIONS ? [long] : [])];
}

/** Faults of the metadata of an object that would be stored. */
export function metadataFaults(object: Tree): readonly Cause[] {
  const name = textAt(object, 'metadata', 'name');
  const missing = {
    reason: 'FieldValueRequired',
    message: 'Required value: name or generateName is required',
    field: 'metadata.name',
  };
  const nameFault =
    name === ''
      ? [missing]
      : NAME.test(name) && name.length <= MAX_NAME
        ? []
        : [invalidValue('metadata.name', name, NAME_TEXT)];
  return [
    ...nameFault,
    ...labelFaults(treeAt(object, 'metadata', 'labels')),
    ...annotationFaults(treeAt(object, 'metadata', 'annotations')),
  ];
}

/** Faults of a change of metadata: its identity is immutable, and an object that goes gets no new finalizers. */
export function metadataChanges(before: Tree, after: Tree): readonly Cause[] {
  const immutable = ['name', 'namespace', 'uid', 'creationTimestamp'].flatMap((key) => {
    const value = valueAt(after, 'metadata', key);
    const isSame = sameValue(valueAt(before, 'metadata', key), value);
    return isSame ? [] : [invalidValue(`metadata.${key}`, value ?? '', 'field is immutable')];
  });
  if (valueAt(before, 'metadata', 'deletionTimestamp') === undefined) return immutable;
  const old = listAt(before, 'metadata', 'finalizers');
  const added = listAt(after, 'metadata', 'finalizers').filter((one) => !old.includes(one));
  if (added.length === 0) return immutable;
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((one) => JSON.stringify(one)).join(', ')}}`;
  return [...immutable, { reason: 'FieldValueForbidden', message, field: 'metadata.finalizers' }];
}

/** Refuses metadata of wrong types, which the server cannot decode. */
export function checkMetadataTypes(object: Tree): void {
  const metadata = valueAt(object, 'metadata');
  if (metadata === undefined) return;
  const maps = ['labels', 'annotations'].flatMap((key) => {
    const value = valueAt(metadata, key);
    return value === undefined || value === null ? [] : [value];
  });
  const isRight =
    isTree(metadata) &&
    maps.every((map) => isTree(map) && Object.values(map).every((text) => typeof text === 'string')) &&
    (metadata['finalizers'] === undefined || metadata['finalizers'] === null || isList(metadata['finalizers']));
  if (!isRight) throw badRequest('the metadata of the object cannot be decoded');
}

export type Selector = (object: Tree) => boolean;

/** Parses a label selector: `a=b,c!=d,e,!f,g in (h,i),j notin (k)`. */
export function labelSelector(text: string): Selector {
  const parts = text === '' ? [] : text.split(/,(?![^(]*\))/u).map((part) => part.trim());
  const tests = parts.map(labelTest);
  return (object) => {
    const labels = treeAt(object, 'metadata', 'labels');
    return tests.every((test) => test(labels));
  };
}

function labelTest(part: string): (labels: Tree) => boolean {
  const [, not, bare] = /^(!?)([\w./-]+)$/u.exec(part) ?? [];
  if (bare !== undefined) return (labels) => Object.hasOwn(labels, bare) === (not === '');
  const [, key = '', sign = '', value = ''] = /^([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)$/u.exec(part) ?? [];
  if (key !== '') return (labels) => (labels[key] === value) === (sign !== '!=');
  const [, name = '', word = '', list = ''] = /^([\w./-]+)\s+(in|notin)\s+\(([^)]*)\)$/u.exec(part) ?? [];
  if (name === '') throw badRequest(`unable to parse requirement: found '${part}', expected: label selector`);
  const values = list.split(',').map((one) => one.trim());
  return (labels) => values.includes(textAt(labels, name)) === (word === 'in');
}

/** Parses a field selector; only the name and the namespace can be selected by. */
export function fieldSelector(text: string): Selector {
  const tests = text
    .split(',')
    .filter(Boolean)
    .map((part) => {
      const [, field = '', sign = '', value = ''] = /^([^=!]+)(==|=|!=)(.*)$/u.exec(part) ?? [];
      if (field !== 'metadata.name' && field !== 'metadata.namespace')
        throw badRequest(`field label not supported: ${field}`);
      const key = field.slice('metadata.'.length);
      return (object: Tree): boolean => (textAt(object, 'metadata', key) === value) === (sign !== '!=');
    });
  return (object) => tests.every((test) => test(object));
}
