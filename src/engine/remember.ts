/**
 * The state as a fold of the log.
 *
 * `rememberOne` is pure: it applies one record to the state of one resource. `fold` applies it to a table in place, so
 * that a long log takes one pass. Both have the same result for the same records, whether these are read, verified or
 * just written. The state does not change in another way.
 */

import {
  type Applied,
  compareText,
  formatRef,
  type FormerLabels,
  type Instant,
  instantOf,
  intentId,
  type Json,
  type Labels,
  type Memory,
  type MetaNote,
  type OpenIntent,
  type ReadText,
  type Ref,
  RETRY_EXHAUSTED,
  type Spent,
  stepParts,
  defined,
  USES_KEPT_MS,
} from '#plugin';
import {
  type LedgerEntry,
  type LogRecord,
  memoryBody,
  memoryOf,
  type RecordBodies,
  type Seen,
  spentBody,
  spentOf,
} from '../formats/log-record.ts';

/** The state of all resources by address, and its time. */
export interface Recall {
  readonly resources: Map<string, Memory>;
  /** Steps that count against limits over time, by sequence number of the intent, oldest first; see SPENT_KEPT_MS. */
  readonly spent: Map<number, Spent>;
  /** Uses of limits of providers, by sequence number of the record of progress, oldest first; see USES_KEPT_MS. */
  readonly used: Map<number, Spent>;
  /** Times of `used` by the keys of the limits, ascending. Follows from `used`. */
  readonly uses: Map<string, Instant[]>;
  /** Tables with the state of what is not a resource, each by key. */
  readonly ledger: Map<string, Map<string, Json>>;
  /** Positions up to which the files of the inbox are drained, in bytes, by name. */
  readonly inbox: Map<string, number>;
  /** Time of the newest record. Never runs backwards. Absent without a record. */
  at?: Instant;
  /** Time of the last recorded refresh of all resources, or of a checkpoint after it. Absent without one. */
  refreshedAt?: Instant;
  /** Times of later refreshes of all resources of one plugin. */
  readonly refreshedBy: Map<string, Instant>;
}

export function emptyRecall(): Recall {
  return {
    resources: new Map(),
    spent: new Map(),
    used: new Map(),
    uses: new Map(),
    ledger: new Map(),
    inbox: new Map(),
    refreshedBy: new Map(),
  };
}

/** Time of the last recorded refresh of all resources of a plugin, or slightly later; undefined without one. */
export function refreshOf({ refreshedAt, refreshedBy }: Recall, plugin: string): Instant | undefined {
  const own = refreshedBy.get(plugin);
  return own === undefined || refreshedAt === undefined ? (own ?? refreshedAt) : Math.max(own, refreshedAt);
}

/** The recorded texts of documents, by digest. */
export function textsOf({ resources }: Recall): ReadonlyMap<string, ReadText> {
  return new Map([...resources.values()].flatMap(({ read }) => (read === undefined ? [] : [[read.digest, read]])));
}

/** Every entry of the ledger, by table and key. */
export function entriesOf({ ledger }: Pick<Recall, 'ledger'>): readonly LedgerEntry[] {
  const sorted = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => compareText(a, b));
  return sorted(ledger).flatMap(([table, values]) => sorted(values).map(([key, value]) => ({ table, key, value })));
}

/** Sets the value of a key; removes the key without a value, and a table without keys. */
function enter({ ledger }: Recall, { table, key, value }: LedgerEntry): void {
  const values = ledger.get(table) ?? new Map<string, Json>();
  if (value === undefined) values.delete(key);
  else values.set(key, value);
  if (values.size === 0) ledger.delete(table);
  else ledger.set(table, values);
}

/** Longest period of a limit over time that fettle itself sets. */
export const SPENT_KEPT_MS = 7 * 24 * 60 * 60_000;

/** Moves the positions of the inbox as a group of records did. */
export function drainInbox(inbox: Map<string, number>, { files = {} }: RecordBodies['inbox']): void {
  for (const [file, drained] of Object.entries(files)) {
    if (drained === null) inbox.delete(file);
    else inbox.set(file, drained);
  }
}

/** The positions of the inbox in the order of a checkpoint: by name. */
export function positionsOf(inbox: ReadonlyMap<string, number>): readonly RecordBodies['remembered'][] {
  return [...inbox]
    .sort(([a], [b]) => compareText(a, b))
    .map(([file, drained]): RecordBodies['remembered'] => ({ inbox: { file, drained } }));
}

