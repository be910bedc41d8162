/** Paths of objects, and the options of requests. */

import { type Kind, NAMESPACES } from './kinds.ts';
import { type Cause, invalid, notServed } from './status.ts';
import { isTree, textAt, textsAt, type Value } from './value.ts';

/** The kind and object that a path names. */
export interface Target {
  readonly kind: Kind;
  /** Empty for kinds without namespaces, and for all namespaces. */
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
  readonly subresource: '' | 'status';
}

/** Finds the kind and the object that a path names; undefined for a path of discovery. */
export function targetOf(path: string, kinds: readonly Kind[]): Target | undefined {
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  const [root] = parts;
  const isCore = root === 'api';
  if (!isCore && root !== 'apis') return undefined;
  const [group, version, ...rest] = isCore ? ['', ...parts.slice(1)] : parts.slice(1);
  if (version === undefined || rest.length === 0) return undefined;
  const served = kinds.filter((kind) => kind.group === group && kind.version === version);
  const isWithin =
    rest[0] === 'namespaces' && rest.length > 2 && !(isCore && ['status', 'finalize'].includes(rest[2] ?? ''));
  const [namespace, resource, name, subresource, ...more] = isWithin ? rest.slice(1) : ['', ...rest];
  const kind = served.find((one) => one.resource === resource);
  if (kind === undefined || more.length > 0 || (isWithin && !kind.isNamespaced)) throw notServed();
  if (subresource !== undefined && (subresource !== 'status' || !kind.hasStatus)) throw notServed();
  if (kind.isNamespaced && !isWithin && name !== undefined) throw notServed();
  return {
    kind,
    namespace: kind === NAMESPACES ? '' : (namespace ?? ''),
    name: name ?? '',
    subresource: subresource === 'status' ? 'status' : '',
  };
}

export interface Options {
  readonly dryRun: boolean;
  readonly manager: string;
  readonly fieldValidation: string;
  readonly force: boolean;
}

const MAX_MANAGER = 128;

/** Reads and checks the options of a write. `type`: the kind of options that errors name. */
export function optionsOf(query: URLSearchParams, type: string, userAgent: string, isApply: boolean): Options {
  const dryRun = query.getAll('dryRun');
  const manager = query.get('fieldManager') ?? '';
  const causes = [
    ...dryRunFaults(dryRun),
    ...managerFaults(manager, isApply),
    ...(type === 'PatchOptions' && !isApply && query.get('force') !== null
      ? [
          {
            reason: 'FieldValueForbidden',
            message: 'Forbidden: may not be specified for non-apply patch',
            field: 'force',
          },
        ]
      : []),
    ...validationFaults(query.get('fieldValidation') ?? ''),
  ];
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: type, resource: type }, '', causes);
  return {
    dryRun: dryRun.length > 0,
    manager: manager || (userAgent.split('/')[0] ?? '') || 'unknown',
    fieldValidation: query.get('fieldValidation') || 'Warn',
    force: query.get('force') === 'true',
  };
}

function dryRunFaults(values: readonly string[]): readonly Cause[] {
  if (values.every((value) => value === 'All')) return [];
  const message = `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`;
  return [{ reason: 'FieldValueNotSupported', message, field: 'dryRun' }];
}

function managerFaults(manager: string, isApply: boolean): readonly Cause[] {
  const field = 'fieldManager';
  if (manager === '' && isApply)
    return [{ reason: 'FieldValueRequired', message: 'Required value: is required for apply patch', field }];
  if (Buffer.byteLength(manager) > MAX_MANAGER)
    return [{ reason: 'FieldValueTooLong', message: `Too long: may not be more than ${MAX_MANAGER} bytes`, field }];
  const position = [...Array(manager.length).keys()].find((i) => /[\p{C}\p{Zl}\p{Zp}]/u.test(manager[i] ?? ''));
  if (position === undefined) return [];
  const code = manager.charCodeAt(position).toString(16).toUpperCase().padStart(4, '0');
  const message = `Invalid value: ${JSON.stringify(manager)}: invalid character U+${code} (at position ${position})`;
  return [{ reason: 'FieldValueInvalid', message, field }];
}

function validationFaults(value: string): readonly Cause[] {
  if (['', 'Ignore', 'Warn', 'Strict'].includes(value)) return [];
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: "", "Ignore", "Strict", "Warn"`;
  return [{ reason: 'FieldValueNotSupported', message, field: 'fieldValidation' }];
}

/** Options of a deletion: those of the body alone, if there is a body. */
export function removalOf(
  query: URLSearchParams,
  body: Value | undefined,
): { readonly dryRun: boolean; readonly uid: string; readonly resourceVersion: string } {
  const dryRun = isTree(body) ? textsAt(body, 'dryRun') : query.getAll('dryRun');
  const causes = dryRunFaults(dryRun);
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions', resource: '' }, '', causes);
  return {
    dryRun: dryRun.length > 0,
    uid: textAt(body, 'preconditions', 'uid'),
    resourceVersion: textAt(body, 'preconditions', 'resourceVersion'),
  };
}
