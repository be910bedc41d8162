/** The share of other regions in a project: the feed of its records, and the events that its log has. */

import { randomUUID } from 'node:crypto';
import type { EndpointView, PluginRegions } from '#plugin';
import { eventsOf } from '../intake.ts';
import { Feed } from '../regions/feed.ts';
import { type Answer, type PullQuestion, refusal } from './question.ts';
import type { LogState, Recorded } from './recorded.ts';

const NO_REGIONS = refusal(404, 'not_found', 'not found');

export class Shared {
  readonly #recorded: Recorded;
  readonly #feed = new Feed(randomUUID());
  #plugins: Promise<ReadonlyMap<string, PluginRegions>> | undefined;
  /** The state that the feed has. */
  #fed: { readonly log: LogState; readonly documents: Recorded['documents'] } | undefined;

  constructor(recorded: Recorded) {
    this.#recorded = recorded;
  }

  async pull({ region, epoch, seq }: PullQuestion['pull']): Promise<Answer> {
    const standing = this.#recorded.regions;
    if (standing === undefined) return NO_REGIONS;
    const { own, ages } = standing;
    const views = await this.#views();
    const [log, { documents }] = [await this.#recorded.log(), this.#recorded];
    if (this.#fed?.log !== log || this.#fed.documents !== documents) {
      this.#feed.update(
        views.flatMap(([plugin, regions, view]) =>
          regions.records(view, standing).map((record) => ({ plugin, ...record })),
        ),
      );
      this.#fed = { log, documents };
    }
    return { status: 200, text: this.#feed.page(own, region, { epoch, seq }, ages[own] ?? {}) };
  }

  async held(events: readonly string[]): Promise<Answer> {
    const held = (await this.#views()).flatMap(([plugin, regions, { ledger }]) => {
      const prefix = `${plugin}/`;
      const own = events.filter((each) => each.startsWith(prefix)).map((each) => each.slice(prefix.length));
      return regions.held(ledger, own).map((id) => `${prefix}${id}`);
    });
    return { status: 200, text: JSON.stringify(held) };
  }

  async #views(): Promise<readonly (readonly [string, PluginRegions, EndpointView])[]> {
    this.#plugins ??= this.#load();
    const plugins = await this.#plugins;
    return Promise.all(
      [...plugins].map(async ([name, regions]) => [name, regions, await this.#recorded.viewOf(name)] as const),
    );
  }

  async #load(): Promise<ReadonlyMap<string, PluginRegions>> {
    const events = await eventsOf(this.#recorded.workspace.host.plugins);
    return new Map([...events].flatMap(([name, { regions }]) => (regions === undefined ? [] : [[name, regions]])));
  }
}