/**
 * The whole state in the order of a checkpoint: resources by address, spent steps and then used limits by sequence
 * number, the ledger by table and key, and files of the inbox by name.
 */
export function rememberedOf(recall: Recall): readonly RecordBodies['remembered'][] {
  return [
    ...[...recall.resources]
      .sort(([a], [b]) => compareText(a, b))
      .map(([, memory]): RecordBodies['remembered'] => ({ memory: memoryBody(memory) })),
    ...[...recall.spent.values(), ...recall.used.values()].map((spent): RecordBodies['remembered'] => ({
      spent: spentBody(spent),
    })),
    ...entriesOf(recall).map((entry): RecordBodies['remembered'] => ({ entry })),
    ...positionsOf(recall.inbox),
  ];
}

type Entry =
  | { readonly kind: 'seen'; readonly body: Seen }
  | { readonly kind: 'intent'; readonly body: RecordBodies['intent']; readonly seq: number }
  | { readonly kind: 'progress'; readonly body: RecordBodies['progress'] }
  | { readonly kind: 'outcome'; readonly body: RecordBodies['outcome'] }
  | { readonly kind: 'memory'; readonly body: RecordBodies['memory'] };

function blank(ref: Ref): Memory {
  return { ref, version: 1, kept: {} };
}

/** An object without its empty members; the object itself if it has none, for speed. */
function without<T extends object>(object: T, saysNothing: (value: unknown) => boolean): T {
  let isFull = true;
  for (const name in object) if (saysNothing(object[name])) isFull = false;
  if (isFull) return object;
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !saysNothing(value))) as T;
}

/** Drops undefined and empty members, so that equal states are equal as JSON. */
export function tidy(memory: Memory): Memory {
  const kept = without(memory.kept, (value) => value === undefined || value === null);
  return without(kept === memory.kept ? memory : { ...memory, kept }, (value) => value === undefined);
}

/** Limit of recorded former label sets of one resource. */
const MOST_FORMER = 32;

/** Former labels that a budget may still count, with those that end now. */
function formerOf({ formerLabels = [] }: Memory, ended: Labels | undefined, at: Instant): readonly FormerLabels[] {
  const oldest = at - SPENT_KEPT_MS;
  const all = [...formerLabels, ...(ended === undefined ? [] : [{ labels: ended, until: at }])];
  return all.filter(({ until }) => until >= oldest).slice(-MOST_FORMER);
}

function withMeta(memory: Memory, meta: MetaNote | undefined, at: Instant): Memory {
  if (meta === undefined) return memory;
  const former = formerOf(memory, meta.labels_before, at);
  return {
    ...memory,
    protect: meta.protect,
    onRemove: meta.on_remove,
    hold: meta.hold,
    needs: meta.needs.length === 0 ? undefined : meta.needs,
    labels: Object.keys(meta.labels).length === 0 ? undefined : meta.labels,
    formerLabels: former.length === 0 ? undefined : former,
    safety: meta.safety ?? memory.safety,
    read: meta.read ?? memory.read,
    ignore: meta.ignore,
  } as Memory;
}

function appliedOf(at: Instant, spec: Json | undefined, digest: string | undefined): Applied | undefined {
  if (digest === undefined) return undefined;
  return spec === undefined ? { at, digest } : { at, digest, spec };
}

function withState(memory: Memory, at: Instant, state: string | undefined): Memory {
  return state === undefined || state === memory.state ? memory : { ...memory, state, since: at };
}

function withKept(
  memory: Memory,
  kept: Readonly<Record<string, Json>> | undefined,
  version: number | undefined,
): Memory {
  if (kept === undefined) return memory;
  return { ...memory, version: version ?? memory.version, kept: { ...memory.kept, ...kept } };
}

/** The codes of findings, each with its start time; undefined if there are none. */
function standingSince(codes: readonly string[], { findings }: Memory, at: Instant): Memory['findings'] {
  if (codes.length === 0) return undefined;
  const known = new Map(Object.entries(findings ?? {}));
  return Object.fromEntries(codes.map((code) => [code, known.get(code) ?? at]));
}

