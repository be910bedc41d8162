/** The share of other regions in a project: the feed of its records, and the events that its log has. */

import { randomUUID } from 'node:crypto';
import type { EndpointView, PluginRegions } from '#plugin';
import { eventsOf } from '../intake.ts';
import { Feed } from '../regions/feed.ts';
import { type Answer, type PullQuestion, refusal } from './question.ts';
import type { LogState, Recorded } from './recorded.ts';

const NO_REGIONS = refusal(404, 'not_found', 'not found');

type PluginView = readonly [plugin: string, regions: PluginRegions, view: EndpointView];

/** The events, as `PLUGIN/ID`, that their plugins choose. */
function eventsIn(
  events: readonly string[],
  views: readonly PluginView[],
  choose: (regions: PluginRegions, view: EndpointView, ids: readonly string[]) => readonly string[],
): readonly string[] {
  return views.flatMap(([plugin, regions, view]) => {
    const prefix = `${plugin}/`;
    const own = events.filter((each) => each.startsWith(prefix)).map((each) => each.slice(prefix.length));
    return own.length === 0 ? [] : choose(regions, view, own).map((id) => `${prefix}${id}`);
  });
}

export class Shared {
  readonly #recorded: Recorded;
  readonly #feed = new Feed(randomUUID());
  #plugins: Promise<ReadonlyMap<string, PluginRegions>> | undefined;
  /** The state that the feed has. */
  #fed: { readonly log: LogState; readonly documents: Recorded['documents'] } | undefined;

  constructor(recorded: Recorded) {
    this.#recorded = recorded;
  }

  async pull({ region, held, ...from }: PullQuestion['pull']): Promise<Answer> {
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
    const handed = eventsIn(held, views, (regions, { ledger }, ids) => regions.awaited(ledger, region, ids));
    return { status: 200, text: this.#feed.page(own, region, from, ages[own] ?? {}), handed };
  }

  async held(events: readonly string[]): Promise<Answer> {
    const held = eventsIn(events, await this.#views(), (regions, { ledger }, ids) => regions.held(ledger, ids));
    return { status: 200, text: JSON.stringify(held) };
  }

  async #views(): Promise<readonly PluginView[]> {
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
