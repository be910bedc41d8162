/** Structural schemas of custom resources: default values, unknown fields, and validation in the server's words. */

import { codePoints, instantOf } from '#plugin';
import { type Cause, invalidValue } from './status.ts';
import {
  type Draft,
  encode,
  isList,
  isTree,
  listAt,
  sameValue,
  textAt,
  textsAt,
  type Tree,
  treeAt,
  typeWord,
  type Value,
} from './value.ts';
import { itemElement, type ListShape } from './shape.ts';

const isFree = (schema: Tree): boolean => schema['x-kubernetes-preserve-unknown-fields'] === true;

function memberSchema(schema: Tree, name: string): Tree | undefined {
  const properties = treeAt(schema, 'properties');
  if (Object.hasOwn(properties, name)) return treeAt(properties, name);
  const other = schema['additionalProperties'];
  return isTree(other) ? other : undefined;
}

function mapped(tree: Tree, change: (name: string, value: Value) => Value | undefined): Tree {
  const next: Draft = {};
  for (const [name, value] of Object.entries(tree)) {
    const changed = change(name, value);
    if (changed !== undefined) next[name] = changed;
  }
  return next;
}

/** Fills in default values; a null where the schema has a default and allows no null is replaced. */
export function withDefaults(schema: Tree, value: Value): Value {
  if (isList(value)) {
    const items = treeAt(schema, 'items');
    return value.map((item) => withDefaults(items, item));
  }
  if (!isTree(value)) return value;
  const kept = mapped(value, (name, member) => {
    const inner = memberSchema(schema, name) ?? {};
    return member === null && 'default' in inner && inner['nullable'] !== true ? undefined : member;
  });
  const missing = Object.entries(treeAt(schema, 'properties')).flatMap(([name, inner]) =>
    isTree(inner) && 'default' in inner && !Object.hasOwn(kept, name)
      ? [[name, inner['default'] ?? null] as const]
      : [],
  );
  const filled: Tree = { ...kept, ...Object.fromEntries(missing) };
  return mapped(filled, (name, member) => withDefaults(memberSchema(schema, name) ?? {}, member));
}

/** Drops members that are null where the schema neither allows null nor has a default value. */
export function withoutNulls(schema: Tree, value: Value): Value {
  if (isList(value)) return value.map((item) => withoutNulls(treeAt(schema, 'items'), item));
  if (!isTree(value)) return value;
  return mapped(value, (name, member) => {
    const inner = memberSchema(schema, name);
    if (inner === undefined) return member;
    return member === null && inner['nullable'] !== true ? undefined : withoutNulls(inner, member);
  });
}

/** Drops fields that the schema does not declare, and lists their paths. */
export function pruned(
  schema: Tree,
  value: Value,
  isRoot = true,
): { readonly value: Value; readonly unknown: readonly string[] } {
  const unknown: string[] = [];
  const prune = (at: Tree, inner: Value, path: string, root: boolean): Value => {
    if (isList(inner)) return inner.map((item, i) => prune(treeAt(at, 'items'), item, `${path}[${i}]`, false));
    if (!isTree(inner) || at['x-kubernetes-int-or-string'] === true) return inner;
    return mapped(inner, (name, member) => {
      if (root && OWN.includes(name)) return member;
      const here = path === '' ? name : `${path}.${name}`;
      const next = memberSchema(at, name);
      if (next !== undefined) return prune(next, member, here, false);
      if (isFree(at) || at['additionalProperties'] === true) return member;
      unknown.push(here);
      return undefined;
    });
  };
  return { value: prune(schema, value, '', isRoot), unknown };
}

/** Members of every object, whose faults the schema does not decide. */
const OWN = ['apiVersion', 'kind', 'metadata'];
const BLOCKING = new Set([
  'FieldValueRequired',
  'FieldValueTypeInvalid',
  'FieldValueNotSupported',
  'FieldValueTooLong',
  'FieldValueTooMany',
]);

/** Faults of an object, after those of its metadata; `before` is the stored one, for rules about changes. */
export function violations(schema: Tree, object: Tree, metadata: readonly Cause[], before?: Tree): readonly Cause[] {
  const faults: Cause[] = [...metadata];
  for (const [name, inner] of Object.entries(treeAt(schema, 'properties')))
    if (!OWN.includes(name) && name in object)
      faults.push(...check(treeAt(inner), object[name] ?? null, name, before?.[name]));
  for (const name of textsAt(schema, 'required')) if (!(name in object)) faults.push(required(name));
  if (!hasRules(schema)) return faults;
  if (!faults.some(({ reason }) => BLOCKING.has(reason))) return [...faults, ...ruleFaults(schema, object, before)];
  const why =
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';
  return [...faults, { reason: 'FieldValueInvalid', message: `Invalid value: null: ${why}`, field: '<nil>' }];
}

function required(field: string): Cause {
  return { reason: 'FieldValueRequired', message: 'Required value', field };
}

function typeFault(field: string, value: Value, type: string): Cause {
  const word = typeWord(value);
  return {
    reason: 'FieldValueTypeInvalid',
    message: `Invalid value: "${word}": ${field} in body must be of type ${type}: "${word}"`,
    field,
  };
}