function rememberSeen(memory: Memory | undefined, seen: Seen, at: Instant): Memory | undefined {
  if (seen.gone === true) return undefined;
  const before = memory ?? blank(seen.ref);
  const met: Memory = {
    ...before,
    hold: seen.hold ?? before.hold,
    needs: seen.needs ?? before.needs,
    labels: seen.labels ?? before.labels,
    safety: seen.safety ?? before.safety,
    read: seen.read ?? before.read,
    ignore: seen.ignore === undefined ? before.ignore : seen.ignore.length === 0 ? undefined : seen.ignore,
    repeats:
      seen.repeats === undefined ? before.repeats : Object.keys(seen.repeats).length === 0 ? undefined : seen.repeats,
    findings: seen.findings === undefined ? before.findings : standingSince(seen.findings, before, at),
    others: seen.others ?? before.others,
    applied: appliedOf(at, seen.spec, seen.spec_digest) ?? before.applied,
    differs: seen.spec === undefined && seen.spec_digest === undefined ? before.differs : undefined,
    ...(seen.settled === true ? { failures: undefined, outages: undefined, lastError: undefined } : {}),
  } as Memory;
  return withKept(withState(met, at, seen.state), seen.kept, seen.version);
}

/** True if the open step has the same target and document as the last failed one. */
function isSameAttempt({ open, lastError }: Memory): boolean {
  if (open === undefined || lastError === undefined) return false;
  if (stepParts(open.step).to !== stepParts(lastError.step).to) return false;
  return lastError.digest === undefined || lastError.digest === open.applied?.digest;
}

/** Limit of recorded create intents of one resource without an observed result. */
const MOST_TRIED = 16;

/** Adds an open create intent to those whose result may still appear. */
function withTried(memory: Memory, { open, tried = [] }: Memory): Memory {
  return open?.goal === 'create' ? { ...memory, tried: [...tried, intentId(open)].slice(-MOST_TRIED) } : memory;
}

/** The state of a resource after the removal of its replacement: the lifecycle settings about removals. */
function promised(
  { ref, protect, onRemove, hold, needs, labels, formerLabels, safety, digests, open }: Memory,
  at: Instant,
): Memory {
  const successor = open?.applied?.digest;
  const kept = { protect, onRemove, hold, needs, labels, formerLabels, safety, digests, successor };
  return { ...blank(ref), ...kept, state: 'absent', since: at } as Memory;
}

function rememberOutcome(memory: Memory | undefined, body: RecordBodies['outcome'], at: Instant): Memory | undefined {
  const before = memory ?? blank(body.ref);
  const open = before.open;
  const closed = { ...before, open: body.outcome === 'unknown' ? open : undefined } as Memory;
  if (body.outcome === 'unknown') return closed;
  if (body.outcome === 'undone')
    return withState(withKept(withTried(closed, before), body.kept, body.version), at, body.state);
  if (body.outcome === 'failed') {
    const { attempted: _former, outages: _earlier, ...rest } = closed;
    const attempted = open?.goal === 'update' ? open.applied?.spec : undefined;
    const isAgain = open?.anew !== true && isSameAttempt(before);
    const outages = (isAgain ? (before.outages ?? 0) : 0) + (body.outage === true ? 1 : 0);
    const failed = {
      ...rest,
      ...(attempted === undefined ? {} : { attempted }),
      failures: (isAgain ? (before.failures ?? 0) : 0) + 1,
      ...(outages === 0 ? {} : { outages }),
      lastError: defined<NonNullable<Memory['lastError']>>({
        at,
        step: open?.step ?? ('unknown>unknown' as const),
        message: body.error ?? '',
        digest: open?.applied?.digest,
        outage: body.outage,
      }),
    };
    const made =
      body.created === true
        ? { ...withMeta(failed, open?.meta, at), owned: before.owned ?? ('created' as const), applied: open?.applied }
        : failed;
    return withState(withKept(withTried(made as Memory, before), body.kept, body.version), at, body.state);
  }
  if (open?.goal === 'remove' && (body.state === undefined || body.state === 'absent')) return undefined;
  if (open?.goal === 'replace' && body.state === 'absent')
    return withKept(promised(before, at), body.kept, body.version);
  if (open?.goal === 'remove') {
    const left = {
      ...closed,
      failures: undefined,
      outages: undefined,
      lastError: undefined,
      removing: true,
    } as unknown as Memory;
    return withState(withKept(left, body.kept, body.version), at, body.state);
  }
  const done = {
    ...closed,
    owned: before.owned ?? (open?.goal === 'create' ? ('created' as const) : undefined),
    unknown: undefined,
    failures: undefined,
    outages: undefined,
    lastError: undefined,
    tried: undefined,
    removing: undefined,
    successor: undefined,
    others: body.others ?? before.others,
    applied: (body.more === true ? undefined : open?.applied) ?? before.applied,
    differs: body.more === true ? (body.differs ?? before.differs) : undefined,
    attempted: undefined,
  };
  return withState(
    withKept(withMeta(done as unknown as Memory, open?.meta, at), body.kept, body.version),
    at,
    body.state,
  );
}

