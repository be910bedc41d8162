/** Selection: the resources and changes that a run is limited to, checked against those that exist. */

import { engineRuleTables } from '../engine/generated.ts';
import { idleParts, type Labelled } from '../engine/idle-config.ts';
import type { Config } from '../engine/load/config.ts';
import {
  type Cause,
  defined,
  formatRef,
  InputError,
  type Labels,
  type Override,
  parseRef,
  type Plugin,
  type Ref,
  type Resource,
  type Safety,
  suggest,
} from '#plugin';
import type { Planned } from '../formats/plan.ts';
import type { Recall } from '../engine/remember.ts';
import { labelsOf } from '../engine/safety-inputs.ts';
import { labelsIn, selectorMatcher, shownLabels, type Within } from '../engine/selector.ts';
import { nearestAddress, type Selectable, unmatched } from '../engine/selection.ts';
import type { Listener } from './events.ts';

/** The resources and changes that a run is limited to; absent members do not limit it. */
export interface Selection {
  /** Globs over addresses, or labels: `label=team:web`. */
  readonly target?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly causes?: readonly Cause[] | undefined;
}

/** Exceptions from rules, for this run only. */
export interface Passes {
  readonly overrides?: readonly Override[] | undefined;
  readonly maxRemovals?: Safety['maxRemovals'] | undefined;
}

/** A predicate from `target` and `exclude`; undefined if they do not limit the run. */
export function withinOf({ target = [], exclude = [] }: Selection): Within | undefined {
  if (target.length === 0 && exclude.length === 0) return undefined;
  return (address, labelsOf, origin = address) => {
    const isMatched = (selectors: readonly string[], ...addresses: readonly string[]): boolean =>
      selectors.some((selector) => addresses.some(selectorMatcher(selector, labelsOf)));
    return (target.length === 0 || isMatched(target, address, origin)) && !isMatched(exclude, address);
  };
}

/** The same over the addresses of known resources. */
export function selects(
  selection: Selection,
  resources: ReadonlyMap<string, Pick<Resource, 'desired' | 'memory'>>,
): ((address: string) => boolean) | undefined {
  const within = withinOf(selection);
  const labelsOf = labelsIn(resources);
  return within === undefined ? undefined : (address) => within(address, labelsOf);
}

/** Parses the address of one resource. Throws InputError if the text is not an address. */
export function addressOf(text: string): Ref {
  const ref = parseRef(text);
  if (ref === undefined)
    throw new InputError(
      `"${text}" is not a valid address. Use PLUGIN/KIND/NAME, for example certificates/Certificate/www`,
    );
  return ref;
}

/** `; did you mean …?` if a known address is similar, otherwise an empty text. */
export function didYouMean(text: string, addresses: Iterable<string>): string {
  const near = nearestAddress(text, [...addresses]);
  return near === undefined ? '' : `; did you mean ${near}?`;
}

/** The message for an address or glob that matches nothing in the state. */
export function nothingRemembered(text: string, addresses: Iterable<string>): string {
  const near = didYouMean(text, addresses);
  return `${text} is not in the state${near === '' ? '. `fettle state list` lists its resources' : near}`;
}

/** Recently removed addresses. */
export function removedLately({ spent }: Recall): readonly string[] {
  return [...spent.values()].filter(({ removal }) => removal === true).map(({ ref }) => formatRef(ref));
}

/** Throws InputError with one line for each mistake. */
function refuse(mistakes: readonly string[]): void {
  if (mistakes.length > 0) throw new InputError(mistakes.join('\n'));
}

function ruleMistakes({ overrides = [] }: Passes, plugins: ReadonlyMap<string, Plugin>): readonly string[] {
  return overrides.flatMap(({ rule, address }): readonly string[] => {
    const ref = parseRef(address);
    const kind = ref === undefined ? undefined : plugins.get(ref.plugin)?.tables.kinds[ref.kind];
    // An address without a known plugin or kind matches nothing: `judgeSelectors` reports it.
    if (kind === undefined) return [];
    const rules = [...engineRuleTables, ...kind.rules];
    const known = rules.find(({ id }) => id === rule);
    const names = rules.filter(({ overridable }) => overridable).map(({ id }) => id);
    if (known === undefined)
      return [`--override ${rule}@${address}: ${rule} is not a rule; ${suggest(rule, names, 'the rules are')}`];
    return known.overridable ? [] : [`--override ${rule}@${address}: the rule ${rule} cannot be overridden`];
  });
}

