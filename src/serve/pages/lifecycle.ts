/** The lifecycle of a kind as SVG: its states from top to bottom, and arrows for its transitions. Pure. */

import { type Machine, stepParts, type Step, type Transition } from '#plugin';
import { html, type Html, when } from './html.ts';

const [ROW, BOX, FONT, SPREAD] = [38, 24, 7.5, 16] as const;

interface Arrow {
  readonly from: number;
  readonly to: number;
  readonly transition: Transition;
}

/** One arrow for each pair of states: by fettle, if one of its transitions is. */
function arrowsOf({ states, transitions }: Machine): readonly Arrow[] {
  const pairs = new Map<string, Arrow>();
  for (const transition of transitions) {
    const [from, to] = [states.indexOf(transition.from), states.indexOf(transition.to)];
    if (from < 0 || to < 0 || from === to) continue;
    const key = `${from} ${to}`;
    if (!pairs.has(key) || transition.by === 'fettle') pairs.set(key, { from, to, transition });
  }
  // Short arrows are inside long ones.
  return [...pairs.values()].toSorted((a, b) => Math.abs(a.from - a.to) - Math.abs(b.from - b.to));
}

/** The x position of each arrow: arrows whose rows overlap are next to each other. */
function lanesOf(arrows: readonly Arrow[]): readonly number[] {
  const taken: { readonly top: number; readonly bottom: number }[][] = [];
  return arrows.map(({ from, to }) => {
    const [top, bottom] = [Math.min(from, to), Math.max(from, to)];
    const isFree = (lane: (typeof taken)[number]): boolean =>
      lane.every((each) => each.bottom <= top || each.top >= bottom);
    const free = taken.findIndex(isFree);
    const lane = free < 0 ? taken.length : free;
    (taken[lane] ??= []).push({ top, bottom });
    return lane;
  });
}

function middle(state: number): number {
  return state * ROW + BOX / 2 + 1;
}

function arrowPart({ from, to, transition }: Arrow, lane: number, width: number, more: string): Html {
  const [start, end] = [middle(from) + 4, middle(to) - 4];
  const x = width + SPREAD * (lane + 1);
  const classes = `${transition.by} ${more}`;
  return html`<path class="${classes}" d="M${width} ${start} H${x} V${end} H${width + 6}"/><path class="${classes} head" d="M${width} ${end} l7 -4 v8 z"/>`;
}

function sentence({ states, transitions }: Machine, present: string | undefined): string {
  const known = present === undefined || !states.includes(present) ? '' : `The present state is ${present}. `;
  const ways = transitions.map(
    ({ from, to, by, trigger }) => `${from} to ${to} ${by === 'world' ? 'on its own' : 'by fettle'} (${trigger})`,
  );
  return `${known}States: ${states.join(', ')}. Transitions: ${ways.join('; ')}.`;
}

/** `present`: the state of the resource. `next`: the step of its row. */
export function lifecycleChart(
  machine: Machine,
  {
    kind,
    present,
    next,
  }: { readonly kind: string; readonly present: string | undefined; readonly next: Step | undefined },
): Html {
  const { states } = machine;
  const arrows = arrowsOf(machine);
  const lanes = lanesOf(arrows);
  const width = Math.max(...states.map((state) => state.length)) * FONT + 24;
  const step = next === undefined ? undefined : stepParts(next);
  /** Arrows out of the present state stand out, and the next step most. */
  const classOf = ({ from, to }: Arrow): string => {
    if (states[from] === step?.from && states[to] === step?.to) return 'next';
    return present === undefined || states[from] === present ? 'near' : 'far';
  };
  const full = Math.ceil(width + SPREAD * (Math.max(0, ...lanes) + 2));
  const height = states.length * ROW - (ROW - BOX) + 2;
  return html`<svg class="life" viewBox="0 0 ${full} ${height}" width="${full}" height="${height}" role="img"><title>Lifecycle of ${kind}</title><desc>${sentence(machine, present)}</desc>${arrows.map(
    (arrow, i) => arrowPart(arrow, lanes[i] ?? 0, width, classOf(arrow)),
  )}${states.map(
    (state, i) =>
      html`<g${when(state === present, () => html` class="now"`)}><rect x="1" y="${i * ROW + 1}" width="${width - 2}" height="${BOX}" rx="4"/><text x="${width / 2}" y="${middle(i) + 4.5}" text-anchor="middle">${state}</text></g>`,
  )}</svg>`;
}
