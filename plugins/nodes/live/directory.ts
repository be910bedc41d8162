/** Names and ids of the objects that servers refer to: read once per connection, and again for an unknown name or id. */

import type { Named } from '../world.ts';
import { namedShape } from './answers.ts';
import { type Client, sharedRead } from '#plugin/http';
import { listAll } from './pages.ts';

export interface Directory {
  /** The name of each id; the id as text if no object has it. */
  readonly named: (ids: readonly number[], signal: AbortSignal) => Promise<ReadonlyMap<number, Named>>;
  /** The object with this name, or else with this id. Throws if neither exists. */
  readonly find: (nameOrId: string, signal: AbortSignal) => Promise<Named>;
  /** Starts the read early, so that the table is ready when needed. */
  readonly prepare: (signal: AbortSignal) => void;
}

/** The listed objects, as a noun and a path: `network`, `/networks`. */
export interface Listed {
  readonly word: string;
  readonly path: string;
  /** The field of the answer. */
  readonly member: string;
}

export function directory(client: Client, { word, path, member }: Listed): Directory {
  /** Ids that a fresh list did not have; they cause no further read. */
  const unknown = new Set<number>();
  const table = sharedRead(async (signal): Promise<ReadonlyMap<number, Named>> => {
    const query = [['sort', 'id:asc']] as const;
    const all = await listAll(
      client,
      { what: `list ${member.replaceAll('_', ' ')}`, path, query, member, item: namedShape },
      signal,
    );
    return new Map(all.map((each) => [each.id, each]));
  });

  /** The table; read again if the cached one lacks an id. */
  async function tableWith(
    has: (known: ReadonlyMap<number, Named>) => boolean,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, Named>> {
    const known = await table.get(signal);
    if (has(known)) return known;
    table.forget(known);
    return table.get(signal);
  }

  function found(known: ReadonlyMap<number, Named>, nameOrId: string): Named | undefined {
    const byName = known.values().find(({ name }) => name === nameOrId);
    return byName ?? (/^[1-9]\d{0,15}$/u.test(nameOrId) ? known.get(Number(nameOrId)) : undefined);
  }

  return {
    named: async (ids, signal) => {
      const wanted = [...new Set(ids)];
      if (wanted.length === 0) return new Map();
      const known = await tableWith((each) => wanted.every((id) => each.has(id) || unknown.has(id)), signal);
      return new Map(
        wanted.map((id) => {
          const named = known.get(id);
          if (named === undefined) unknown.add(id);
          return [id, named ?? { id, name: String(id) }];
        }),
      );
    },
    find: async (nameOrId, signal) => {
      const known = await tableWith((each) => found(each, nameOrId) !== undefined, signal);
      const named = found(known, nameOrId);
      if (named === undefined) throw new Error(`${word} ${nameOrId} does not exist at the provider`);
      return named;
    },
    prepare: (signal) => {
      table.get(signal).catch(() => undefined);
    },
  };
}

/** All kinds of objects that a server refers to by id alone. */
export interface Directories {
  readonly networks: Directory;
  readonly firewalls: Directory;
  readonly volumes: Directory;
  readonly placementGroups: Directory;
  readonly primaryIps: Directory;
}

export function directories(client: Client): Directories {
  const listed = (word: string, member: string): Directory => directory(client, { word, path: `/${member}`, member });
  return {
    networks: listed('network', 'networks'),
    firewalls: listed('firewall', 'firewalls'),
    volumes: listed('volume', 'volumes'),
    placementGroups: listed('placement group', 'placement_groups'),
    primaryIps: listed('primary IP', 'primary_ips'),
  };
}
