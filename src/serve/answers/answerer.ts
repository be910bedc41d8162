/** Answers requests about one project, in the process that reads: finds the endpoint, reads its fields, and calls it. */

import { type Endpoint, type EndpointAnswer, type EndpointRequest, errorText, type Fields, InputError } from '#plugin';
import { FieldsError, fieldValues } from './fields.ts';
import { answerPage } from './page-answerer.ts';
import { type Answer, type EndpointQuestion, type FormQuestion, type Question, refusal } from './question.ts';
import { orderOf } from '../pages/desk.ts';
import { type Loaders, ownEndpoints, pluginEndpoints } from './project-endpoints.ts';
import type { Recorded } from './recorded.ts';
import { planForm, roundsForm } from './daemon-forms.ts';
import { Shared } from './shared.ts';

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
  return async (request, recorded) => endpoint.answer(request, await recorded.viewOf(plugin));
}

/** Every endpoint of a project, for its routes. Throws an InputError if a plugin declares one that exists already. */
export async function announcedEndpoints(plugins: Loaders): Promise<readonly Announced[]> {
  const taken = new Set([...ownEndpoints, planForm, roundsForm].map(endpointName));
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

/** Largest answer, in characters: the daemon keeps each one until its client has read it. */
const MOST_ANSWER = 8 * 1024 * 1024;

export class Answerer {
  readonly #recorded: Recorded;
  readonly #shared: Shared;
  #endpoints: Promise<ReadonlyMap<string, Known>> | undefined;

  constructor(recorded: Recorded) {
    this.#recorded = recorded;
    this.#shared = new Shared(recorded);
  }

  async answer(question: Question): Promise<Answer> {
    this.#recorded.setRegions(question.regions);
    this.#recorded.setWatchers(question.watchers);
    if ('endpoint' in question) return this.#endpoint(question);
    if ('page' in question) return answerPage(question, this.#recorded);
    if ('form' in question) return this.#form(question);
    if ('pull' in question) return this.#shared.pull(question.pull);
    if ('held' in question) return this.#shared.held(question.held);
    return { status: 200, text: await this.#recorded.head() };
  }

  async #form({ form }: FormQuestion): Promise<Answer> {
    try {
      return { status: 202, text: '{"ok":true}', order: await orderOf(form, this.#recorded) };
    } catch (error) {
      if (error instanceof InputError) return refusal(409, 'conflict', errorText(error));
      throw error;
    }
  }

  async #endpoint({ endpoint: name, params, query, body }: EndpointQuestion): Promise<Answer> {
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
      const text = JSON.stringify(answer);
      if (text.length <= MOST_ANSWER) return { status, text, order };
      return refusal(413, 'too_large', 'the answer is larger than 8 MiB. Use filters, or a lower limit');
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