function rememberMemory(memory: Memory | undefined, body: RecordBodies['memory'], at: Instant): Memory | undefined {
  if (body.goal === 'release') return undefined;
  const before = memory ?? blank(body.ref);
  const adopted =
    body.goal === 'adopt'
      ? { owned: before.owned ?? ('adopted' as const), unknown: undefined, tried: undefined, differs: body.differs }
      : {};
  const changed = {
    ...before,
    ...adopted,
    applied: appliedOf(at, body.spec, body.spec_digest) ?? before.applied,
    ...(body.digests === undefined ? {} : { digests: { ...before.digests, ...body.digests } }),
  };
  return withState(withKept(withMeta(changed as Memory, body.meta, at), body.kept, body.version), at, body.state);
}

/**
 * The files of the repository that a resource uses, after another step. Another spec drops those of the former one: the
 * steps of one spec use a limited number of files.
 */
function digestsAfter(
  memory: Memory | undefined,
  { digests, spec_digest: spec }: RecordBodies['intent'],
): Pick<Memory, 'digests'> {
  if (digests === undefined) return {};
  return { digests: memory?.applied?.digest === spec ? { ...memory?.digests, ...digests } : digests };
}

/** Applies one record to the state of one resource; undefined if the state no longer has the resource. */
function rememberOne(memory: Memory | undefined, entry: Entry, at: Instant): Memory | undefined {
  const next = remembered(memory, entry, at);
  return next === undefined ? undefined : tidy(next);
}

function remembered(memory: Memory | undefined, entry: Entry, at: Instant): Memory | undefined {
  switch (entry.kind) {
    case 'seen':
      return rememberSeen(memory, entry.body, at);
    case 'intent': {
      const { body } = entry;
      const open = defined<OpenIntent>({
        seq: entry.seq,
        run: body.run,
        at,
        step: body.step,
        goal: body.goal,
        meta: body.meta,
        anew: body.overrides?.some(({ rule }) => rule === RETRY_EXHAUSTED) === true ? true : undefined,
        applied: appliedOf(at, body.spec, body.spec_digest),
      });
      return { ...(memory ?? blank(body.ref)), ...digestsAfter(memory, body), open };
    }
    case 'progress':
      return withKept(memory ?? blank(entry.body.ref), entry.body.kept, entry.body.version);
    case 'outcome':
      return rememberOutcome(memory, entry.body, at);
    case 'memory':
      return rememberMemory(memory, entry.body, at);
  }
}

/** The memory of a resource after the records of a step that is done. */
export function rememberDone(
  memory: Memory | undefined,
  intent: RecordBodies['intent'],
  outcome: Omit<RecordBodies['outcome'], 'run' | 'ref' | 'intent' | 'outcome'>,
  at: Instant,
): Memory | undefined {
  const begun = rememberOne(memory, { kind: 'intent', body: intent, seq: 0 }, at);
  const { run, ref } = intent;
  return rememberOne(begun, { kind: 'outcome', body: { run, ref, intent: 0, outcome: 'done', ...outcome } }, at);
}

function put(recall: Recall, ref: Ref, entry: Entry, at: Instant): void {
  const address = formatRef(ref);
  const next = rememberOne(recall.resources.get(address), entry, at);
  if (next === undefined) recall.resources.delete(address);
  else recall.resources.set(address, next);
}

/** Removes the entries that are older than a time. Returns them. */
function dropBefore(entries: Map<number, Spent>, oldest: Instant): readonly Spent[] {
  const dropped: Spent[] = [];
  for (const [seq, each] of entries) {
    if (each.at >= oldest) break;
    entries.delete(seq);
    dropped.push(each);
  }
  return dropped;
}

/** Drops uses that no limit counts any longer. */
function dropUses({ used, uses }: Recall, at: Instant): void {
  for (const { keys = [] } of dropBefore(used, at - USES_KEPT_MS))
    for (const key of keys) {
      const times = uses.get(key);
      times?.shift();
      if (times?.length === 0) uses.delete(key);
    }
}