const SOURCES = 'matches no document, no resource in the state, and no refreshed resource';

/**
 * Checks `--target`, `--exclude` and `--override`. Throws InputError for a selector that matches nothing. If a gap can
 * hide the match, an event reports it instead.
 *
 * @param sources The predicate of the message about a selector that matches nothing.
 */
export function judgeSelectors(
  selection: Selection & Passes,
  selectable: Selectable,
  say: Listener,
  sources: string = SOURCES,
): void {
  const selectors = [
    ...(selection.target ?? []).map((glob) => ({ shown: `--target ${glob}`, glob })),
    ...(selection.exclude ?? []).map((glob) => ({ shown: `--exclude ${glob}`, glob })),
    ...(selection.overrides ?? []).map(({ rule, address }) => ({
      shown: `--override ${rule}@${address}`,
      glob: address,
    })),
  ];
  let isHidden = false;
  const mistakes = selectors.flatMap(({ shown, glob }) => {
    const found = unmatched(glob, selectable);
    if (found === undefined) return [];
    const { hiddenBy, near } = found;
    if (hiddenBy === undefined) return [`${shown} ${sources}${near === undefined ? '' : `; did you mean ${near}?`}`];
    isHidden = true;
    say(defined({ type: 'selector-hidden' as const, selector: shown, scope: hiddenBy, near }));
    return [];
  });
  refuse(mistakes);
  const within = withinOf(selection);
  const { labels = new Map<string, Labels>() } = selectable;
  const known = [...selectable.addresses, ...selectable.removed];
  if (within !== undefined && !isHidden && !known.some((address) => within(address, (each) => labels.get(each) ?? {})))
    throw new InputError('--target and --exclude leave no resource. Exclude fewer resources');
}

/** The resources that parts of `fettle.yaml` can match. */
interface Idling {
  readonly config: Config;
  readonly resources: readonly Labelled[];
  readonly selectable: Selectable;
  /** Epoch ms. */
  readonly now: number;
}

/** Reports the parts of `fettle.yaml` that match no resource. */
export function sayIdle({ config, resources, selectable, now }: Idling, say: Listener): void {
  for (const message of idleParts(config, resources, selectable, now)) say({ type: 'config-idle', message });
}

/** The labels of labelled resources, by address. */
export function labelsByAddress(
  resources: ReadonlyMap<string, Pick<Resource, 'desired' | 'memory'>>,
): ReadonlyMap<string, Labels> {
  return new Map(
    [...resources].flatMap(([address, resource]) => {
      const labels = shownLabels(resource);
      return labels === undefined ? [] : [[address, labels] as const];
    }),
  );
}

export interface OnView {
  readonly selection: Selection;
  readonly passes: Passes;
  readonly config: Config;
  readonly now: number;
  readonly reconciled: Planned;
  readonly recall: Recall;
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly memoryGap?: string | undefined;
}

/** Checks the selectors of the call and of `fettle.yaml` after the refresh. Throws InputError. */
export function judgeOnView(on: OnView, say: Listener): void {
  const { selection, passes, config, now, reconciled, recall, plugins, memoryGap } = on;
  refuse(ruleMistakes(passes, plugins));
  const { resources, view, actions } = reconciled;
  const unread = memoryGap === undefined ? [] : [...plugins.keys()].map((plugin) => ({ plugin, message: memoryGap }));
  const selectable = {
    addresses: [...resources.keys()],
    labels: labelsByAddress(resources),
    removed: removedLately(recall),
    gaps: [...view.gaps, ...unread],
  };
  judgeSelectors({ ...selection, ...passes }, selectable, say);
  const labelled = [...resources.values()].map((resource) => ({ ref: resource.ref, labels: labelsOf(resource) }));
  sayIdle({ config, resources: labelled, selectable, now }, say);
  for (const { rule, address } of passes.overrides ?? []) {
    const judgements = actions.get(address)?.judgements ?? [];
    if (!judgements.some((each) => each.rule === rule && each.overridden !== undefined))
      say({ type: 'override-unused', rule, address });
  }
}
