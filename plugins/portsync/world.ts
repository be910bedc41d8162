/** The outside of the portsync plugin: switches, Linux hosts and files, in one form. */

import type { KeptMetrics } from './daemon/metrics-file.ts';
import type { PortFacts, PortSignals, SwitchFacts } from './facts.ts';
import type { SwitchSpec } from './generated.ts';
import type { Expected } from './confirm/check.ts';
import type { Row } from './model/fields.ts';
import type { Evidence } from './path/evidence.ts';

/** One port at a refresh. */
export interface PortSeen {
  readonly facts: PortFacts;
  readonly signals: PortSignals;
}

/** One switch at a refresh. */
export interface SwitchSeen {
  readonly facts: SwitchFacts;
  /** The ports by name: those that were asked for. */
  readonly ports: ReadonlyMap<string, PortSeen>;
  /** The names of all ports, sorted. */
  readonly names: readonly string[];
  readonly evidence: Evidence;
  /** The reason why the ports could not be read although the switch answered, as a predicate. */
  readonly unread?: string;
  /** The rules that fire in the daemon of the switch, for a switch that fettle runs on. */
  readonly firing?: readonly string[];
  /** The metrics that this daemon keeps. */
  readonly daemon?: KeptMetrics;
}

/** A switch, and how much of it a refresh reads. */
export interface Look {
  /** Name of the Switch. */
  readonly name: string;
  readonly spec: SwitchSpec;
  /** The ports to read; undefined for all. */
  readonly ports?: ReadonlySet<string>;
  /** Names that may carry a management path: they are read in every refresh. */
  readonly management?: readonly string[];
  readonly signal: AbortSignal;
}

/** The reports of a watch of ports. */
export interface PortWatch {
  readonly signal: AbortSignal;
  /** Every later change is reported, and every earlier one was. */
  readonly sees: () => void;
  /** Changes are not reported now. `sees` ends it. */
  readonly blind: (reason: string) => void;
  /** Names of ports that may have changed. */
  readonly changed: (ports: Iterable<string>) => void;
}

export interface PortsyncReader {
  /** Reads a switch. Throws if it cannot be reached. */
  look(look: Look): Promise<SwitchSeen>;
  /** Watches the ports of a switch until the signal fires. Throws if it cannot be watched, or not any longer. */
  watch(spec: SwitchSpec, watch: PortWatch): Promise<void>;
  close(): Promise<void>;
}

/** A change of the fields of one port, in the terms of CONFIG_DB. */
export interface PortChange {
  readonly port: string;
  readonly goal: 'create' | 'update' | 'remove';
  /** The fields to write; for a removal, none. */
  readonly set: Row;
  /** The values of these fields at the refresh that was judged; absent ones did not exist. For a removal, the whole row. */
  readonly expected: Row;
}

export interface ChangeRun {
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
  /** Waits for an event that several actions share. */
  readonly aside: <T>(waiting: Promise<T>) => Promise<T>;
  /** Time for the switch to take up the change, in ms. */
  readonly takeUpMs: number;
  /** Set for a change that is taken back unless the switch works after it. */
  readonly confirm?: ConfirmRun;
}

/** The confirmation of a change. */
export interface ConfirmRun {
  /** Seconds from the arming to the take-back. */
  readonly within: number;
  /** Seconds within which all that is expected must work. */
  readonly settle: number;
  /** True if the change was judged with a take-back that does not need the management path. */
  readonly survivesCut: boolean;
  /** The ports and aggregates that must work after the change. */
  readonly expected: Expected;
}

export interface PortsyncWriter extends PortsyncReader {
  /**
   * Changes a port, and returns once the switch has taken up the change. Throws if the port is not as expected, or the
   * switch does not take it up; UnknownOutcomeError if the change may have been made.
   */
  change(look: Pick<Look, 'name' | 'spec'>, change: PortChange, run: ChangeRun): Promise<void>;
  /**
   * Takes back an earlier change that was not confirmed in time, and closes one that was taken back. Returns a sentence
   * about each, without its full stop.
   */
  settle(look: Pick<Look, 'name' | 'spec'>, signal: AbortSignal): Promise<readonly string[]>;
}
