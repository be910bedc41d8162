/** The description of the API in tests: its operations, and requests and answers that are held to it. */

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Endpoint, EndpointAnswer, EndpointView } from '#plugin';
import { fieldValues } from '../../src/serve/answers/fields.ts';

type Schema = Readonly<Record<string, unknown>>;

interface Content {
  readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path' | 'header';
  readonly description: string;
  readonly schema: Schema;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content & { readonly required: boolean };
  readonly responses: Readonly<Record<string, Partial<Content> & { readonly $ref?: string }>>;
}

export interface Description {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: {
    readonly responses: Readonly<Record<string, Partial<Content>>>;
    readonly securitySchemes: Readonly<Record<string, unknown>>;
  };
}

export interface Described extends Operation {
  readonly method: string;
  /** The path at a daemon with one project: `/v1/explain/{address}`. */
  readonly path: string;
  /** True if a plugin judges the token of the request. */
  readonly takesEvents: boolean;
}

/** Every operation of a description. */
export function operationsOf({ paths, servers }: Description): readonly Described[] {
  return Object.entries(paths).flatMap(([path, item]) => {
    const own = item['servers'] as Description['servers'] | undefined;
    const [{ url } = { url: '' }] = own ?? servers;
    return Object.entries(item)
      .filter(([method]) => method !== 'servers')
      .map(([method, value]): Described => {
        const operation = value as Operation;
        const takesEvents = operation.security.some((each) => 'eventToken' in each);
        return { ...operation, method: method.toUpperCase(), path: url.replace(/\/$/u, '') + path, takesEvents };
      });
  });
}

/** The role of an operation; undefined if any caller may use it, or if it takes events. */
export function roleOf({ security, takesEvents }: Described): string | undefined {
  return takesEvents ? undefined : security.flatMap((each) => each['token'] ?? [])[0];
}

/** A schema whose objects have no other members than the described ones: an answer with another one is not described. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return 'properties' in schema && !('additionalProperties' in schema)
    ? { ...inner, additionalProperties: false }
    : inner;
}

const ajv = new Ajv2020({
  allErrors: true,
  strictTypes: false,
  formats: {
    'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/u,
    'plain-text': true,
    uuid: true,
    instant: true,
  },
});
const compiled = new Map<unknown, ValidateFunction>();

function validatorOf(schema: object): ValidateFunction {
  let found = compiled.get(schema);
  if (found === undefined) {
    found = ajv.compile(closed(schema) as object);
    compiled.set(schema, found);
  }
  return found;
}

/** The mistakes of a value; empty if it is as described. */
export function mistakesIn(schema: object, value: unknown): readonly string[] {
  const validate = validatorOf(schema);
  return validate(value)
    ? []
    : (validate.errors ?? []).map(
        ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
      );
}

export interface Answered {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** The differences of an answer from its description. */
export function answerMistakes(
  { components }: Description,
  { responses }: Described,
  { status, type, text }: Answered,
): readonly string[] {
  const found = responses[String(status)];
  if (found === undefined) return [`the status ${status} is not described: ${text.slice(0, 200)}`];
  const name = found.$ref?.split('/').at(-1);
  const { content = {} } = name === undefined ? found : (components.responses[name] ?? {});
  const [media = ''] = type.split(';');
  const schema = content[media]?.schema;
  if (schema === undefined) return [`the status ${status} is not described as ${media}`];
  return mistakesIn(schema, media === 'application/json' ? (JSON.parse(text) as unknown) : text);
}

/** Queries that the description excludes, for each parameter and one that it does not have. */
export function invalidQueries({ parameters = [] }: Described): readonly string[] {
  return [
    'other=1',
    ...parameters
      .filter((each) => each.in === 'query')
      .flatMap(({ name, schema }) => {
        if (schema['type'] === 'integer')
          return [
            `${name}=${Number(schema['minimum']) - 1}`,
            `${name}=${Number(schema['maximum']) + 1}`,
            `${name}=1.5`,
          ];
        if (schema['type'] === 'boolean') return [`${name}=maybe`];
        return [`${name}=`, `${name}=a&${name}=b`, ...('enum' in schema ? [`${name}=other`] : [])];
      }),
  ];
}

/** Bodies that the description excludes. */
export function invalidBodies({ requestBody }: Described): readonly string[] {
  if (requestBody === undefined) return [];
  const schema = requestBody.content['application/json']?.schema ?? {};
  const properties = Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, Schema>>);
  return [
    'not JSON',
    '[]',
    '"text"',
    '{"other":1}',
    ...properties.map(([name]) => JSON.stringify({ [name]: [] })),
    ...properties.flatMap(([name, { maximum }]) =>
      maximum === undefined ? [] : [JSON.stringify({ [name]: Number(maximum) + 1 })],
    ),
  ];
}

/** The time of requests to an endpoint alone. */
export const NOW = Date.parse('2026-11-21T12:00:00Z');

/** The answer of an endpoint of a plugin, without a daemon. */
export function answerOf(
  endpoint: Endpoint,
  query: object,
  view: EndpointView,
): EndpointAnswer | Promise<EndpointAnswer> {
  const given = { query: fieldValues(endpoint.query, query), body: fieldValues(endpoint.body, {}) };
  return endpoint.answer({ params: {}, ...given, now: NOW }, view);
}
