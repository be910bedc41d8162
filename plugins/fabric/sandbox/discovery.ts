/** Discovery: groups, versions and kinds that are served, and the part of OpenAPI that clients look up. */

import { groupVersion, type Kind } from './kinds.ts';
import { notServed } from './status.ts';
import type { Tree } from './value.ts';

const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

function resourcesOf(kinds: readonly Kind[]): Tree {
  const [first] = kinds;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: first === undefined ? 'v1' : groupVersion(first),
    resources: kinds.flatMap(({ resource, singular, isNamespaced, kind, shortNames, hasStatus }): readonly Tree[] => [
      {
        name: resource,
        singularName: singular,
        namespaced: isNamespaced,
        kind,
        verbs: VERBS,
        ...(shortNames.length > 0 ? { shortNames } : {}),
      },
      ...(hasStatus
        ? [
            {
              name: `${resource}/status`,
              singularName: '',
              namespaced: isNamespaced,
              kind,
              verbs: ['get', 'patch', 'update'],
            },
          ]
        : []),
    ]),
  };
}

function groupOf(name: string, kinds: readonly Kind[]): Tree {
  const versions = [...new Set(kinds.filter(({ group }) => group === name).map(({ version }) => version))].map(
    (version) => ({
      groupVersion: `${name}/${version}`,
      version,
    }),
  );
  return { name, versions, preferredVersion: versions[0] ?? {} };
}

function namedGroups(kinds: readonly Kind[]): readonly string[] {
  return [...new Set(kinds.map(({ group }) => group))].filter((group) => group !== '').sort();
}

function openApiIndex(kinds: readonly Kind[]): Tree {
  const versions = [...new Set(kinds.map((kind) => pathOf(kind)))];
  return {
    paths: Object.fromEntries(versions.map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=0` }])),
  };
}

const pathOf = (kind: Kind): string => `${kind.group === '' ? 'api' : 'apis'}/${groupVersion(kind)}`;

/** The parameter whose presence lets kubectl send `fieldValidation`. */
const PARAMETERS: readonly Tree[] = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
  name,
  in: 'query',
  schema: { type: name === 'force' ? 'boolean' : 'string', uniqueItems: true },
}));

function openApiOf(kinds: readonly Kind[]): Tree {
  const paths = kinds.map((one): readonly [string, Tree] => {
    const { group, version, kind, resource, isNamespaced } = one;
    const place = isNamespaced ? 'namespaces/{namespace}/' : '';
    const operation = {
      parameters: PARAMETERS,
      responses: { '200': { description: 'OK' } },
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': { group, version, kind },
    };
    return [`/${pathOf(one)}/${place}${resource}/{name}`, { patch: operation }];
  });
  return { openapi: '3.0.0', info: { title: 'Kubernetes', version: 'v1.34.1' }, paths: Object.fromEntries(paths) };
}

const VERSION: Tree = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.1-sandbox',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: '',
};

/** Answers a path of discovery. Throws 404 in plain text for another path. */
export function discovered(path: string, kinds: readonly Kind[]): Tree {
  const [root = '', first = '', second = '', third = '', ...rest] = path.split('/').slice(1);
  const last = third !== '' || rest.length > 0;
  const served = (group: string, version: string): readonly Kind[] => {
    const found = kinds.filter((kind) => kind.group === group && kind.version === version);
    if (found.length === 0) throw notServed();
    return found;
  };
  if (root === 'version' && first === '') return VERSION;
  if (root === 'openapi' && first === 'v3') {
    if (second === '') return openApiIndex(kinds);
    const [group, version] = second === 'api' ? ['', third] : [third, rest[0] ?? ''];
    return openApiOf(served(group, version));
  }
  if (root === 'api' && first === '') return { kind: 'APIVersions', versions: ['v1'] };
  if (root === 'api' && second === '') return resourcesOf(served('', first));
  if (root === 'apis' && first === '')
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: namedGroups(kinds).map((name) => groupOf(name, kinds)) };
  if (root === 'apis' && second === '' && namedGroups(kinds).includes(first))
    return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(first, kinds) };
  if (root === 'apis' && second !== '' && !last) return resourcesOf(served(first, second));
  throw notServed();
}
