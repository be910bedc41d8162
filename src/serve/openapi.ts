/** The description of the server as an OpenAPI 3.1 document: every path with its parameters, roles and answers. Pure. */

import {
  type ApiPath,
  type EndpointForm,
  type Field,
  type Fields,
  form,
  gives,
  type Json,
  type PluginEvents,
  refuses,
} from '#plugin';
import type { Role } from './access.ts';
import { MOST_TEXT } from './answers/fields.ts';

type Members = Readonly<Record<string, Json>>;

/** Requests with events of one plugin. */
export interface DescribedEvents extends Pick<PluginEvents, 'paths' | 'bodyLimit' | 'form'> {
  /** JSON Schema of a body. */
  readonly body: object;
}

export interface Described {
  /** The usual name in paths with a name of a project. */
  readonly project: string;
  readonly endpoints: readonly EndpointForm[];
  readonly events: readonly DescribedEvents[];
}

/** The same value, as JSON: forms and schemas are data. */
function asJson(data: object): Json {
  return data as Json;
}

function content(type: string, schema: object): Members {
  return { [type]: { schema: asJson(schema) } };
}

function answer(summary: string, type: string, schema: object): Members {
  return { description: summary, content: content(type, schema) };
}

const JSON_TYPE = 'application/json';
const LINE = 'text/plain';

function line(summary: string): Members {
  return answer(summary, LINE, form.text);
}

const RETRY = {
  headers: { 'retry-after': { description: 'Seconds after which to try again.', schema: { type: 'integer' } } },
};

const ERROR = refuses('').body;

/** Answers of many operations, by their names in the document. */
const SHARED = {
  Mistake: answer('A parameter or the body is not valid. The message names the first mistake.', JSON_TYPE, ERROR),
  Unauthenticated: answer('The request has no valid token and no certificate of a caller.', JSON_TYPE, ERROR),
  Forbidden: answer('The caller does not have the role.', JSON_TYPE, ERROR),
  TooLarge: answer(
    'The answer is larger than 8 MiB, or the order is larger than an entry of the inbox.',
    JSON_TYPE,
    ERROR,
  ),
  Failed: {
    description: 'The answer failed. The output of the daemon has the reason.',
    content: { ...content(JSON_TYPE, ERROR), ...content(LINE, form.text) },
  },
  Unavailable: {
    ...answer(
      'The process that answers is busy, late or has ended, or an order could not be made durable.',
      JSON_TYPE,
      ERROR,
    ),
    ...RETRY,
  },
} as const satisfies Members;

function shared(name: keyof typeof SHARED): Members {
  return { $ref: `#/components/responses/${name}` };
}

/** The ways in which a caller with a role may be known. */
function callers(role: Role): readonly Json[] {
  return ['token', 'password', 'certificate'].map((scheme) => ({ [scheme]: [role] }));
}

function fieldSchema({ summary: description, ...field }: Field): Members {
  switch (field.type) {
    case 'text':
      return {
        type: 'string',
        description,
        ...(field.values === undefined ? { minLength: 1, maxLength: MOST_TEXT } : { enum: field.values }),
      };
    case 'flag':
      return { type: 'boolean', description, default: field.usual ?? false };
    case 'number':
      return { type: 'integer', description, minimum: field.least, maximum: field.most, default: field.usual };
  }
}

function queryParameters(fields: Fields): readonly Json[] {
  return Object.entries(fields).map(([name, field]) => {
    const { description = '', ...schema } = fieldSchema(field);
    return { name, in: 'query', required: false, description, schema };
  });
}

/** The parameters of a path: `id` and `address` of `/v1/x/:id/:address{.+}`. */
const PARAMETER = /:(\w+)(?:\{[^}]*\})?/gu;

function pathParameters({ path, params }: Pick<EndpointForm, 'path' | 'params'>): readonly Json[] {
  return [...path.matchAll(PARAMETER)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    description: params[name] ?? '',
    schema: { type: 'string' },
  }));
}

/** The path below a server of the document: `/explain/{address}`. */
function described(path: ApiPath): string {
  return path.slice('/v1'.length).replaceAll(PARAMETER, '{$1}');
}

/** `getAdminCertEvents`, `postAdminCertEventsIdReplay`. */
function operationId(method: string, path: string): string {
  const words = path.match(/[A-Za-z0-9]+/gu) ?? [];
  return [method.toLowerCase(), ...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join('');
}

function fieldsBody(fields: Fields): Members {
  const properties = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldSchema(field)]));
  return {
    required: false,
    content: content(JSON_TYPE, { type: 'object', properties, additionalProperties: false }),
  };
}

