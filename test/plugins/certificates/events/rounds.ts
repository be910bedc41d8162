/** Rounds of certificate events over a log in memory: tables and notes are recorded as an engine does it. */

import { type Desired, formatRef, type LedgerChange, type Memory } from '#plugin';
import { type CertificateEvent, KEPT_MS } from '../../../../plugins/certificates/events/event.ts';
import { eventRound, type EventRoundResult } from '../../../../plugins/certificates/events/fold.ts';
import { ledgerChanges, tablesOf } from '../../../../plugins/certificates/events/tables.ts';
import { eventSettings } from '../../../../plugins/certificates/events/settings.ts';
import type { DomainMemory, DomainSpec } from '../../../../plugins/certificates/generated.ts';
import { certificates } from '../../../../plugins/certificates/plugin.ts';
import { memoryLog, type MemoryLog } from '../../../../src/conformance/memory-log.ts';
import { noteDrafts } from '../../../../src/engine/state-notes.ts';
import { desiredOf, domainSpec, iso, NOW, refOf } from '../support.ts';

const validators = await certificates.validators();

export const SETTINGS = eventSettings({});

/** A log with the tables of certificate events, and the declared Domains. */
export interface Recorded {
  readonly log: MemoryLog;
  readonly domains: readonly Desired<DomainSpec>[];
}

export function domain(name: string, more: Partial<DomainSpec> = {}): Desired<DomainSpec> {
  return desiredOf('Domain', name, domainSpec({ host: `${name}.example.test`, ...more }));
}

/** The state of a Domain that was probed. */
export function probed(name: string, state: string, kept: Partial<DomainMemory> = {}): Memory<DomainMemory> {
  return { ref: refOf('Domain', name), version: 1, state, kept: { checked_at: iso(NOW - KEPT_MS), ...kept } };
}

export function nothing(
  domains: readonly Desired<DomainSpec>[] = [domain('www')],
  memory: readonly Memory[] = [],
): Recorded {
  const log = memoryLog();
  for (const each of memory) log.recall.resources.set(formatRef(each.ref), each);
  return { log, domains };
}

/** The recorded tables. */
export function recordedTables({ log }: Recorded): ReturnType<typeof tablesOf> {
  return tablesOf(log.recall.ledger);
}

/** Records changes of tables, as a command of a person does it. */
export async function change({ log }: Recorded, changes: readonly LedgerChange[]): Promise<void> {
  await log.record(changes.map((each) => ({ kind: 'ledger', body: { run: 'run', ...each } })));
}

export function memoryOf({ log }: Recorded, name = 'www'): Memory<DomainMemory> | undefined {
  return log.recall.resources.get(formatRef(refOf('Domain', name)));
}

/** Runs a round, and records its results. */
export async function round(
  recorded: Recorded,
  arrivals: readonly CertificateEvent[] = [],
  now = NOW,
  settings: Parameters<typeof eventRound>[0]['settings'] = SETTINGS,
): Promise<EventRoundResult> {
  const { log, domains } = recorded;
  const result = eventRound({
    tables: recordedTables(recorded),
    arrivals,
    domains: domains.map(({ ref, spec }) => ({ ref, spec, memory: memoryOf(recorded, ref.name) })),
    settings,
    now,
  });
  const desired = new Map(domains.map((each) => [formatRef(each.ref), each]));
  await log.record(
    noteDrafts(result.notes, { plugin: certificates, validators, desired, recall: log.recall, run: 'run' }),
  );
  await change(recorded, JSON.parse(JSON.stringify(ledgerChanges(result))) as readonly LedgerChange[]);
  return result;
}

/** An event about `www` that has just arrived, with the id `evt-<name>`. */
export function event(name: string, more: Partial<CertificateEvent> = {}): CertificateEvent {
  return {
    id: `evt-${name}`,
    source: 'cert_manager',
    cluster: 'prod',
    domain: 'www.example.test',
    type: 'renewal_failed',
    at: iso(NOW),
    received_at: more.at ?? iso(NOW),
    digest: `sha256:${name}`,
    verified: true,
    ...more,
  };
}
