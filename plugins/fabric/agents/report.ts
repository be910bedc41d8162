/**
 * Agents as the API server returns them, without their specification, which has secrets. The reading tolerates other
 * versions: a missing or odd member is a finding of the report, and never an error.
 */

import { defined, type Instant, instantOf, isInstant, isRecord, printable, shorten } from '#plugin';
import type { LiveObject } from '../objects/content.ts';

/** A generation of the configuration, and the time of its attempt or success by the clock of the switch. */
export interface GenerationReport {
  readonly generation: number;
  readonly at?: Instant;
}

/** The condition `Applied`. */
export interface AppliedCondition {
  readonly isTrue: boolean;
  /** The generation that it names. */
  readonly generation?: number;
  readonly message: string;
  /** Time since which it has its value, by the clock of the switch. */
  readonly since?: Instant;
}

/** The report of one Agent, which has the name of its switch. */
export interface AgentReport {
  readonly name: string;
  readonly uid: string;
  /** The generation of the configuration that the controller wrote last. */
  readonly generation?: number;
  /** False for an Agent whose switch has not reported yet. */
  readonly hasStatus: boolean;
  readonly attempted?: GenerationReport;
  readonly applied?: GenerationReport;
  readonly condition?: AppliedCondition;
  /** Time of the last heartbeat, by the clock of the switch. */
  readonly heartbeat?: Instant;
  /** Identifies the run of the agent's process. */
  readonly run?: string;
  /** Identifies the start of the switch. */
  readonly boot?: string;
  /** Version of the agent. */
  readonly version?: string;
  readonly rebootRequired?: true;
  /** Missing and odd members, as sentences. */
  readonly oddities: readonly string[];
}

const MOST_TEXT = 200;

type Members = Readonly<Record<string, unknown>>;

function textIn(members: Members, key: string): string | undefined {
  const value = members[key];
  return typeof value === 'string' && value !== '' ? shorten(printable(value), MOST_TEXT) : undefined;
}

function membersOf(value: unknown): Members {
  return isRecord(value) ? value : {};
}

/** Reads members, and collects the odd ones. `of`: the part of the object that has them. */
class Reading {
  readonly #oddities: string[] = [];

  get oddities(): readonly string[] {
    return this.#oddities;
  }

  add(oddity: string): void {
    this.#oddities.push(oddity);
  }

  /** A whole number from `least` on; undefined if it is absent or odd. */
  count(members: Members, key: string, of: string, least: number): number | undefined {
    const value = members[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
    this.#odd(of, key, `a whole number from ${least} on`, value);
    return undefined;
  }

  time(members: Members, key: string, of: string): Instant | undefined {
    const value = members[key];
    // Kubernetes writes a time that is not set as null.
    if (value === undefined || value === null) return undefined;
    const at = typeof value === 'string' ? instantOf(value) : Number.NaN;
    if (isInstant(at)) return at;
    this.#odd(of, key, 'a time', value);
    return undefined;
  }

  #odd(of: string, key: string, wanted: string, value: unknown): void {
    const shown = shorten(printable(JSON.stringify(value)), 60);
    this.add(`${of}.${key} is not ${wanted}: ${shown}`);
  }
}

/** The generation in `Config applied, gen=5`: most versions of the agent do not fill in the observed one. */
function generationIn(message: string): number | undefined {
  const digits = /\bgen=(\d{1,15})\b/u.exec(message)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function conditionOf(status: Members, reading: Reading): AppliedCondition | undefined {
  const { conditions } = status;
  if (conditions !== undefined && conditions !== null && !Array.isArray(conditions)) {
    reading.add('status.conditions is not a list');
    return undefined;
  }
  const found = (Array.isArray(conditions) ? conditions : []).filter(isRecord).find(({ type }) => type === 'Applied');
  if (found === undefined) return undefined;
  const of = 'the condition Applied';
  if (found['status'] !== 'True' && found['status'] !== 'False') {
    reading.add(`${of} is neither True nor False`);
    return undefined;
  }
  const message = textIn(found, 'message') ?? '';
  return defined<AppliedCondition>({
    isTrue: found['status'] === 'True',
    generation: reading.count(found, 'observedGeneration', of, 1) ?? generationIn(message),
    message,
    since: reading.time(found, 'lastTransitionTime', of),
  });
}

function generationReport(
  status: Members,
  verb: 'Attempt' | 'Applied',
  reading: Reading,
): GenerationReport | undefined {
  const generation = reading.count(status, `last${verb}Gen`, 'status', 0);
  if (generation === undefined) return undefined;
  return defined<GenerationReport>({ generation, at: reading.time(status, `last${verb}Time`, 'status') });
}

/** Reads an Agent. Nothing of its specification, annotations and managed fields is in the report. */
export function readAgent(object: LiveObject): AgentReport {
  const metadata = membersOf(object['metadata']);
  const status = membersOf(object['status']);
  const reading = new Reading();
  const hasStatus = Object.keys(status).length > 0;
  const generation = reading.count(metadata, 'generation', 'metadata', 1);
  const applied = generationReport(status, 'Applied', reading);
  const attempted = generationReport(status, 'Attempt', reading);
  const heartbeat = reading.time(status, 'lastHeartbeat', 'status');
  const condition = conditionOf(status, reading);
  if (metadata['generation'] === undefined) reading.add('metadata.generation is missing');
  if (hasStatus)
    for (const key of ['lastAppliedGen', 'lastHeartbeat'])
      if ((status[key] ?? undefined) === undefined) reading.add(`status.${key} is missing`);
  return defined<AgentReport>({
    name: textIn(metadata, 'name') ?? '',
    uid: textIn(metadata, 'uid') ?? '',
    generation,
    hasStatus,
    attempted,
    applied,
    condition,
    heartbeat,
    run: textIn(status, 'runID'),
    boot: textIn(status, 'bootID'),
    version: textIn(status, 'version'),
    rebootRequired: status['rebootRequired'] === true ? true : undefined,
    oddities: reading.oddities,
  });
}
