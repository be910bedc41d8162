/**
 * Compares answers with the provider's own description of its API (OpenAPI), if the environment names a copy:
 * FETTLE_TEST_HCLOUD_DESCRIPTION=cloud.spec.json, from https://docs.hetzner.cloud. Its licence does not allow a copy
 * here.
 */

import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';

type Node = Readonly<Record<string, unknown>>;

const file = process.env['FETTLE_TEST_HCLOUD_DESCRIPTION'];

const description = file === undefined || file === '' ? undefined : (JSON.parse(readFileSync(file, 'utf8')) as Node);
export const hasDescription = description !== undefined;

const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });
const compiled = new Map<string, ValidateFunction | undefined>();

function within(node: unknown, ...keys: readonly string[]): unknown {
  let found = node;
  for (const key of keys) found = (found as Node | undefined)?.[key];
  return found;
}

/** OpenAPI 3.0 has `nullable` where JSON Schema has a type of its own. */
function asJsonSchema(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(asJsonSchema);
  if (typeof node !== 'object' || node === null) return node;
  const { nullable, ...rest } = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, asJsonSchema(value)]),
  );
  return nullable === true ? { anyOf: [{ ...rest, nullable: undefined }, { type: 'null' }] } : rest;
}

/** The description of a call: `{}` if it has none, or if a copy is missing. */
function operationOf(method: string, path: string): Node {
  const paths = (within(description, 'paths') ?? {}) as Node;
  const parts = path.split('/');
  // A word in the description comes before a placeholder.
  const pattern = Object.keys(paths)
    .filter((candidate) => {
      const wanted = candidate.split('/');
      return (
        wanted.length === parts.length &&
        wanted.every(
          (part, index) => part === parts[index] || (part.startsWith('{') && /^\d+$/.test(parts[index] ?? '')),
        )
      );
    })
    .at(0);
  return pattern === undefined ? {} : ((within(paths, pattern, method.toLowerCase()) ?? {}) as Node);
}

/** The schema of an answer, as JSON Schema; `false` for a status that the description does not have. */
export function describedAnswer(method: string, path: string, status: number): unknown {
  const responses = operationOf(method, path)['responses'];
  if (responses === undefined) return undefined;
  const key = [String(status), `${Math.floor(status / 100)}xx`].find((code) => within(responses, code) !== undefined);
  return key === undefined ? false : asJsonSchema(within(responses, key, 'content', 'application/json', 'schema'));
}

function validated(name: string, schemaOf: () => unknown, value: unknown): readonly string[] {
  if (!compiled.has(name)) {
    const schema = schemaOf();
    compiled.set(name, schema === undefined ? undefined : ajv.compile(schema as boolean | Node));
  }
  const validate = compiled.get(name);
  if (validate === undefined || validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** `/servers/4711` is `/servers/0`. */
function anyIds(path: string): string {
  return path.replaceAll(/\/\d+(?=\/|$)/gu, '/0');
}

/** The errors of an answer by the description; empty without a copy of it, or without such a call. */
export function wrongByDescription(method: string, path: string, status: number, body: unknown): readonly string[] {
  const name = `${method} ${anyIds(path)} ${status}`;
  return validated(name, () => describedAnswer(method, path, status), body);
}

/** The errors of a request by the description: its body, and names in its query that are not parameters. */
export function wrongRequestByDescription(
  method: string,
  path: string,
  query: string,
  body: unknown,
): readonly string[] {
  if (description === undefined) return [];
  const operation = operationOf(method, path);
  if (Object.keys(operation).length === 0) return [`there is no ${method} ${path}`];
  const parameters = (operation['parameters'] ?? []) as readonly { readonly name: string; readonly in: string }[];
  const known = new Set(parameters.filter((each) => each.in === 'query').map(({ name }) => name));
  const unknown = [...new URLSearchParams(query).keys()].filter((name) => !known.has(name));
  const schema = (): unknown => {
    const described = within(operation, 'requestBody', 'content', 'application/json', 'schema');
    return described === undefined ? undefined : asJsonSchema(described);
  };
  return [
    ...unknown.map((name) => `unknown parameter ${name}`),
    ...validated(`${method} ${anyIds(path)} request`, schema, body ?? {}),
  ];
}
