/**
 * A refresh of only some resources. If it misses an owned one, it reads every resource of that kind before anything is
 * concluded: only all of them show whether one no longer exists, or the disk or the account of all of them is another one.
 */

import { type Desired, formatRef, type Ref, type View } from '#plugin';
import { missingByKind } from './collapse.ts';
import type { Deriving } from './derive.ts';
import { match } from './match.ts';
import { observe, type ObserveInput } from './observe.ts';
import type { Recall } from './remember.ts';

export interface SomeInput extends ObserveInput {
  readonly only: readonly Ref[];
  readonly settings: Deriving['settings'];
}

export interface SomeLook {
  readonly view: View;
  /** The resources that were read. */
  readonly only: readonly Ref[];
  /** Plugins of which it has every resource. */
  readonly whole: ReadonlySet<string>;
}

function kindOf({ plugin, kind }: Ref): string {
  return `${plugin}/${kind}`;
}

/** Every declared or recorded resource, by address. */
export function knownRefs(desired: readonly Desired[], recall: Pick<Recall, 'resources'>): ReadonlyMap<string, Ref> {
  return new Map([...desired, ...recall.resources.values()].map(({ ref }) => [formatRef(ref), ref]));
}

/** The kinds, as `plugin/Kind`, of which the view misses an owned resource that was looked for. */
function missedKinds(view: View, looked: ReadonlyMap<string, Ref>, input: SomeInput): ReadonlySet<string> {
  const { plugins, settings, redact } = input;
  const desired = input.desired.filter(({ ref }) => looked.has(formatRef(ref)));
  const resources = new Map([...input.recall.resources].filter(([address]) => looked.has(address)));
  const found = match(desired, view, { resources }, { plugins, settings, now: input.now(), redact });
  const counts = missingByKind(found.resources.values());
  return new Set([...counts].flatMap(([kind, { missing }]) => (missing === 0 ? [] : [kind])));
}

/** The view with the parts of some plugins as another one has them. */
function withPlugins(view: View, other: View, plugins: ReadonlySet<string>): View {
  const isKept = (plugin: string): boolean => !plugins.has(plugin);
  const extras = Object.entries(view.extras ?? {}).filter(([plugin]) => isKept(plugin));
  return {
    observed: [...view.observed.filter(({ ref }) => isKept(ref.plugin)), ...other.observed],
    gaps: [...view.gaps.filter(({ plugin }) => isKept(plugin)), ...other.gaps],
    previews: [...(view.previews ?? []).filter(({ ref }) => isKept(ref.plugin)), ...(other.previews ?? [])],
    extras: { ...Object.fromEntries(extras), ...other.extras },
    at: other.at,
  };
}

/** The plugins of which every known resource was looked for. */
function wholePlugins(looked: ReadonlyMap<string, Ref>, known: ReadonlyMap<string, Ref>): ReadonlySet<string> {
  const whole = new Set([...looked.values()].map(({ plugin }) => plugin));
  for (const [address, { plugin }] of known) if (!looked.has(address)) whole.delete(plugin);
  return whole;
}

/** Refreshes some resources, and then all of each kind of which an owned one is missing. */
export async function lookAtSome(input: SomeInput): Promise<SomeLook> {
  const known = knownRefs(input.desired, input.recall);
  let looked: ReadonlyMap<string, Ref> = new Map(input.only.map((ref) => [formatRef(ref), ref]));
  let whole = input.whole ?? new Set<string>();
  let view = await observe(input);
  while (!input.abort.aborted) {
    const missed = missedKinds(view, looked, input);
    const more = [...known].filter(([address, ref]) => missed.has(kindOf(ref)) && !looked.has(address));
    if (more.length === 0) break;
    const plugins = new Set(more.map(([, { plugin }]) => plugin));
    looked = new Map([...looked, ...more]);
    whole = new Set([...whole, ...wholePlugins(looked, known)]);
    const only = [...looked.values()].filter(({ plugin }) => plugins.has(plugin));
    view = withPlugins(view, await observe({ ...input, only, whole }), plugins);
  }
  return { view, only: [...looked.values()], whole };
}
