/** A SONiC switch in the form of a refresh, from the rows of its databases. Pure. */

import { isPortField, type Row } from '../model/fields.ts';
import type { LagFacts, PortFacts, SwitchFacts } from '../facts.ts';
import { type Connection, connectionOf, sonicEvidence } from '../path/evidence-sonic.ts';
import type { Evidence } from '../path/evidence.ts';
import type { PortSeen, SwitchSeen } from '../world.ts';
import { type SwitchSeen as SonicSeen, supportedIn } from './read-switch.ts';
import { notTakenUp } from './take-up.ts';

/** Rows in the facts of a port; the number of the others follows. */
const MOST_ROWS = 20;

/** The part of a reading that one port needs. */
export type PortTables = Pick<SonicSeen, 'config' | 'appl' | 'state' | 'references'>;

/** The PortChannel of each port that is a member. */
export function lagsOf({ PORTCHANNEL, PORTCHANNEL_MEMBER }: SonicSeen['config']): ReadonlyMap<string, LagFacts> {
  return new Map(
    [...PORTCHANNEL_MEMBER.keys()].flatMap((key): (readonly [string, LagFacts])[] => {
      const [name = '', port] = key.split('|');
      if (port === undefined) return [];
      const mtu = PORTCHANNEL.get(name)?.['mtu'];
      return [[port, mtu === undefined ? { name } : { name, mtu }]];
    }),
  );
}

/** The fields of the model in a row, its other fields, and those of them that are a list. */
function modelFields(row: Row): { readonly fields: Row; readonly others: Row; readonly lists: readonly string[] } {
  const entries = Object.entries(row);
  return {
    fields: Object.fromEntries(entries.filter(([field]) => isPortField(field))),
    others: Object.fromEntries(entries.filter(([field]) => !isPortField(field))),
    lists: entries.flatMap(([field]) => (field.endsWith('@') ? [field] : [])).sort(),
  };
}

/** Changes of the link since the start of the switch, as orchagent counts them. */
function flapCount(appl: Row | undefined): number | undefined {
  const count = Number(appl?.['flap_count']);
  return Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

function operStatus(appl: Row | undefined, state: Row | undefined): 'up' | 'down' | undefined {
  const status = appl?.['oper_status'] ?? state?.['netdev_oper_status'];
  return status === 'up' || status === 'down' ? status : undefined;
}

/** One port; undefined if CONFIG_DB does not have it. */
export function portView(
  name: string,
  { config, appl, state, references }: PortTables,
  lags: ReadonlyMap<string, LagFacts>,
  isUsed: boolean,
): PortSeen | undefined {
  const row = config.PORT.get(name);
  if (row === undefined) return undefined;
  const { fields, others, lists } = modelFields(row);
  const inAppl = appl.PORT_TABLE.get(name);
  const inState = state.PORT_TABLE.get(name);
  const stages = { config: row, appl: inAppl, state: inState };
  const late = notTakenUp(fields, stages);
  const behind = Object.fromEntries(late.flatMap(({ field, stage }) => (field === undefined ? [] : [[field, stage]])));
  const shown = Object.fromEntries(
    late.flatMap(({ field, found }) => (field === undefined || found === undefined ? [] : [[field, found]])),
  );
  const usedBy = references.get(name) ?? [];
  const lag = lags.get(name);
  const routedBy = lag === undefined ? [] : usedBy.filter((key) => key.startsWith('INTERFACE|'));
  const speeds = supportedIn(inState, 'supported_speeds');
  const fecs = supportedIn(inState, 'supported_fecs');
  const oper = operStatus(inAppl, inState);
  const flaps = flapCount(inAppl);
  const facts: PortFacts = {
    row: fields,
    ...(Object.keys(others).length === 0 ? {} : { others }),
    ...(lists.length === 0 ? {} : { lists }),
    ...(Object.keys(behind).length === 0 ? {} : { behind }),
    ...(Object.keys(shown).length === 0 ? {} : { behind_values: shown }),
    ...(lag === undefined ? {} : { lag }),
    ...(isUsed ? { in_use: true } : {}),
    ...(usedBy.length === 0 ? {} : { used_by: usedBy.slice(0, MOST_ROWS), used_by_count: usedBy.length }),
    ...(routedBy.length === 0 ? {} : { routed_by: routedBy.slice(0, MOST_ROWS) }),
    ...(speeds === undefined ? {} : { supported_speeds: speeds }),
    ...(fecs === undefined ? {} : { supported_fecs: fecs }),
  };
  return {
    facts,
    signals: {
      ...(oper === undefined ? {} : { oper_status: oper }),
      ...(flaps === undefined ? {} : { flap_count: flaps }),
    },
  };
}

/** Names of missing ports that rows name, each with the first of the rows. */
function missingPorts({ references, names }: SonicSeen): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...references].flatMap(([name, [first]]) => (names.has(name) || first === undefined ? [] : [[name, first]])),
  );
}

/** The evidence about management paths. `sessions`: connections that lead to the switch, other than that of fettle. */
export function evidenceIn(read: SonicSeen, sessions: readonly Connection[] = []): Evidence {
  const own = connectionOf(read.clientInfo);
  return sonicEvidence(read, [...(own === undefined ? [] : [own]), ...sessions]);
}

/** The facts of a switch that concern it as a whole. */
export interface Whole {
  /** The names of all ports, sorted. */
  readonly names: readonly string[];
  readonly missing: Readonly<Record<string, string>>;
  readonly evidence: Evidence;
  /** Identifies the switch; absent if its server does not say. */
  readonly id?: string;
}

/** `sessions`: connections that lead to the switch, other than that of fettle. */
export function wholeOf(read: SonicSeen, sessions: readonly Connection[] = [], id?: string): Whole {
  return {
    ...(id === undefined ? {} : { id }),
    names: [...read.names].sort(),
    missing: missingPorts(read),
    evidence: evidenceIn(read, sessions),
  };
}

/** The switch with the given ports; all by default. */
export function sonicView(
  read: SonicSeen,
  facts: SwitchFacts,
  { names, missing, evidence, id }: Whole,
  ports: Iterable<string> = names,
): SwitchSeen {
  const lags = lagsOf(read.config);
  const seen = new Map<string, PortSeen>();
  for (const name of ports) {
    const port = portView(name, read, lags, evidence.devices.get(name)?.isUsed === true);
    if (port === undefined) continue;
    seen.set(name, id === undefined ? port : { ...port, signals: { ...port.signals, switch_id: id } });
  }
  return {
    facts: {
      ...facts,
      ...(read.markers.initDone === undefined && facts.world === 'sonic'
        ? { not_ready: 'is initializing its ports: PORT_TABLE:PortInitDone does not exist yet' }
        : {}),
      ...(Object.keys(missing).length === 0 ? {} : { missing_ports: missing }),
    },
    ports: seen,
    names,
    evidence,
  };
}