function hasType(type: string, value: Value): boolean {
  const word = typeWord(value);
  return word === type || (type === 'number' && word === 'integer');
}

/** An unchanged value stays valid where the schema became stricter. */
function check(schema: Tree, value: Value, field: string, before: Value | undefined): readonly Cause[] {
  if (before !== undefined && sameValue(before, value)) return [];
  if (value === null) {
    if (schema['nullable'] === true) return [];
    const type = textAt(schema, 'type') || (schema['x-kubernetes-int-or-string'] === true ? 'integer,string' : '');
    if (type === '') return [];
    return [{ ...typeFault(field, value, type), reason: 'FieldValueTypeInvalid' }];
  }
  if (schema['x-kubernetes-int-or-string'] === true) {
    const word = typeWord(value);
    return word === 'integer' || word === 'string' ? [] : [typeFault(field, value, 'integer,string')];
  }
  const type = textAt(schema, 'type');
  if (type !== '' && !hasType(type, value)) return [typeFault(field, value, type)];
  return [
    ...enumFaults(schema, value, field),
    ...numberFaults(schema, value, field),
    ...textFaults(schema, value, field),
    ...(isList(value) ? listFaults(schema, value, field, before) : []),
    ...(isTree(value) ? treeFaults(schema, value, field, before) : []),
    ...branchFaults(schema, value, field),
  ];
}

function enumFaults(schema: Tree, value: Value, field: string): readonly Cause[] {
  const allowed = listAt(schema, 'enum');
  if (allowed.length === 0 || allowed.some((one) => sameValue(one, value))) return [];
  const message = `Unsupported value: ${encode(value)}: supported values: ${allowed.map(encode).join(', ')}`;
  return [{ reason: 'FieldValueNotSupported', message, field }];
}

function numberFaults(schema: Tree, value: Value, field: string): readonly Cause[] {
  if (typeof value !== 'number' && typeof value !== 'bigint') return [];
  const { minimum, maximum, multipleOf } = schema;
  const fault = (why: string): Cause => invalidValue(field, value, `${field} in body should be ${why}`);
  const found: Cause[] = [];
  if (typeof minimum === 'number' && value < minimum) found.push(fault(`greater than or equal to ${minimum}`));
  if (typeof maximum === 'number' && value > maximum) found.push(fault(`less than or equal to ${maximum}`));
  if (typeof multipleOf === 'number' && Number(value) % multipleOf !== 0)
    found.push(fault(`a multiple of ${multipleOf}`));
  return found;
}

const FORMATS: Readonly<Record<string, RegExp>> = {
  date: /^\d{4}-\d{2}-\d{2}$/u,
  'date-time': /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/u,
  ipv4: /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/u,
  uuid: /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/iu,
  mac: /^[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}$/iu,
  cidr: /^\d{1,3}(?:\.\d{1,3}){3}\/\d{1,2}$/u,
};

/** RE2 has the same syntax for the patterns of CRDs; a possessive or other extension is not used in them. */
function textFaults(schema: Tree, value: Value, field: string): readonly Cause[] {
  if (typeof value !== 'string') return [];
  const { pattern, maxLength, minLength, format } = schema;
  const found: Cause[] = [];
  const length = codePoints(value);
  if (typeof maxLength === 'number' && length > maxLength)
    found.push({ reason: 'FieldValueTooLong', message: `Too long: may not be more than ${maxLength} bytes`, field });
  if (typeof minLength === 'number' && length < minLength)
    found.push(invalidValue(field, value, `${field} in body should be at least ${minLength} chars long`));
  if (typeof pattern === 'string' && !new RegExp(pattern).test(value))
    found.push(invalidValue(field, value, `${field} in body should match '${pattern}'`));
  if (typeof format === 'string' && FORMATS[format] !== undefined && !isOfFormat(format, value))
    found.push({
      ...invalidValue(field, value, `${field} in body must be of type ${format}: ${JSON.stringify(value)}`),
      reason: 'FieldValueTypeInvalid',
    });
  return found;
}

function isOfFormat(format: string, value: string): boolean {
  if (FORMATS[format]?.test(value) !== true) return false;
  return !format.startsWith('date') || !Number.isNaN(instantOf(value));
}

function listFaults(schema: Tree, value: readonly Value[], field: string, before: Value | undefined): readonly Cause[] {
  const { maxItems, minItems } = schema;
  const found: Cause[] = [];
  if (typeof maxItems === 'number' && value.length > maxItems) {
    const message = `Too many: ${value.length}: must have at most ${maxItems} items`;
    found.push({ reason: 'FieldValueTooMany', message, field });
  }
  if (typeof minItems === 'number' && value.length < minItems)
    found.push(invalidValue(field, value.length, `${field} in body should have at least ${minItems} items`));
  const items = treeAt(schema, 'items');
  const list = listOf(schema);
  const was = isList(before) ? before : [];
  const old = new Map(was.map((item, i) => [itemElement(list, item, i), item]));
  const seen = new Set<string>();
  value.forEach((item, i) => {
    const element = itemElement(list, item, i);
    if (element !== undefined && seen.has(element))
      found.push({
        reason: 'FieldValueDuplicate',
        message: `Duplicate value: ${encode(duplicateText(list, item))}`,
        field: `${field}[${i}]`,
      });
    if (element !== undefined) seen.add(element);
    found.push(...check(items, item, `${field}[${i}]`, list.type === 'map' ? old.get(element) : undefined));
  });
  return found;
}

