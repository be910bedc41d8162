/** The links of a host in the form of a refresh, in the terms of CONFIG_DB. Pure. */

import type { LinkFacts } from '../facts.ts';
import type { Row } from '../model/fields.ts';
import type { PortSeen } from '../world.ts';
import type { AddressSeen, RouteSeen } from './addresses.ts';
import type { LinkSeen } from './link.ts';
import { FOLLOWERS, isReturning, type Surroundings } from './surroundings.ts';

/** Lists in the facts of a link are cut there. */
const MOST_LISTED = 50;

/** The fields of a link that a document can declare. */
export function linkRow({ admin, mtu, alias }: LinkSeen): Row {
  return { admin_status: admin, mtu: String(mtu), ...(alias === undefined ? {} : { description: alias }) };
}

function routeText({ to, hops, table }: RouteSeen): string {
  const gateway = hops.find((hop) => hop.gateway !== undefined)?.gateway;
  const via = gateway === undefined ? '' : ` via ${gateway}`;
  return `${to === '0.0.0.0/0' || to === '::/0' ? 'default' : to}${via}${table === 'main' ? '' : ` in table ${table}`}`;
}

/** A host by the names of its links, so that the losses of each one are found without a search. */
export class HostIndex {
  readonly links: readonly LinkSeen[];
  readonly byName: ReadonlyMap<string, LinkSeen>;
  readonly #onTop: ReadonlyMap<string | undefined, readonly LinkSeen[]>;
  readonly #addresses: ReadonlyMap<string, readonly AddressSeen[]>;
  readonly #routes: ReadonlyMap<string, readonly RouteSeen[]>;

  readonly #keepIpv6: ReadonlySet<string>;

  constructor({ links, addresses, routes, keepIpv6 = new Set() }: Surroundings) {
    this.links = links;
    this.#keepIpv6 = keepIpv6;
    this.byName = new Map(links.map((link) => [link.name, link]));
    this.#onTop = Map.groupBy(
      links.filter(({ kind = '' }) => FOLLOWERS.has(kind)),
      ({ lower }) => lower?.name,
    );
    this.#addresses = Map.groupBy(addresses, ({ link }) => link);
    const byLink = new Map<string, RouteSeen[]>();
    for (const route of routes)
      for (const name of new Set(route.hops.flatMap(({ link }) => link ?? []))) {
        const known = byLink.get(name);
        if (known === undefined) byLink.set(name, [route]);
        else known.push(route);
      }
    this.#routes = byLink;
  }

  /** A link, and those that go down with it. */
  #withTop(name: string, above: readonly string[] = []): readonly string[] {
    if (above.includes(name)) return [];
    const path = [...above, name];
    return [name, ...(this.#onTop.get(name) ?? []).flatMap((link) => this.#withTop(link.name, path))];
  }

  #globalIpv6(name: string): readonly string[] {
    return (this.#addresses.get(name) ?? [])
      .filter(({ family, scope }) => family === 6 && scope === 'global')
      .map(({ address, prefix }) => `${address}/${prefix}`);
  }

  /** The losses that a change of the link would cause. */
  facts(name: string): LinkFacts {
    const together = this.#withTop(name);
    const lost = together.flatMap((each) => this.#routes.get(each) ?? []);
    const routes = lost.filter((route) => !isReturning(route) && route.type === 'unicast').map(routeText);
    const sorted = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort().slice(0, MOST_LISTED);
    return {
      ipv6: sorted(this.#globalIpv6(name)),
      routes: sorted(routes),
      addresses: sorted(together.filter((each) => !this.#keepIpv6.has(each)).flatMap((each) => this.#globalIpv6(each))),
      on_top: (this.#onTop.get(name) ?? [])
        .map((link) => ({ name: link.name, mtu: link.mtu }))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .slice(0, MOST_LISTED),
    };
  }

  port(name: string, isUsed = false): PortSeen | undefined {
    const link = this.byName.get(name);
    if (link === undefined) return undefined;
    return {
      facts: { row: linkRow(link), link: this.facts(name), ...(isUsed ? { in_use: true } : {}) },
      signals: {
        oper_status: link.oper,
        ...(link.carrierChanges === undefined ? {} : { flap_count: link.carrierChanges }),
      },
    };
  }
}
