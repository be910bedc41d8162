/**
 * The wait for the switches after an apply. Right after it, every Agent still reports that it is applied, as the controller
 * raises their generations only a moment later. So the generation must be higher than before the apply, and a deadline
 * ends the wait for a controller that does not run.
 */

import { counted, type Instant, listed, spanText } from '#plugin';
import type { AgentStanding, AgentState } from './standing.ts';

/** Generations of Agents, by the name of the switch. */
export type Generations = ReadonlyMap<string, number>;

/** The generation of every Agent: take it before an apply. */
export function generationsOf(standings: readonly AgentStanding[]): Generations {
  return new Map(standings.flatMap(({ name, generation }) => (generation === undefined ? [] : [[name, generation]])));
}

export interface AgentsWait {
  /** The switches that the apply concerns. */
  readonly switches: readonly string[];
  /** True after several changes: a generation may be that of the first ones, until the controller had its time. */
  readonly isLong: boolean;
  /** Generations before the apply. */
  readonly before: Generations;
  /**
   * Generations with all that the apply has restored: a switch that still has its own, once the controller had its time,
   * never received the difference. Empty unless the apply only restores what was applied before.
   */
  readonly restored: Generations;
  /** Time of the answer to the last change, by our clock. */
  readonly from: Instant;
  /** Time that the controller has to raise generations: a switch that it then left alone has nothing to apply. */
  readonly noticeMs: number;
  /** Time from `from` after which the wait ends. */
  readonly deadlineMs: number;
}

/** Usual times: the controller raises generations within a second, and needs longer after its own restart. */
export const AGENTS_WAIT: Pick<AgentsWait, 'noticeMs' | 'deadlineMs'> = { noticeMs: 15_000, deadlineMs: 600_000 };

/** `unmoved`: the generation is the one before the apply. `missing`: the switch has no Agent. */
export interface SwitchProgress {
  readonly name: string;
  readonly state: AgentState | 'unmoved' | 'missing';
  /** A sentence. */
  readonly reason: string;
}

export interface AgentsProgress {
  /** `applied` includes a wait for no switch. */
  readonly outcome: 'applied' | 'waiting' | 'failing' | 'timed-out';
  /** A sentence without the names of all switches. */
  readonly reason: string;
  readonly switches: readonly SwitchProgress[];
}

function progressOf(
  name: string,
  wait: AgentsWait,
  standing: AgentStanding | undefined,
  isNoticed: boolean,
): SwitchProgress {
  if (standing === undefined) return { name, state: 'missing', reason: 'the switch has no Agent' };
  const { generation, state, reason } = standing;
  const before = wait.before.get(name);
  // A lower one is that of an Agent that was created anew.
  const hasMoved = before === undefined || generation !== before;
  // A state of the generation before: a change may repair a failure, but does not if the controller ignores it.
  if (hasMoved || (isNoticed && state !== 'applied' && state !== 'pending')) return { name, state, reason };
  if (isNoticed && generation !== undefined && wait.restored.get(name) === generation)
    return { name, state, reason: 'the Agent never received the difference that the apply has healed' };
  return { name, state: 'unmoved', reason: `the Agent still has generation ${generation}, as before the apply` };
}

function namesText(switches: readonly SwitchProgress[]): string {
  return listed(switches.map(({ name }) => name));
}

/** The end of a wait whose deadline is over. */
function lateReason(switches: readonly SwitchProgress[], ms: number): string {
  const open = switches.filter(({ state }) => state !== 'applied');
  const span = spanText(ms);
  if (open.length === switches.length && open.every(({ state }) => state === 'unmoved'))
    return `no Agent changed its generation within ${span}: the fabric's controller does not run, or the change reaches no switch`;
  const silent = open.filter(({ state }) => state === 'silent');
  const more = silent.length === 0 ? '' : `. ${namesText(silent)} ${silent.length === 1 ? 'does' : 'do'} not report`;
  return `${namesText(open)} ${open.length === 1 ? 'has' : 'have'} not applied the change within ${span}${more}`;
}

/** The progress of a wait, by the standings of all Agents as they are now. Pure. */
export function awaitAgents(wait: AgentsWait, standings: readonly AgentStanding[], now: Instant): AgentsProgress {
  const passed = now - wait.from;
  const isNoticed = passed >= wait.noticeMs;
  const known = new Map(standings.map((standing) => [standing.name, standing]));
  const switches = wait.switches.map((name) => progressOf(name, wait, known.get(name), isNoticed));
  const are = (state: SwitchProgress['state']): readonly SwitchProgress[] =>
    switches.filter((each) => each.state === state);
  const [applied, unmoved, failing] = [are('applied'), are('unmoved'), are('failing')];
  // A new switch gets its Agent from the controller, unless it does not run.
  const without = are('missing').filter(({ name }) => !wait.before.has(name));
  const total = counted(switches.length, 'switch', 'switches');
  if (switches.length === 0) return { outcome: 'applied', reason: 'the change concerns no switch', switches };
  if (failing[0] !== undefined)
    return { outcome: 'failing', reason: `${failing[0].name}: ${failing[0].reason}`, switches };
  if (applied.length === switches.length && (isNoticed || !wait.isLong))
    return { outcome: 'applied', reason: `${total} applied the change`, switches };
  if (isNoticed && without.length > 0 && applied.length + unmoved.length + without.length === switches.length)
    return { outcome: 'applied', reason: `${namesText(without)} without an Agent`, switches };
  if (isNoticed && applied.length > 0 && applied.length + unmoved.length === switches.length)
    return {
      outcome: 'applied',
      reason: `${applied.length} of ${total} applied the change, and it left the others as they are`,
      switches,
    };
  if (passed >= wait.deadlineMs)
    return { outcome: 'timed-out', reason: lateReason(switches, wait.deadlineMs), switches };
  return { outcome: 'waiting', reason: `${applied.length} of ${total} applied the change`, switches };
}
