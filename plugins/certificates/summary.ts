/** Summary: numbers of certificates and Domains by state and by days left. Pure. */

import { type Resource, type Scene, type Summary, ABSENT, seenFacts, isKnown, instantOf } from '#plugin';
import { DAY_MS } from './days.ts';
import { tables } from './generated.ts';

const KINDS = ['Certificate', 'Domain'] as const;

type CountedKind = (typeof KINDS)[number];

/** Upper limits of the ranges of days left, exclusive, in the order of the output. */
const LIMITS = [7, 30, 90] as const;
const ENDED = 'ended';
const LATER = `${LIMITS.at(-1)} days and more`;
const UNKNOWN = 'not known';
const SPANS: readonly string[] = [ENDED, ...LIMITS.map((days) => `under ${days} days`), LATER, UNKNOWN];

/** The states of a kind in the order of its spec. */
function statesOf(kind: CountedKind): readonly string[] {
  const [machine] = Object.values(tables.kinds[kind].machines);
  return machine?.states ?? [];
}

/** The observed state, or the recorded one in a gap. Undefined for resources that are neither declared nor observed. */
function stateOf({ desired, sight, memory }: Resource): string | undefined {
  switch (sight.is) {
    case 'seen':
      return sight.observed.state;
    case 'absent':
      return desired === undefined ? undefined : ABSENT;
    case 'unseen':
      return memory?.state;
  }
}

/** End of the validity, epoch ms; NaN if unknown. */
function endOf(resource: Resource): number {
  const facts = (seenFacts(resource) ?? {}) as {
    readonly not_after?: unknown;
    readonly chain_end?: { readonly not_after: string };
  };
  const seen = facts.chain_end?.not_after ?? facts.not_after;
  const end = isKnown(resource) ? seen : resource.memory?.kept['not_after'];
  return typeof end === 'string' ? instantOf(end) : Number.NaN;
}

function spanOf(end: number, now: number): string {
  if (Number.isNaN(end)) return UNKNOWN;
  if (now > end) return ENDED;
  const limit = LIMITS.find((days) => end - now < days * DAY_MS);
  return limit === undefined ? LATER : `under ${limit} days`;
}

function counted(keys: readonly string[], values: readonly string[]): Readonly<Record<string, number>> {
  const counts = Object.fromEntries(keys.map((key) => [key, 0]));
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

const text = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([key, count]) => `${count} ${key}`)
    .join(', ');

interface Counts {
  readonly kind: CountedKind;
  readonly states: Readonly<Record<string, number>>;
  readonly days: Readonly<Record<string, number>>;
}

function countsOf(kind: CountedKind, resources: readonly Resource[], now: number): Counts | undefined {
  const known = resources.filter((resource) => resource.ref.kind === kind && stateOf(resource) !== undefined);
  if (known.length === 0) return undefined;
  const there = known.filter((resource) => stateOf(resource) !== 'absent');
  return {
    kind,
    states: counted(
      statesOf(kind),
      known.map((resource) => stateOf(resource) ?? ''),
    ),
    days: counted(
      SPANS,
      there.map((resource) => spanOf(endOf(resource), now)),
    ),
  };
}

/** Certificates and Domains by state, and by the days left of the stored or served certificate. */
export function summary(resources: readonly Resource[], { now }: Pick<Scene, 'now'>): readonly Summary[] {
  const all = KINDS.flatMap((kind) => countsOf(kind, resources, now) ?? []);
  if (all.length === 0) return [];
  const width = Math.max(...all.map(({ kind }) => kind.length));
  const line = ({ kind, states, days }: Counts): string => {
    const left = text(days);
    return `${kind.padEnd(width)}  ${text(states)}${left === '' ? '' : `; left: ${left}`}`;
  };
  return [
    {
      title: 'by state and days left',
      lines: all.map(line),
      facts: Object.fromEntries(all.map(({ kind, states, days }) => [kind, { states, days }])),
    },
  ];
}
