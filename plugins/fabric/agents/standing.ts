/**
 * The standing of each switch: whether it has applied the configuration that the controller wrote for it.
 *
 * Three things make one reading insufficient. A failed apply ends the process of the agent, which starts again and reports
 * the generation before: only its new run shows the failure. The agent sends no heartbeat while it applies. The clock of a
 * switch may differ from ours. Therefore readings are folded into a track, and the standing is judged by both.
 */

import { CLOCK_AHEAD_MS, defined, type Instant, spanText } from '#plugin';
import type { AgentReport } from './report.ts';

/** `silent`: the agent does not report. `unknown`: the report does not show the state. */
export type AgentState = 'applied' | 'pending' | 'failing' | 'silent' | 'unknown';

export interface AgentStanding {
  /** Name of the switch. */
  readonly name: string;
  readonly state: AgentState;
  /** A sentence. */
  readonly reason: string;
  /** The reason without the time for which it has lasted: the same at every reading. */
  readonly lasting: string;
  /** Generation of the configuration that the controller wrote last. */
  readonly generation?: number;
  readonly applied?: number;
  /** Estimated age of the last heartbeat, in ms. */
  readonly heartbeatAge?: number;
  /** Missing and odd members of the report, as sentences. */
  readonly findings: readonly string[];
}

export interface AgentLimits {
  /** Time without a heartbeat after which a switch that applies nothing is silent. */
  readonly silentMs: number;
  /** Time after which a generation that is not applied is failing. */
  readonly graceMs: number;
}

/** Three heartbeats of 15 s, and more than the 5 minutes that an agent waits for a restart after a change of RoCE. */
export const AGENT_LIMITS: AgentLimits = { silentMs: 45_000, graceMs: 360_000 };

/** A generation that a switch has not applied. Times are of our clock. */
interface Behind {
  readonly generation: number;
  readonly since: Instant;
  /** First reading of its attempt. */
  readonly attemptedSince?: Instant;
  /** True if the process of the agent has ended during the attempt. */
  readonly failed?: true;
}

/** The result of all readings of one Agent. JSON. */
export interface AgentTrack {
  readonly uid: string;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  readonly heartbeat?: Instant;
  /**
   * The smallest difference between our clock at a reading and the heartbeat that it found: an upper limit of the lag of
   * the switch's clock. An age beyond it is certain.
   */
  readonly lag?: number;
  /** True if the heartbeat has changed between two readings. */
  readonly hasMoved?: true;
  readonly run?: string;
  readonly boot?: string;
  readonly version?: string;
  readonly behind?: Behind;
}

/** True if the condition says that the present generation is not applied. */
function isDenied({ condition, generation }: AgentReport): boolean {
  return condition?.isTrue === false && condition.generation === generation;
}

/**
 * True if the agent applied the generation when it started, after the condition was written: it does not update the
 * condition then. Both times are of the switch's clock.
 */
function isAppliedAtStart({ condition, applied }: AgentReport): boolean {
  return condition?.since !== undefined && applied?.at !== undefined && applied.at > condition.since;
}

function isBehind(report: AgentReport): boolean {
  const { generation, applied } = report;
  if (generation === undefined || applied === undefined) return false;
  return applied.generation === generation
    ? isDenied(report) && !isAppliedAtStart(report)
    : applied.generation < generation;
}

function isAttempted(report: AgentReport): boolean {
  return report.attempted?.generation === report.generation || isDenied(report);
}

/** True if the agent's process has ended since the last reading, for no reason such as an upgrade or a restart of the switch. */
function hasEnded(track: AgentTrack, { run, boot, version }: AgentReport): boolean {
  return (
    track.run !== undefined &&
    run !== undefined &&
    track.run !== run &&
    track.boot === boot &&
    track.version === version
  );
}

/** True if the process that reports is not the one that attempted the generation. */
function isNextRun({ attempted, generation = 0 }: AgentReport): boolean {
  return attempted !== undefined && attempted.generation < generation;
}

function behindOf(track: AgentTrack | undefined, report: AgentReport, now: Instant): Behind | undefined {
  if (!isBehind(report) || report.generation === undefined) return undefined;
  const { generation } = report;
  const known = track?.behind?.generation === generation ? track.behind : undefined;
  const ended = track !== undefined && hasEnded(track, report);
  const failed = ended && (known?.attemptedSince !== undefined || (isDenied(report) && isNextRun(report)));
  return defined<Behind>({
    generation,
    since: known?.since ?? now,
    attemptedSince: known?.attemptedSince ?? (isAttempted(report) ? now : undefined),
    failed: known?.failed ?? (failed ? true : undefined),
  });
}

/** The lag of the switch's clock. A heartbeat that has just changed shows it anew, as a clock may be set. */
function lagOf(track: AgentTrack | undefined, { heartbeat, boot }: AgentReport, now: Instant, limits: AgentLimits) {
  if (heartbeat === undefined) return undefined;
  const lag = now - heartbeat;
  const isNew = track?.lag === undefined || track.boot !== boot;
  const isFresh = track !== undefined && track.heartbeat !== heartbeat && now - track.lastAt <= limits.silentMs;
  return isNew || isFresh ? lag : Math.min(track.lag, lag);
}

/** Adds a reading to the track of an Agent. `before` is undefined for the first one. Pure. */
export function trackAgent(
  before: AgentTrack | undefined,
  report: AgentReport,
  now: Instant,
  limits: AgentLimits = AGENT_LIMITS,
): AgentTrack {
  const track = before?.uid === report.uid ? before : undefined;
  const hasMoved = track?.heartbeat !== undefined && track.heartbeat !== report.heartbeat;
  return defined<AgentTrack>({
    uid: report.uid,
    firstAt: track?.firstAt ?? now,
    lastAt: now,
    heartbeat: report.heartbeat,
    lag: lagOf(track, report, now, limits),
    hasMoved: hasMoved || track?.hasMoved === true ? true : undefined,
    run: report.run,
    boot: report.boot,
    version: report.version,
    behind: behindOf(track, report, now),
  });
}