function addSpent({ spent, used, uses }: Recall, each: Spent): void {
  const { keys = [] } = each;
  if (keys.length === 0) spent.set(each.seq, each);
  else used.set(each.seq, each);
  for (const key of keys) {
    const times = uses.get(key);
    if (times === undefined) uses.set(key, [each.at]);
    else times.push(each.at);
  }
}

/** Counts what a running step has used of limits over time. */
function spendProgress(recall: Recall, { ref, spends }: RecordBodies['progress'], seq: number, at: Instant): void {
  if (spends === undefined) return;
  dropUses(recall, at);
  const step = recall.resources.get(formatRef(ref))?.open?.step ?? ('unknown>unknown' as const);
  addSpent(recall, { seq, at, ref, step, labels: {}, keys: spends });
}

/** Counts the step of an intent. */
function spend(recall: Recall, body: RecordBodies['intent'], seq: number, at: Instant): void {
  const removal = body.goal === 'remove' || body.goal === 'replace';
  if (!removal && body.disruptive !== true) return;
  dropBefore(recall.spent, at - SPENT_KEPT_MS);
  const memory = recall.resources.get(formatRef(body.ref));
  recall.spent.set(seq, {
    seq,
    at,
    ref: body.ref,
    step: body.step,
    labels: body.meta?.labels ?? memory?.labels ?? {},
    ...(memory?.formerLabels === undefined ? {} : { formerLabels: memory.formerLabels }),
    ...(removal ? { removal } : {}),
    ...(body.disruptive === true ? { disruptive: true } : {}),
  });
}

/** Moves a resource to another address, with references to it. */
function move(recall: Recall, from: Ref, to: Ref): void {
  const [source, target] = [formatRef(from), formatRef(to)];
  const memory = recall.resources.get(source);
  if (memory === undefined) return;
  recall.resources.delete(source);
  recall.resources.set(target, { ...memory, ref: to });
  for (const [address, other] of recall.resources) {
    if (other.needs?.includes(source) !== true) continue;
    recall.resources.set(address, {
      ...other,
      needs: other.needs.map((need) => (need === source ? target : need)),
    });
  }
}

/** Applies one record to the table. */
export function fold(recall: Recall, record: LogRecord): void {
  const at = Math.max(instantOf(record.time), recall.at ?? 0);
  recall.at = at;
  switch (record.kind) {
    case 'checkpoint':
      recall.resources.clear();
      recall.spent.clear();
      recall.used.clear();
      recall.uses.clear();
      recall.ledger.clear();
      recall.inbox.clear();
      // Earlier records are not read: the last refresh was not later than this.
      recall.refreshedAt ??= at;
      return;
    case 'remembered':
      if ('memory' in record.body)
        recall.resources.set(formatRef(record.body.memory.ref), memoryOf(record.body.memory));
      else if ('spent' in record.body) addSpent(recall, spentOf(record.body.spent));
      else if ('entry' in record.body) enter(recall, record.body.entry);
      else recall.inbox.set(record.body.inbox.file, record.body.inbox.drained);
      return;
    case 'seen':
      if (record.body.partial !== true) recall.refreshedAt = at;
      for (const plugin of record.body.whole ?? []) recall.refreshedBy.set(plugin, at);
      for (const seen of record.body.resources) put(recall, seen.ref, { kind: 'seen', body: seen }, at);
      return;
    case 'intent':
      spend(recall, record.body, record.seq, at);
      put(recall, record.body.ref, { kind: 'intent', body: record.body, seq: record.seq }, at);
      return;
    case 'progress':
      spendProgress(recall, record.body, record.seq, at);
      put(recall, record.body.ref, { kind: 'progress', body: record.body }, at);
      return;
    case 'outcome':
      // The intent had no effect.
      if (record.body.outcome === 'undone') recall.spent.delete(record.body.intent);
      put(recall, record.body.ref, { kind: 'outcome', body: record.body }, at);
      return;
    case 'memory':
      put(recall, record.body.ref, { kind: 'memory', body: record.body }, at);
      return;
    case 'moved':
      move(recall, record.body.from, record.body.ref);
      return;
    case 'ledger':
      enter(recall, record.body);
      return;
    case 'inbox':
      drainInbox(recall.inbox, record.body);
      return;
    case 'run':
    case 'end':
    case 'refusal':
    case 'order':
      return;
  }
}
