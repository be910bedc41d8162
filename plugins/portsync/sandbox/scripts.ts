/**
 * The scripts of fettle for the sandbox's server, which has no Lua: the same steps in TypeScript, line by line. A script is
 * known by its SHA-1, so that another text of it is refused here; the conformance test compares both with a real server.
 */

import type { Reply } from '../redis/reader.ts';
import { CHANGE_ROW } from '../sonic/compare-and-set.ts';
import { PRODUCE } from '../sonic/producer.ts';
import { CONSUME } from './consumer.ts';

/** Runs a command in the database of the script; a missing value is null. Throws the command's error. */
export type ScriptRun = (...words: readonly string[]) => Reply;

export type Twin = (call: ScriptRun, keys: readonly string[], args: readonly string[]) => Reply;

const produceTwin: Twin = (call, [keySet = '', deletionSet = ''], args) => {
  const [when = '', channel = '', temporary = ''] = args;
  if (when === 'empty' && Number(call('SCARD', keySet)) > 0) return -1;
  let added = 0;
  let at = 3;
  while (at < args.length) {
    const key = args[at] ?? '';
    const count = args[at + 1] ?? '';
    at += 2;
    added += Number(call('SADD', keySet, key));
    if (count === 'D') {
      call('SADD', deletionSet, key);
      call('DEL', temporary + key);
    } else {
      const past = at + 2 * Number(count);
      call('HSET', temporary + key, ...args.slice(at, past));
      at = past;
    }
  }
  if (added > 0 && channel !== '') call('PUBLISH', channel, 'G');
  return added;
};

const changeRowTwin: Twin = (call, [row = '', loadedKey = ''], args) => {
  if (call('GET', loadedKey) !== '1') return ['loading'];
  const [kind = '', compared = '0'] = args;
  const exists = call('EXISTS', row) === 1;
  if (kind === 'create' && exists) return ['exists'];
  if (kind !== 'create' && !exists) return ['missing'];
  const differs: string[] = [];
  const differ = (name: string, found: string | null): void =>
    void differs.push(name, found === null ? '0' : '1', found ?? '');
  const known = new Set<string>();
  let at = 2;
  for (let i = 0; i < Number(compared); i += 1) {
    const name = args[at] ?? '';
    const found = call('HGET', row, name) as string | null;
    if (args[at + 1] === '1' ? found !== args[at + 2] : found !== null) differ(name, found);
    known.add(name);
    at += 3;
  }
  if (kind === 'remove') {
    const all = call('HGETALL', row) as readonly string[];
    for (let i = 0; i < all.length; i += 2) {
      const name = all[i] ?? '';
      if (name !== 'NULL' && !known.has(name)) differ(name, all[i + 1] ?? '');
    }
  }
  if (differs.length > 0) return ['differs', ...differs];
  if (kind === 'remove') call('DEL', row);
  else {
    call('HSET', row, ...args.slice(at));
    if (kind === 'write') call('HDEL', row, 'NULL');
  }
  return ['done'];
};

const consumeTwin: Twin = (call, [keySet = '', deletionSet = ''], [count = '', real = '', temporary = '']) =>
  (call('SPOP', keySet, count) as readonly string[]).map((key) => {
    if (call('SREM', deletionSet, key) === 1) call('DEL', real + key);
    const fields = call('HGETALL', temporary + key) as readonly string[];
    if (fields.length > 0) call('HSET', real + key, ...fields);
    call('DEL', temporary + key);
    return [key, fields];
  });

/** Scripts by the SHA-1 of their source. */
export const TWINS: ReadonlyMap<string, Twin> = new Map([
  [PRODUCE.sha, produceTwin],
  [CHANGE_ROW.sha, changeRowTwin],
  [CONSUME.sha, consumeTwin],
]);