interface Verdict {
  readonly state: AgentState;
  readonly reason: string;
  /** Time for which the reason has lasted, in ms. */
  readonly ms?: number;
}

/** The verdict on a switch that does not report, or may not; undefined for one that reports. */
function silenceOf({ heartbeat }: AgentReport, track: AgentTrack, now: Instant, { silentMs }: AgentLimits) {
  if (heartbeat === undefined) return undefined;
  const { lag = now - heartbeat, hasMoved } = track;
  const age = now - heartbeat - lag;
  if (age > silentMs) return { state: 'silent', reason: 'the switch has not reported', ms: age } satisfies Verdict;
  if (hasMoved === true || (lag <= silentMs && lag >= -CLOCK_AHEAD_MS)) return undefined;
  const difference = lag < 0 ? `${spanText(-lag)} ahead of` : `${spanText(lag)} old by`;
  return {
    state: 'unknown',
    reason: `the last heartbeat was ${difference} this machine's clock when it was read, and the next one will show whether the clocks differ`,
  } satisfies Verdict;
}

/** The generation that the agent applies: the present one, or an earlier one that it began before; undefined for none. */
function underWay(report: AgentReport, behind: Behind): number | undefined {
  const { attempted, applied, condition } = report;
  if (isAttempted(report) || behind.attemptedSince !== undefined) return behind.generation;
  const earlier = [attempted?.generation, condition?.isTrue === false ? condition.generation : undefined];
  return earlier.find((generation) => generation !== undefined && generation > (applied?.generation ?? generation));
}

/** The time for which an attempt has run. The switch's own times count too: they need no second reading. */
function attemptMs({ heartbeat, condition }: AgentReport, behind: Behind, now: Instant): number {
  const seen = now - (behind.attemptedSince ?? behind.since);
  const reported = heartbeat === undefined || condition?.since === undefined ? 0 : heartbeat - condition.since;
  return Math.max(seen, reported);
}

/** A generation that the agent has not begun: a switch that does not report never will. */
function judgeIdle(report: AgentReport, behind: Behind, track: AgentTrack, now: Instant, limits: AgentLimits): Verdict {
  const { generation, since } = behind;
  const waited = now - since;
  const silence = silenceOf(report, track, now, limits);
  if (silence !== undefined) return silence;
  return waited > limits.graceMs
    ? {
        state: 'failing',
        reason: `the switch reports, but has not begun to apply generation ${generation}`,
        ms: waited,
      }
    : { state: 'pending', reason: `the switch has not begun to apply generation ${generation} yet` };
}

function judgeBehind(
  report: AgentReport,
  behind: Behind,
  track: AgentTrack,
  now: Instant,
  limits: AgentLimits,
): Verdict {
  const { generation, failed } = behind;
  if (failed === true)
    return {
      state: 'failing',
      reason: `the agent's process ended while it applied generation ${generation}, and it tries again`,
    };
  const present = underWay(report, behind);
  if (present === undefined) return judgeIdle(report, behind, track, now, limits);
  const ms = attemptMs(report, behind, now);
  if (ms > limits.graceMs) return { state: 'failing', reason: `generation ${generation} has not been applied`, ms };
  const next = present === generation ? '' : `, and generation ${generation} after it`;
  return { state: 'pending', reason: `the switch applies generation ${present}${next}` };
}

function judged(report: AgentReport, track: AgentTrack, now: Instant, limits: AgentLimits): Verdict {
  const { generation, applied, heartbeat, hasStatus } = report;
  if (generation === undefined) return { state: 'unknown', reason: 'the Agent does not name its generation' };
  if (!hasStatus) {
    const waited = now - track.firstAt;
    return waited > limits.graceMs
      ? { state: 'silent', reason: 'the switch has never reported', ms: waited }
      : { state: 'pending', reason: 'the switch has not reported yet' };
  }
  if (applied === undefined)
    return { state: 'unknown', reason: 'the Agent does not report the generation that is applied' };
  if (applied.generation > generation)
    return {
      state: 'unknown',
      reason: `the switch has applied generation ${applied.generation} of an earlier Agent, which was removed; this one has generation ${generation}`,
    };
  if (track.behind !== undefined) return judgeBehind(report, track.behind, track, now, limits);
  if (heartbeat === undefined) return { state: 'unknown', reason: 'the Agent does not report a heartbeat' };
  return (
    silenceOf(report, track, now, limits) ?? {
      state: 'applied',
      reason: `the switch has applied generation ${generation}`,
    }
  );
}

/** Judges the standing of a switch by its last report, which is part of the track. Pure. */
export function judgeAgent(
  report: AgentReport,
  track: AgentTrack,
  now: Instant,
  limits: AgentLimits = AGENT_LIMITS,
): AgentStanding {
  const { heartbeat } = report;
  // A small lag is the age that the heartbeat had when it was read, rather than a difference of the clocks.
  const { lag = 0, hasMoved } = track;
  const differs = hasMoved === true && (lag > limits.silentMs || lag < 0);
  const { state, reason, ms } = judged(report, track, now, limits);
  return defined<AgentStanding>({
    name: report.name,
    state,
    reason: ms === undefined ? reason : `${reason} for ${spanText(ms)}`,
    lasting: reason,
    generation: report.generation,
    applied: report.applied?.generation,
    heartbeatAge: heartbeat === undefined ? undefined : Math.max(0, now - heartbeat - (differs ? lag : 0)),
    findings: report.oddities,
  });
}
