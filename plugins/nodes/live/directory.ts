/** Directories: names and ids of what servers refer to, read once for as long as the world is open, and again for what is new. */

import type { Named } from '../world.ts';
import { namedShape } from './answers.ts';
import { type Client, sharedRead } from '#plugin/http';
import { listAll } from './pages.ts';

export interface Directory {
  /** Both names of each id; the id as text where nothing has it. */
  readonly named: (ids: readonly number[], signal: AbortSignal) => Promise<ReadonlyMap<number, Named>>;
  /** What has this name, or, where nothing has, this id. Throws where there is neither. */
  readonly find: (nameOrId: string, signal: AbortSignal) => Promise<Named>;
  /** Begins to read, so that it is there when it is asked for. */
  readonly prepare: (signal: AbortSignal) => void;
}

/** What is listed, in one word and as a path: `network`, `/networks`. */
export interface Listed {
  readonly word: string;
  readonly path: string;
  /** Member of the answer. */
  readonly member: string;
}

export function directory(client: Client, { word, path, member }: Listed): Directory {
  /** Ids that a fresh list did not have: it is not read again for them. */
  const gone = new Set<number>();
  const table = sharedRead(async (signal): Promise<ReadonlyMap<number, Named>> => {
    const query = [['sort', 'id:asc']] as const;
    const all = await listAll(
      client,
      { what: `list ${member.replaceAll('_', ' ')}`, path, query, member, item: namedShape },
      signal,
    );
    return new Map(all.map((each) => [each.id, each]));
  });

  /** The table; a fresh one where the one at hand lacks something. */
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
      const known = await tableWith((each) => wanted.every((id) => each.has(id) || gone.has(id)), signal);
      return new Map(
        wanted.map((id) => {
          const named = known.get(id);
          if (named === undefined) gone.add(id);
          return [id, named ?? { id, name: String(id) }];
        }),
      );
    },
    find: async (nameOrId, signal) => {
      const known = await tableWith((each) => found(each, nameOrId) !== undefined, signal);
      const named = found(known, nameOrId);
      if (named === undefined) throw new Error(`there is no ${word} ${nameOrId} at the provider`);
      return named;
    },
    prepare: (signal) => {
      table.get(signal).catch(() => undefined);
    },
  };
}

/** Everything that a server refers to by its id alone. */
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
