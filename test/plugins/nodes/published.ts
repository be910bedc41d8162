/**
 * Holds answers against the provider's own description of its API (OpenAPI), where the environment names a copy:
 * FETTLE_TEST_HCLOUD_DESCRIPTION=cloud.spec.json, from https://docs.hetzner.cloud. It is not ours to hand on.
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

/** OpenAPI 3.0 says `nullable` where JSON Schema has a type of its own. */
function asJsonSchema(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(asJsonSchema);
  if (typeof node !== 'object' || node === null) return node;
  const { nullable, ...rest } = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, asJsonSchema(value)]),
  );
  return nullable === true ? { anyOf: [{ ...rest, nullable: undefined }, { type: 'null' }] } : rest;
}

function validatorOf(method: string, path: string, status: number): ValidateFunction | undefined {
  const paths = within(description, 'paths') as Node;
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
  if (pattern === undefined) return undefined;
  const responses = within(paths, pattern, method.toLowerCase(), 'responses') as Node | undefined;
  const key = [String(status), `${Math.floor(status / 100)}xx`].find((code) => responses?.[code] !== undefined);
  const name = `${method} ${pattern} ${key}`;
  if (!compiled.has(name)) {
    const schema = key === undefined ? false : within(responses, key, 'content', 'application/json', 'schema');
    compiled.set(name, schema === undefined ? undefined : ajv.compile(asJsonSchema(schema) as boolean | Node));
  }
  return compiled.get(name);
}

/** What is wrong with an answer by the description; nothing where there is no copy of it, or it knows no such call. */
export function wrongByDescription(method: string, path: string, status: number, body: unknown): readonly string[] {
  if (description === undefined) return [];
  const validate = validatorOf(method, path, status);
  if (validate === undefined || validate(body)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
