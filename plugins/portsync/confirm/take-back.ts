/**
 * Take-backs as data: the fields that a change sets, and the values that they go back to; and the forms in which a program
 * without fettle carries a take-back out. Pure.
 *
 * A take-back can be repeated: after it, another one changes nothing. A field goes back only while it still has the value
 * of the change, so a later edit by others stays.
 */

import { isRecord } from '#plugin';
import type { BackLine } from '../linux/surroundings.ts';
import { scriptOf } from '../redis/script.ts';

/** A field of a change. */
export interface FieldBack {
  readonly field: string;
  /** The value that the change sets. */
  readonly ours: string;
  /** The value to go back to: the earlier one, or the neutral one of a field that did not exist. Null removes the field. */
  readonly back: string | null;
}

/** A row of CONFIG_DB that a change writes, creates or removes. */
export type RowBack =
  | { readonly kind: 'written'; readonly key: string; readonly fields: readonly FieldBack[] }
  /** Removed again if it has only the fields of the change and no other row names it; otherwise shut. */
  | { readonly kind: 'created'; readonly key: string; readonly fields: Readonly<Record<string, string>> }
  /** Created again if it does not exist. */
  | { readonly kind: 'removed'; readonly key: string; readonly fields: Readonly<Record<string, string>> };

export interface SonicTakeBack {
  readonly kind: 'sonic';
  /** Number of CONFIG_DB on its server. */
  readonly database: number;
  readonly rows: readonly RowBack[];
}

/** The way back of links: `take-back-links.ts` has its program. */
export interface LinkTakeBack {
  readonly kind: 'linux';
  /** Network namespace; undefined for that of fettle. */
  readonly namespace?: string;
  /** Commands of a batch of `ip`. Each may fail without harm, such as for an address that exists. */
  readonly lines: readonly BackLine[];
}

export type TakeBack = SonicTakeBack | LinkTakeBack;

/** The result of a take-back. */
export interface TakenBack {
  /** Number of fields and rows that went back; on a Linux host, of commands. */
  readonly back: number;
  /** Fields and rows that others changed meanwhile, and that stay: `PORT|Ethernet0 mtu`, `eth0 mtu`. */
  readonly kept: readonly string[];
}

/**
 * The row that a change writes. `neutral` has the values that stand for a field that does not exist, because a switch does
 * not take a field away at run time.
 */
export function writtenRow(
  key: string,
  before: Readonly<Record<string, string>>,
  set: Readonly<Record<string, string>>,
  neutral: Readonly<Record<string, string>>,
): RowBack {
  const fields = Object.entries(set)
    .filter(([field, ours]) => before[field] !== ours)
    .map(([field, ours]) => ({ field, ours, back: before[field] ?? neutral[field] ?? null }));
  return { kind: 'written', key, fields };
}

/** Begins the answer of a take-back that was carried out. */
export const DONE = 'taken-back';

/**
 * Argument: the rows, as JSON. Answers `taken-back` and a JSON object, or `loading` while CONFIG_DB is loaded; then nothing
 * was changed. A row that does not exist is not created by its fields.
 */
export const TAKE_BACK_SOURCE = `
if redis.call('GET', 'CONFIG_DB_INITIALIZED') ~= '1' then return 'loading' end
local back = 0
local kept = {}
local function keep(text) kept[#kept + 1] = text end
local function fieldsOf(key)
  local row = redis.call('HGETALL', key)
  local fields = {}
  for i = 1, #row, 2 do
    if row[i] ~= 'NULL' then fields[row[i]] = row[i + 1] end
  end
  return fields
end
local function same(a, b)
  for name, value in pairs(a) do if b[name] ~= value then return false end end
  for name in pairs(b) do if a[name] == nil then return false end end
  return true
end
local function names(text, name)
  for part in string.gmatch(text, '[^|,%s]+') do
    local parent = string.match(part, '^([^.]+)%.%d+$')
    if part == name or parent == name then return true end
    if parent and string.gsub(parent, '^Eth(%d)', 'Ethernet%1') == name then return true end
  end
  return false
end
local function namedBy(key)
  local name = string.match(key, '|(.*)$')
  for _, other in ipairs(redis.call('KEYS', '*|*')) do
    if other ~= key then
      if names(string.match(other, '|(.*)$'), name) then return other end
      if redis.call('TYPE', other).ok == 'hash' then
        for field, value in pairs(fieldsOf(other)) do
          if field == name then return other end
          local isText = field == 'alias' or field == 'description'
          if not isText and names(value, name) then return other end
        end
      end
    end
  end
end
for _, row in ipairs(cjson.decode(ARGV[1])) do
  local key = row.key
  local exists = redis.call('EXISTS', key) == 1
  if row.kind == 'written' then
    for _, each in ipairs(row.fields) do
      local found = redis.call('HGET', key, each.field)
      local to = each.back
      if to == cjson.null then to = false end
      if found == each.ours then
        if to then redis.call('HSET', key, each.field, to) else redis.call('HDEL', key, each.field) end
        if redis.call('EXISTS', key) == 0 then redis.call('HSET', key, 'NULL', 'NULL') end
        back = back + 1
      elseif exists and found and found ~= to then
        keep(key .. ' ' .. each.field)
      end
    end
    if not exists then keep(key) end
  elseif row.kind == 'created' then
    if exists then
      local found = fieldsOf(key)
      local named = namedBy(key)
      if same(found, row.fields) and not named then
        redis.call('DEL', key)
        back = back + 1
      elseif found.admin_status == 'up' and row.fields.admin_status == 'up' then
        redis.call('HSET', key, 'admin_status', 'down')
        back = back + 1
        keep(key)
      elseif found.admin_status ~= 'down' or named or not same(found, row.fields) then
        keep(key)
      end
    end
  elseif row.kind == 'removed' then
    if not exists then
      local words = {}
      for name, value in pairs(row.fields) do
        words[#words + 1] = name
        words[#words + 1] = value
      end
      if #words == 0 then words = { 'NULL', 'NULL' } end
      redis.call('HSET', key, unpack(words))
      back = back + 1
    elseif not same(fieldsOf(key), row.fields) then
      keep(key)
    end
  end
end
local answer = { back = back }
if #kept > 0 then answer.kept = kept end
return '${DONE} ' .. cjson.encode(answer)
`;

export const TAKE_BACK = scriptOf(TAKE_BACK_SOURCE);

/** A text as a literal of Lua, in long brackets of a level that the text does not contain. */
function luaLiteral(text: string): string {
  let level = '=';
  while (text.includes(`]${level}]`)) level += '=';
  return `[${level}[${text}]${level}]`;
}

/** The file for `redis-cli --eval`, with the rows in it: arguments of programs are limited in length. */
export function luaFile({ rows }: SonicTakeBack): string {
  return `local ARGV = { ${luaLiteral(JSON.stringify(rows))} }\n${TAKE_BACK_SOURCE}`;
}

/** The result in the answer of the script; undefined while CONFIG_DB is loaded, or for another answer. */
export function takenBackIn(answer: unknown): TakenBack | undefined {
  if (typeof answer !== 'string' || !answer.startsWith(`${DONE} `)) return undefined;
  const parsed: unknown = JSON.parse(answer.slice(DONE.length).trim());
  if (!isRecord(parsed)) return undefined;
  const { back, kept } = parsed;
  return {
    back: typeof back === 'number' ? back : 0,
    kept: Array.isArray(kept) ? kept.filter((each) => typeof each === 'string') : [],
  };
}
