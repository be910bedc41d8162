/** Stable facts of switches and ports for judgements, and signals that change by themselves. */

import { type Json, type Resource, seenFacts, seenSignals } from '#plugin';
import type { PortMemory, PortSpec, SwitchMemory, SwitchSpec } from './generated.ts';
import type { Row } from './model/fields.ts';

export const PLUGIN = 'portsync';

export type SwitchResource = Resource<SwitchSpec, SwitchFacts, SwitchMemory>;
export type PortResource = Resource<PortSpec, PortFacts, PortMemory>;

/** The kind of system that has the ports. */
export type World = 'sonic' | 'linux' | 'snapshot';

/** Standing of an earlier change that was to be confirmed. */
export type Confirmation = 'open' | 'overdue' | 'reverted';

/** The means by which an unconfirmed change is taken back. */
export interface TakenBackBy {
  /** As the subject of a sentence: `a timer on the target`. */
  readonly means: string;
  /** True if the take-back does not need the management path. */
  readonly survives_cut: boolean;
  /** True if the check sees a cut: fettle reaches the switch over the path. On the switch itself, it sees only links. */
  readonly sees_cut: boolean;
}

/** Facts of a Switch. */
export interface SwitchFacts {
  readonly world: World;
  /** Address of the databases, name of the namespace, or the file: `sonic 10.0.0.11:6379`. */
  readonly target: string;
  /** The reason why no port is changed now, as a predicate. */
  readonly not_ready?: string;
  /** The means by which an unconfirmed change is taken back. */
  readonly taken_back_by?: TakenBackBy;
  /** Ports of an earlier change that is not settled, and its standing. */
  readonly confirmation?: { readonly is: Confirmation; readonly ports: readonly string[] };
  /** Names of missing ports that rows of CONFIG_DB name, each with the first of the rows. */
  readonly missing_ports?: Readonly<Record<string, string>>;
}

/** A PortChannel with a port as its member. */
export interface LagFacts {
  readonly name: string;
  /** In bytes, as CONFIG_DB has it. */
  readonly mtu?: string;
}

/** Losses by a change of a link on a Linux host. */
export interface LinkFacts {
  /** Addresses that an MTU below 1280 removes, with their prefix. */
  readonly ipv6: readonly string[];
  /** Routes that are lost when the link goes down. */
  readonly routes: readonly string[];
  /** Addresses that are lost when the link goes down. */
  readonly addresses: readonly string[];
  /** Links on top of this one, with their MTU. */
  readonly on_top: readonly { readonly name: string; readonly mtu: number }[];
}

/** Facts of a Port. */
export interface PortFacts {
  /** The fields of the model, in the terms of CONFIG_DB. */
  readonly row: Row;
  /** Further fields that CONFIG_DB has: a removal compares them, and a take-back writes them again. */
  readonly others?: Row;
  /** Fields that CONFIG_DB has as a list (`adv_speeds@`), which the switch does not read. */
  readonly lists?: readonly string[];
  /** Fields that the switch has not taken up, with the first database that does not show them. */
  readonly behind?: Readonly<Record<string, string>>;
  /** The values of these fields in that database, of those that it has. */
  readonly behind_values?: Row;
  readonly lag?: LagFacts;
  /** True if the port has addresses, is a member of an aggregate, bridge or VLAN, or has links on top. */
  readonly in_use?: true;
  /** Rows of CONFIG_DB that name the port, at most 20, and their number. */
  readonly used_by?: readonly string[];
  readonly used_by_count?: number;
  /** Rows of INTERFACE for a member of a PortChannel. */
  readonly routed_by?: readonly string[];
  /** Lists in STATE_DB; absent if the switch does not report them. */
  readonly supported_speeds?: readonly string[];
  readonly supported_fecs?: readonly string[];
  readonly link?: LinkFacts;
}

export interface PortSignals {
  /** Operational status. */
  readonly oper_status?: 'up' | 'down';
  /** Changes of the link since the start of the switch. */
  readonly flap_count?: number;
  /** Identifies the switch, by its Redis server until that starts again. */
  readonly switch_id?: string;
}

export function portFacts(resource: PortResource): PortFacts | undefined {
  return seenFacts<PortFacts>(resource);
}

export function portSignals(resource: PortResource): PortSignals {
  return (seenSignals(resource) as PortSignals | undefined) ?? {};
}

/** Facts are JSON; their types are narrower. */
export function asJson(value: object): { readonly [key: string]: Json } {
  return value as { readonly [key: string]: Json };
}