function duplicateText(list: ListShape, item: Value): Value {
  return list.type === 'map' && isTree(item)
    ? Object.fromEntries(list.keys.flatMap(({ name }) => (item[name] === undefined ? [] : [[name, item[name]]])))
    : item;
}

function listOf(schema: Tree): ListShape {
  const kind = schema['x-kubernetes-list-type'];
  const keys = textsAt(schema, 'x-kubernetes-list-map-keys').map((name) => ({
    name,
    fallback: undefined,
  }));
  return { is: 'list', type: kind === 'set' || kind === 'map' ? kind : 'atomic', keys, items: { is: 'any' } };
}

function treeFaults(schema: Tree, value: Tree, field: string, before: Value | undefined): readonly Cause[] {
  const { maxProperties, minProperties } = schema;
  const found: Cause[] = [];
  const size = Object.keys(value).length;
  if (typeof maxProperties === 'number' && size > maxProperties)
    found.push({
      reason: 'FieldValueTooMany',
      message: `Too many: ${size}: must have at most ${maxProperties} items`,
      field,
    });
  if (typeof minProperties === 'number' && size < minProperties)
    found.push(invalidValue(field, value, `${field} in body should have at least ${minProperties} properties`));
  for (const name of textsAt(schema, 'required'))
    if (!Object.hasOwn(value, name)) found.push(required(`${field}.${name}`));
  const was = isTree(before) ? before : {};
  for (const [name, member] of Object.entries(value)) {
    const inner = memberSchema(schema, name);
    if (inner !== undefined) found.push(...check(inner, member, `${field}.${name}`, was[name]));
  }
  return found;
}

function fits(schema: Value, value: Value): boolean {
  return check(treeAt(schema), value, '', undefined).length === 0;
}

function branchFaults(schema: Tree, value: Value, field: string): readonly Cause[] {
  const fault = (why: string): readonly Cause[] => [invalidValue(field, value, `${field} in body ${why}`)];
  const any = listAt(schema, 'anyOf');
  if (any.length > 0 && !any.some((one) => fits(one, value))) return fault('must validate at least one schema (anyOf)');
  const one = listAt(schema, 'oneOf');
  if (one.length > 0 && one.filter((inner) => fits(inner, value)).length !== 1)
    return fault('must validate one and only one schema (oneOf)');
  if (isTree(schema['not']) && fits(schema['not'], value)) return fault('must not validate the schema (not)');
  return listAt(schema, 'allOf').flatMap((inner) => check(treeAt(inner), value, field, undefined));
}

const RULES = 'x-kubernetes-validations';
const IMMUTABLE = /^\s*self\s*==\s*oldSelf\s*$/u;

function hasRules(schema: Tree): boolean {
  if (listAt(schema, RULES).length > 0) return true;
  const inner = [...Object.values(treeAt(schema, 'properties')), schema['items'], schema['additionalProperties']];
  return inner.some((one) => isTree(one) && hasRules(one));
}

/** Rules of a schema that the emulator cannot evaluate: all but `self == oldSelf`. */
export function unsupportedRules(schema: Tree): readonly string[] {
  const own = listAt(schema, RULES)
    .map((rule) => textAt(rule, 'rule'))
    .filter((rule) => !IMMUTABLE.test(rule));
  const inner = [...Object.values(treeAt(schema, 'properties')), schema['items'], schema['additionalProperties']];
  return [...own, ...inner.flatMap((one) => (isTree(one) ? unsupportedRules(one) : []))];
}

/** `self == oldSelf`, where the field was and is there. Items of lists without keys have no former value. */
function ruleFaults(schema: Tree, value: Value, before: Value | undefined, field = ''): readonly Cause[] {
  if (before === undefined || value === null) return [];
  const own = listAt(schema, RULES).flatMap((rule) =>
    IMMUTABLE.test(textAt(rule, 'rule')) && !sameValue(value, before)
      ? [invalidValue(field, typeWord(value), textAt(rule, 'message') || `failed rule: ${textAt(rule, 'rule')}`)]
      : [],
  );
  if (isTree(value)) {
    const was = isTree(before) ? before : {};
    const inner = Object.entries(value).flatMap(([name, member]) =>
      ruleFaults(memberSchema(schema, name) ?? {}, member, was[name], field === '' ? name : `${field}.${name}`),
    );
    return [...own, ...inner];
  }
  const list = listOf(schema);
  if (!isList(value) || !isList(before) || list.type !== 'map') return own;
  const old = new Map(before.map((item, i) => [itemElement(list, item, i), item]));
  const inner = value.flatMap((item, i) =>
    ruleFaults(treeAt(schema, 'items'), item, old.get(itemElement(list, item, i)), `${field}[${i}]`),
  );
  return [...own, ...inner];
}
