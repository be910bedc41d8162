/** Answers requests about one project, in the process that reads: finds the endpoint, reads its fields, and calls it. */

import {
  type Endpoint,
  type EndpointAnswer,
  type EndpointOrder,
  type EndpointRequest,
  errorText,
  type Fields,
  InputError,
  type Json,
} from '#plugin';
import { FieldsError, fieldValues } from './fields.ts';
import { type Loaders, ownEndpoints, pluginEndpoints } from './project-endpoints.ts';
import type { Recorded } from './recorded.ts';
import { roundsForm } from './rounds-form.ts';

/** A request as the daemon hands it on: its caller has the role of the endpoint. */
export interface Question {
  /** The method and the path of the endpoint, as it declares them. */
  readonly endpoint: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** The parsed body; absent without one. */
  readonly body?: Json | undefined;
}

export interface Answer {
  readonly status: number;
  /** JSON. */
  readonly text: string;
  readonly order?: EndpointOrder | undefined;
}

/** An endpoint as the daemon announces it. */
export type Announced = Pick<Endpoint, 'method' | 'path' | 'role'>;

export function endpointName({ method, path }: Pick<Endpoint, 'method' | 'path'>): string {
  return `${method} ${path}`;
}

type Call = (request: EndpointRequest<Fields, Fields>, recorded: Recorded) => Promise<EndpointAnswer>;

interface Known extends Pick<Endpoint, 'query' | 'body'> {
  readonly call: Call;
}

/** The endpoints of a plugin see its own part of what is recorded. */
function calling(plugin: string, endpoint: Endpoint): Call {
  return async (request, recorded) => {
    const { recall } = await recorded.log();
    const isOwn = ({ ref }: { readonly ref: { readonly plugin: string } }): boolean => ref.plugin === plugin;
    return endpoint.answer(request, {
      ledger: recall.ledger,
      desired: recorded.documents.filter(isOwn),
      memory: [...recall.resources.values()].filter(isOwn),
    });
  };
}

/** Every endpoint of a project, for its routes. Throws an InputError if a plugin declares one that exists already. */
export async function announcedEndpoints(plugins: Loaders): Promise<readonly Announced[]> {
  const taken = new Set([...ownEndpoints, roundsForm].map(endpointName));
  const own = await pluginEndpoints(plugins);
  for (const [plugin, endpoint] of own) {
    const name = endpointName(endpoint);
    if (taken.has(name))
      throw new InputError(
        `the plugin ${plugin} declares the endpoint ${name}, which exists already. Remove the plugin from FETTLE_PLUGINS`,
      );
    taken.add(name);
  }
  return [...ownEndpoints, ...own.map(([, endpoint]) => endpoint)].map(({ method, path, role }) => ({
    method,
    path,
    role,
  }));
}

function refusal(status: number, error: string, message: string): Answer {
  return { status, text: JSON.stringify({ ok: false, error, message }) };
}

export class Answerer {
  readonly #recorded: Recorded;
  #endpoints: Promise<ReadonlyMap<string, Known>> | undefined;

  constructor(recorded: Recorded) {
    this.#recorded = recorded;
  }

  async answer({ endpoint: name, params, query, body }: Question): Promise<Answer> {
    this.#endpoints ??= this.#load();
    const known = (await this.#endpoints).get(name);
    if (known === undefined) return refusal(404, 'not_found', 'not found');
    try {
      const request = {
        params,
        query: fieldValues(known.query, query),
        body: fieldValues(known.body, body === undefined ? {} : body),
        now: this.#recorded.workspace.host.now(),
      };
      const { status, body: answer, order } = await known.call(request, this.#recorded);
      return { status, text: JSON.stringify(answer), order };
    } catch (error) {
      if (error instanceof FieldsError || error instanceof InputError) return refusal(400, 'field', errorText(error));
      throw error;
    }
  }

  async #load(): Promise<ReadonlyMap<string, Known>> {
    const core = ownEndpoints.map((each): readonly [string, Known] => [
      endpointName(each),
      { ...each, call: async (request, recorded) => each.answer(request, recorded) },
    ]);
    const own = (await pluginEndpoints(this.#recorded.workspace.host.plugins)).map(
      ([plugin, each]): readonly [string, Known] => [endpointName(each), { ...each, call: calling(plugin, each) }],
    );
    return new Map([...core, ...own]);
  }
}
