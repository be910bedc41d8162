/** The guarantee that an unconfirmed change is taken back. Pure. */

export type Guarantee = 'timer' | 'daemon' | 'next-run';

/** The guarantee as the end of "taken back by". */
export function guaranteeText(guarantee: Guarantee): string {
  switch (guarantee) {
    case 'timer':
      return 'a timer on the target';
    case 'daemon':
      return "the switch's daemon";
    case 'next-run':
      return 'the next run on this machine only';
  }
}

/** True if a change that could cut the management path may be made with it: the take-back does not need the path. */
export function survivesCut(guarantee: Guarantee): boolean {
  return guarantee !== 'next-run';
}

/** The means to take a change back, as known before it. */
export interface Means {
  /** fettle runs on the target. */
  readonly isLocal: boolean;
  /** The programs of the timer are installed on the target (`timerPrograms`). */
  readonly hasPrograms: boolean;
  /** `fettle portsync run` runs on the switch, and takes take-backs (`holderOf`). */
  readonly hasDaemon: boolean;
}

/** The guarantee that a change will have, for its row in the plan. `apply` arms it, or rejects the change. */
export function expectedGuarantee({ isLocal, hasPrograms, hasDaemon }: Means): Guarantee {
  if (isLocal && hasPrograms) return 'timer';
  return hasDaemon ? 'daemon' : 'next-run';
}
