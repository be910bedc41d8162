/** Evidence of the Agents of a fabric about its sync. */

import type { SwitchProblem } from '../fabric/facts.ts';
import type { Evidence } from '../states/refreshed.ts';
import type { AgentReport } from './report.ts';
import { type AgentStanding, type AgentState, type AgentTrack, judgeAgent, trackAgent } from './standing.ts';

/** Tracks of Agents by switch: the readings of one process. */
export type AgentTracks = Map<string, AgentTrack>;

/** The standings of all Agents, with the readings before. Adds the present readings to the tracks. */
export function standingsOf(
  reports: readonly AgentReport[],
  tracks: AgentTracks,
  now: number,
): readonly AgentStanding[] {
  return reports
    .map((report) => {
      const track = trackAgent(tracks.get(report.name), report, now);
      tracks.set(report.name, track);
      return judgeAgent(report, track, now);
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** From the worst on. `unknown` is the last: a report that shows nothing decides nothing. */
const BY_WEIGHT = ['failing', 'silent', 'pending'] as const satisfies readonly AgentState[];

/** The course of a fabric's Agents; absent if a report does not show it, and no other one decides. */
export function courseOf(standings: readonly AgentStanding[]): Pick<Evidence, 'agents'> {
  const worst = BY_WEIGHT.find((state) => standings.some((each) => each.state === state));
  if (worst !== undefined) return { agents: worst };
  return standings.some(({ state }) => state === 'unknown') ? {} : { agents: 'applied' };
}

/** The switches that do not follow, and those whose reports are odd. */
export function problemsOf(standings: readonly AgentStanding[]): readonly SwitchProblem[] {
  return standings.flatMap(({ name, state, reason, lasting, findings }): readonly SwitchProblem[] => [
    ...(state === 'applied' ? [] : [{ name, course: state, words: reason, lasting }]),
    ...(state !== 'unknown' && findings[0] !== undefined
      ? [{ name, course: 'unknown' as const, words: findings.join('; ') }]
      : []),
  ]);
}
