/** Selectors on the command line mean something: what matches nothing, and rules that are none, end the command. */

import type { Planned } from '../formats/plan.ts';
import { engineRuleTables } from '../engine/generated.ts';
import { idleParts, type Labelled } from '../engine/idle-config.ts';
import type { Config } from '../engine/load/config.ts';
import { formatRef, parseRef, type Plugin, type Ref, suggest } from '#plugin';
import type { Recall } from '../engine/remember.ts';
import { labelsOf } from '../engine/safety-inputs.ts';
import { type Selectable, nearestAddress, unmatched } from '../engine/selection.ts';
import type { Shell } from '../shell.ts';
import { type Flags, overridesOf, UsageError, withinOf } from './flags.ts';
import { tell } from './tell.ts';

/** The address of one resource. Throws UsageError. */
export function addressOf(text: string): Ref {
  const ref = parseRef(text);
  if (ref === undefined)
    throw new UsageError(`"${text}" is not an address: it looks like certificates/Certificate/www`);
  return ref;
}

/** `; did you mean …?`, where a known address is near. */
export function didYouMean(text: string, addresses: Iterable<string>): string {
  const near = nearestAddress(text, [...addresses]);
  return near === undefined ? '' : `; did you mean ${near}?`;
}

/** An address or glob that memory does not have. */
export function nothingRemembered(text: string, addresses: Iterable<string>): string {
  const near = didYouMean(text, addresses);
  return `nothing is remembered of ${text}${near === '' ? '; `fettle state list` names what is' : near}`;
}

/** Addresses that the log removed lately. */
export function removedLately({ spent }: Recall): readonly string[] {
  return [...spent.values()].filter(({ removal }) => removal === true).map(({ ref }) => formatRef(ref));
}

/** All mistakes are told; the last one ends the command. */
function endWith(mistakes: readonly string[], shell: Shell): void {
  const last = mistakes.at(-1);
  for (const mistake of mistakes.slice(0, -1)) tell(shell, 'error', mistake);
  if (last !== undefined) throw new UsageError(last);
}

function ruleMistakes(flags: Flags, plugins: ReadonlyMap<string, Plugin>): readonly string[] {
  return overridesOf(flags).overrides.flatMap(({ rule, address }): readonly string[] => {
    const ref = parseRef(address);
    const kind = ref === undefined ? undefined : plugins.get(ref.plugin)?.tables.kinds[ref.kind];
    // An address without a plugin or kind matches nothing, which is told apart.
    if (kind === undefined) return [];
    const rules = [...engineRuleTables, ...kind.rules];
    const known = rules.find(({ id }) => id === rule);
    const names = rules.filter(({ overridable }) => overridable).map(({ id }) => id);
    if (known === undefined)
      return [`--override ${rule}@${address}: ${rule} is not a rule; ${suggest(rule, names, 'the rules are')}`];
    return known.overridable ? [] : [`--override ${rule}@${address}: the rule ${rule} cannot be overridden`];
  });
}

const SOURCES = 'matches no document, no remembered resource, and nothing that the refresh saw';

/**
 * Judges `--target`, `--exclude` and `--override`. Throws UsageError; where a gap may hide what a selector means, a
 * warning is told instead.
 *
 * @param sources What `selectable` was taken from, as a predicate of a selector that matches nothing.
 */
export function judgeSelectors(flags: Flags, selectable: Selectable, shell: Shell, sources: string = SOURCES): void {
  const selectors = [
    ...(flags.target ?? []).map((glob) => ({ shown: `--target ${glob}`, glob })),
    ...(flags.exclude ?? []).map((glob) => ({ shown: `--exclude ${glob}`, glob })),
    ...overridesOf(flags).overrides.map(({ rule, address }) => ({
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
    tell(shell, 'warning', `${shown} matches nothing that is known. A gap may hide it: ${hiddenBy} could not be read`);
    return [];
  });
  endWith(mistakes, shell);
  const within = withinOf(flags);
  const known = [...selectable.addresses, ...selectable.removed];
  if (within !== undefined && !isHidden && !known.some(within))
    throw new UsageError('--target and --exclude leave no resource. Name less with --exclude');
}

/** Tells what `fettle.yaml` selects where nothing is. */
export function tellIdle(config: Config, resources: readonly Labelled[], selectable: Selectable, shell: Shell): void {
  for (const sentence of idleParts(config, resources, selectable, shell.now()))
    tell(shell, 'warning', `fettle.yaml: ${sentence}`);
}

export interface OnView {
  readonly flags: Flags;
  readonly config: Config;
  readonly reconciled: Planned;
  readonly recall: Recall;
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly memoryGap?: string | undefined;
}

/** Judges what selects, on the command line and in `fettle.yaml`, once the world was looked at. Throws UsageError. */
export function judgeOnView({ flags, config, reconciled, recall, plugins, memoryGap }: OnView, shell: Shell): void {
  endWith(ruleMistakes(flags, plugins), shell);
  const { resources, view } = reconciled;
  const unread = memoryGap === undefined ? [] : [...plugins.keys()].map((plugin) => ({ plugin, message: memoryGap }));
  const selectable = {
    addresses: [...resources.keys()],
    removed: removedLately(recall),
    gaps: [...view.gaps, ...unread],
  };
  judgeSelectors(flags, selectable, shell);
  const labelled = [...resources.values()].map((resource) => ({ ref: resource.ref, labels: labelsOf(resource) }));
  tellIdle(config, labelled, selectable, shell);
}
