/** Any order of cuts, repetitions, replays and lists leads to the objects of the server. */

import { expect, test } from 'vitest';
import { changesByEvent, changesByList, identityOf, makeChanges } from '../../../plugins/fabric/live/watch-state.ts';
import { type LiveObject, textOr } from '../../../plugins/fabric/objects/content.ts';
import type { ObjectChange } from '../../../plugins/fabric/world.ts';
import fc from '../../support/property.ts';

type Objects = ReadonlyMap<string, LiveObject>;

/** The history of a server: its objects after each version, and the event that led there. Version 0 is empty. */
interface History {
  readonly states: readonly Objects[];
  /** The event of version `i + 1`. */
  readonly events: readonly ObjectChange[];
}

interface Write {
  readonly name: string;
  readonly isRemoval: boolean;
}

function objectOf(name: string, uid: string, version: number): LiveObject {
  return { kind: 'Thing', metadata: { namespace: 'default', name, uid, resourceVersion: String(version) } };
}

/** Carries out writes as the API server does: a removal raises the version too, and a created object has a new uid. */
function historyOf(writes: readonly Write[]): History {
  const states: Objects[] = [new Map()];
  const events: ObjectChange[] = [];
  for (const { name, isRemoval } of writes) {
    const last = states.at(-1) ?? new Map<string, LiveObject>();
    const version = events.length + 1;
    const before = last.get(`default/${name}`);
    const object = objectOf(name, before === undefined ? `${name}-${version}` : identityOf(before).uid, version);
    const next = new Map(last);
    if (before === undefined || !isRemoval) next.set(`default/${name}`, object);
    else next.delete(`default/${name}`);
    events.push({ type: before !== undefined && isRemoval ? 'deleted' : 'changed', object });
    states.push(next);
  }
  return { states, events };
}

/** Actions of a client. Positions are fractions of the history. */
type Action =
  /** A list, by a server that may lag behind. */
  | { readonly do: 'list'; readonly at: number }
  /** A watch from the last version that ends after some events, of which some come twice. */
  | { readonly do: 'watch'; readonly events: number; readonly twice: readonly boolean[] }
  /** A watch from an earlier version. */
  | { readonly do: 'replay'; readonly back: number; readonly events: number };

const anyWrites = fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), isRemoval: fc.boolean() }), {
  maxLength: 30,
});
const anyActions = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('list' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({
      do: fc.constant('watch' as const),
      events: fc.nat(8),
      twice: fc.array(fc.boolean(), { maxLength: 8 }),
    }),
    fc.record({ do: fc.constant('replay' as const), back: fc.nat(10), events: fc.nat(12) }),
  ),
  { maxLength: 20 },
);

/** A client, and a consumer that only has the changes. */
class Client {
  readonly #history: History;
  readonly #known = new Map<string, LiveObject>();
  readonly #consumer = new Map<string, LiveObject>();
  #version = 0;

  constructor(history: History) {
    this.#history = history;
  }

  get known(): Objects {
    return this.#known;
  }

  list(version: number): void {
    const state = this.#history.states[version] ?? new Map<string, LiveObject>();
    this.#make(changesByList(this.#known, [...state.values()]));
    this.#version = version;
    expect(this.#known).toEqual(state);
  }

  watch(from: number, count: number, twice: readonly boolean[] = []): void {
    const events = this.#history.events.slice(from, from + count);
    this.#version = from;
    for (const [i, event] of events.entries()) {
      for (let times = twice[i] === true ? 2 : 1; times > 0; times -= 1) this.#make(changesByEvent(this.#known, event));
      this.#version += 1;
    }
  }

  act(action: Action): void {
    const end = this.#history.events.length;
    if (action.do === 'list') this.list(Math.round(action.at * end));
    else if (action.do === 'watch') this.watch(this.#version, action.events, action.twice);
    else this.watch(Math.max(0, this.#version - action.back), action.events);
  }

  /** A watch without a cut. */
  finish(): void {
    this.watch(this.#version, this.#history.events.length);
  }

  /** Changes are real ones: a consumer never removes what it does not have, and is never given the same version twice. */
  #make(changes: readonly ObjectChange[]): void {
    for (const { type, object } of changes) {
      const { key, uid, version } = identityOf(object);
      const before = this.#consumer.get(key);
      if (type === 'deleted') {
        expect(before).toBeDefined();
        this.#consumer.delete(key);
        continue;
      }
      if (before !== undefined) {
        expect(identityOf(before).uid).toBe(uid);
        expect(identityOf(before).version).not.toBe(version);
      }
      this.#consumer.set(key, object);
    }
    makeChanges(this.#known, changes);
    expect(this.#consumer).toEqual(this.#known);
  }
}

test('a watch that is not cut ends at the objects of the server, after any actions', () => {
  fc.assert(
    fc.property(anyWrites, anyActions, (writes, actions) => {
      const history = historyOf(writes);
      const client = new Client(history);
      client.list(0);
      for (const action of actions) client.act(action);
      client.finish();
      expect(client.known).toEqual(history.states.at(-1));
    }),
    { numRuns: 2000 },
  );
});

test('a list ends at the objects of the server, after any events in any order', () => {
  fc.assert(
    fc.property(anyWrites, fc.array(fc.nat(40), { maxLength: 40 }), (writes, order) => {
      const history = historyOf(writes);
      const client = new Client(history);
      client.list(0);
      // Events that no server sends in this order.
      for (const at of order) client.watch(at, 1);
      client.list(history.events.length);
    }),
    { numRuns: 2000 },
  );
});

test('a list of the known objects changes nothing', () => {
  fc.assert(
    fc.property(anyWrites, (writes) => {
      const state = historyOf(writes).states.at(-1) ?? new Map<string, LiveObject>();
      expect(changesByList(state, [...state.values()].toReversed())).toEqual([]);
    }),
  );
});

test('an object that took the name of another one removes it first', () => {
  const known = new Map([['default/a', objectOf('a', 'u-1', 1)]]);
  const next = objectOf('a', 'u-2', 5);
  for (const changes of [changesByEvent(known, { type: 'changed', object: next }), changesByList(known, [next])])
    expect(changes.map(({ type, object }) => `${type} ${identityOf(object).uid}`)).toEqual([
      'deleted u-1',
      'changed u-2',
    ]);
  expect(changesByEvent(known, { type: 'deleted', object: objectOf('a', 'u-0', 9) })).toEqual([]);
  expect(textOr(next['kind'], '')).toBe('Thing');
});