function operation(endpoint: EndpointForm): Members {
  const { method, path, role, summary, query, body, statuses } = endpoint;
  const own = Object.entries(statuses).map(([status, { summary: means, body: schema }]) => [
    status,
    answer(means, JSON_TYPE, schema),
  ]);
  return {
    operationId: operationId(method, described(path)),
    summary,
    security: callers(role),
    parameters: [...pathParameters(endpoint), ...queryParameters(query)],
    ...(method === 'GET' ? {} : { requestBody: fieldsBody(body) }),
    responses: {
      ...Object.fromEntries(own),
      400: shared('Mistake'),
      401: shared('Unauthenticated'),
      403: shared('Forbidden'),
      413: shared('TooLarge'),
      500: shared('Failed'),
      503: shared('Unavailable'),
    },
  };
}

function eventOperation(
  path: ApiPath,
  { bodyLimit, form: { summary, headers, statuses }, body }: DescribedEvents,
): Members {
  const answers = Object.entries(statuses).map(([status, { summary: means, body: schema }]) => [
    status,
    { ...answer(means, JSON_TYPE, schema), ...(status === '503' ? RETRY : {}) },
  ]);
  return {
    operationId: operationId('post', described(path)),
    summary,
    security: [{ eventToken: [] }, { token: ['intake'] }],
    parameters: Object.entries(headers).map(([name, description]) => ({
      name,
      in: 'header',
      required: false,
      description,
      schema: { type: 'string' },
    })),
    requestBody: {
      required: true,
      description: `At most ${bodyLimit} bytes.`,
      content: content(JSON_TYPE, body),
    },
    responses: { ...Object.fromEntries(answers), 500: shared('Failed') },
  };
}

/** Paths outside of the API: they are those of the daemon, and not of a project. */
function daemonPaths(): Members {
  const servers = [{ url: '/' }];
  const local = 'On a loopback address without TLS, every user of the machine may call it.';
  const refusals = { 401: shared('Unauthenticated'), 403: shared('Forbidden'), 500: shared('Failed') };
  const open = (role: Role): readonly Json[] => [{}, ...callers(role)];
  return {
    '/healthz': {
      servers,
      get: {
        operationId: 'getHealthz',
        summary: 'Answer while the process runs.',
        security: [],
        responses: { 200: answer('The process runs.', JSON_TYPE, gives('').body) },
      },
    },
    '/readyz': {
      servers,
      get: {
        operationId: 'getReadyz',
        summary: 'Answer if every project was refreshed within three intervals.',
        security: [],
        responses: {
          200: line('The daemon is ready.'),
          503: line('The daemon is not ready; on a loopback address, with reasons.'),
        },
      },
    },
    '/metrics': {
      servers,
      get: {
        operationId: 'getMetrics',
        summary: 'Print metrics in the text format of Prometheus.',
        description: local,
        security: open('metrics'),
        responses: { 200: line('The metrics.'), ...refusals },
      },
    },
    '/-/reload': {
      servers,
      post: {
        operationId: 'postReload',
        summary: 'Start a round of every project.',
        description: local,
        security: open('operate'),
        responses: { 202: line('A round starts.'), ...refusals },
      },
    },
  };
}

const SCHEMES = {
  token: { type: 'http', scheme: 'bearer', description: 'Token of `access.tokens`.' },
  password: { type: 'http', scheme: 'basic', description: 'The password is the token, with any name.' },
  certificate: { type: 'mutualTLS', description: 'Certificate of `access.clients`.' },
  eventToken: {
    type: 'apiKey',
    in: 'header',
    name: 'x-cert-event-token',
    description: 'Token of `CERT_EVENT_INGEST_TOKEN`, or of a caller with the role `intake`.',
  },
} as const;

/** Operations of the same path, together. */
function byPath(operations: readonly (readonly [string, string, Members])[]): Members {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [path, method, each] of operations) (paths[path] ??= {})[method.toLowerCase()] = each;
  return paths;
}

export function openapi({ project, endpoints, events }: Described): Members {
  return {
    openapi: '3.1.0',
    info: {
      title: 'fettle serve',
      version: '1',
      description:
        'The roles of an operation are in its security requirement; `operate` includes `read`, and `read` includes `relay`. Every GET answers HEAD, too. A known path answers 405 to other methods, and an unknown one 404, as a line of text. Answers may have more members in a later version.',
    },
    servers: [
      { url: '/v1', description: 'The only project of the daemon. With `--projects`, these paths do not exist.' },
      {
        url: '/v1/projects/{project}',
        description: 'One of the projects.',
        variables: { project: { default: project, description: 'Name of the project.' } },
      },
    ],
    paths: {
      ...daemonPaths(),
      ...byPath([
        ...endpoints.map((each) => [described(each.path), each.method, operation(each)] as const),
        ...events.flatMap((each) =>
          each.paths.map((path) => [described(path), 'post', eventOperation(path, each)] as const),
        ),
      ]),
    },
    components: { responses: SHARED, securitySchemes: SCHEMES },
  };
}
