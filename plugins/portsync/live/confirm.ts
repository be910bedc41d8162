/** Confirmations of a switch: their standing, the means to take a change back, and changes that are held. */

import { errorText, OutsideError, UnknownOutcomeError } from '#plugin';
import { acknowledge, adoptPending, unsettledChanges, type Unsettled } from '../confirm/adopt-pending.ts';
import { hasRunEnded, isOwnRun, momentNow } from '../confirm/clock.ts';
import { checked } from '../confirm/check.ts';
import { expectedGuarantee, type Guarantee, guaranteeText, survivesCut } from '../confirm/guarantee.ts';
import { timerPrograms } from '../confirm/arm.ts';
import { changeHeld, type Hold } from '../confirm/hold.ts';
import type { OpenConfig } from '../confirm/execute.ts';
import type { HeldChangeSeen } from '../confirm/redis-hold.ts';
import type { SwitchFacts } from '../facts.ts';
import type { Device } from '../path/evidence.ts';
import { changeText } from '../switch/confirm.ts';
import type { ConfirmRun } from '../world.ts';

export type ConfirmFacts = Pick<SwitchFacts, 'confirmation' | 'taken_back_by'>;

/** The standing of the changes of a target that this machine holds; the most urgent one counts. */
function standingAmong(unsettled: readonly Unsettled[]): SwitchFacts['confirmation'] {
  const named = unsettled.map(({ standing, ports }) => {
    const is =
      standing.is === 'open'
        ? ('open' as const)
        : standing.is === 'taken-back'
          ? ('reverted' as const)
          : ('overdue' as const);
    return { is, ports };
  });
  return (
    named.find(({ is }) => is === 'open') ??
    named.find(({ is }) => is === 'overdue') ??
    named.find(({ is }) => is === 'reverted')
  );
}

/** The standing of the change that the daemon of a switch holds. `hasEnded`: its run has ended without a confirmation. */
export function standingHeld(held: HeldChangeSeen | undefined, hasEnded: boolean): SwitchFacts['confirmation'] {
  if (held === undefined) return undefined;
  const { stage, left, record } = held;
  const ports = record?.ports ?? [];
  if (stage === 'taken-back') return { is: 'reverted', ports };
  if (stage === 'pending' && left > 0 && !hasEnded) return { is: 'open', ports };
  return stage === 'pending' || stage === 'taking-back' ? { is: 'overdue', ports } : undefined;
}

export interface Confirmable {
  /** The folder of held changes on this machine. */
  readonly folder: string;
  /** The switch, as in plans. */
  readonly target: string;
  readonly kind: 'linux' | 'sonic';
  /** True if fettle runs on the target. */
  readonly isLocal: boolean;
}

/** The means that a change with `confirm` will have. */
export function guaranteeOf({ kind, isLocal }: Confirmable, hasDaemon: boolean): Guarantee {
  return expectedGuarantee({ isLocal, hasPrograms: isLocal && timerPrograms(kind), hasDaemon });
}

/**
 * Throws if a change that was judged with a take-back that survives a cut would be held by one that does not: the daemon
 * may have ended while the change waited for another one.
 */
export function requireJudged(guarantee: Guarantee, { survivesCut: isJudged }: Pick<ConfirmRun, 'survivesCut'>): void {
  if (isJudged && !survivesCut(guarantee))
    throw new OutsideError(
      `the change can now be taken back by ${guaranteeText(guarantee)}, unlike when it was judged. Nothing was changed; plan and apply again`,
    );
}

/** The facts about confirmations of a switch. `held`: the change that its daemon holds. */
export async function confirmFacts(
  place: Confirmable,
  hasDaemon: boolean,
  held?: HeldChangeSeen,
): Promise<ConfirmFacts> {
  // A change that this process makes now does not stop its other changes.
  const here = (await unsettledChanges(place.folder, place.target)).filter(({ isOwn }) => !isOwn);
  const { record } = held ?? {};
  const now = await momentNow();
  const isOwn = record !== undefined && (await isOwnRun(record, now));
  const hasEnded = record !== undefined && (await hasRunEnded(record, now));
  const confirmation = standingAmong(here) ?? standingHeld(isOwn ? undefined : held, hasEnded);
  const guarantee = guaranteeOf(place, hasDaemon);
  return {
    ...(confirmation === undefined ? {} : { confirmation }),
    taken_back_by: {
      means: guaranteeText(guarantee),
      survives_cut: survivesCut(guarantee),
      sees_cut: !place.isLocal,
    },
  };
}

/** A sentence about a change that was taken back, without its full stop. */
export function takenBackText({
  ports,
  kept,
}: {
  readonly ports: readonly string[];
  readonly kept: readonly string[];
}): string {
  const others = kept.length === 0 ? '' : `; others changed ${kept.join(', ')}, which stay`;
  return `${changeText(ports, 'The')} was taken back${others}`;
}

/** Settles the changes of a target that this machine holds. Returns a sentence about each. Throws if one cannot be settled. */
export async function settlePending(
  { folder, target }: Confirmable,
  openConfig: OpenConfig,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const sentences: string[] = [];
  for (const adopted of await adoptPending(folder, target, openConfig, signal)) {
    const { id, ports } = adopted;
    const change = changeText(ports);
    if (adopted.end === 'failed') throw new OutsideError(`${change} cannot be taken back: ${adopted.problem}`);
    if (adopted.end === 'open') throw new OutsideError(`${change} still waits for its confirmation`);
    if (adopted.end === 'void') sentences.push(`${changeText(ports, 'The')} ended with the restart of the host`);
    if (adopted.end === 'taken-back') {
      await acknowledge(folder, id);
      sentences.push(takenBackText(adopted));
    }
  }
  return sentences;
}

export interface HeldRun {
  readonly hold: (signal: AbortSignal) => Promise<Hold>;
  readonly change: (signal: AbortSignal) => Promise<void>;
  /** Reads the devices over a new connection. */
  readonly devices: (signal: AbortSignal) => Promise<ReadonlyMap<string, Device>>;
  /** Closes the record of a change that this run took back. */
  readonly acknowledge: (id: string) => Promise<void>;
  readonly confirm: ConfirmRun;
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes a change, and confirms it or takes it back. Throws if it was taken back; an UnknownOutcomeError if the take-back
 * failed, because the change may still be in effect.
 */
export async function confirmedChange(run: HeldRun): Promise<void> {
  const { confirm, progress, signal } = run;
  const hold = await run.hold(signal);
  progress(`armed: ${guaranteeText(hold.guarantee)} takes the change back after ${confirm.within} s`);
  const { settle, expected } = confirm;
  const check = (checkSignal: AbortSignal): Promise<string | undefined> =>
    checked({ look: run.devices, expected, settle, signal: checkSignal });
  const outcome = await changeHeld(hold, { change: run.change, check, signal });
  if (outcome.ended === 'confirmed') return;
  if (outcome.ended === 'unknown')
    throw new UnknownOutcomeError(
      new OutsideError(
        `the change was not confirmed: ${outcome.why}. The take-back failed: ${errorText(outcome.problem)}. The change may be in effect until it is taken back by ${guaranteeText(hold.guarantee)}`,
      ),
    );
  // Without it, the row of the Switch of the next run closes the record.
  await run.acknowledge(hold.id).catch(() => undefined);
  const kept = outcome.kept.length === 0 ? '' : `. Others changed ${outcome.kept.join(', ')}, which stay`;
  throw new OutsideError(`the change was taken back: ${outcome.why}${kept}`);
}
