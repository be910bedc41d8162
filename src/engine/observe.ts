/** Observe: refreshes the resources of every plugin, each under a deadline. Unreadable parts are gaps. */

import { withDeadline } from '#plugin/deadline';
import {
  type Desired,
  errorText,
  formatRef,
  type Gap,
  type Memory,
  type Plugin,
  type Redact,
  redactPatterns,
  type Ref,
  type Safety,
  type Sighting,
  type View,
  defined,
  isInstant,
} from '#plugin';
import { notLoaded } from './load/not-loaded.ts';
import { kindIn, unloadedGaps } from './match.ts';
import { type Recall, refreshOf } from './remember.ts';

export interface ObserveInput {
  readonly plugins: ReadonlyMap<string, Plugin>;
  /** Plugins that `fettle.yaml` configures and that are not loaded. */
  readonly unloaded?: readonly string[] | undefined;
  /** Opens a plugin's world for reading; always the same one. */
  readonly reader: (plugin: string) => Promise<unknown>;
  readonly desired: readonly Desired[];
  readonly recall: Recall;
  readonly only?: readonly Ref[];
  /** With `only`: plugins of which it has every resource. They are refreshed as without it. */
  readonly whole?: ReadonlySet<string>;
  /** The resource of `only` that an action changes. */
  readonly subject?: Ref;
  /** True if failing resources may keep their recorded state until their next retry is due. */
  readonly scheduled?: true | undefined;
  /** Limits above which missing resources make a refresh doubtful, for the checks of plugins. */
  readonly collapse?: Safety['collapse'];
  /** Epoch ms. */
  readonly now: () => number;
  readonly deadlineMs: number;
  readonly abort: AbortSignal;
  readonly progress?: ((plugin: string, done: number, total: number) => void) | undefined;
  /** Redacts secrets in messages of plugins; by default, texts with the form of a secret. */
  readonly redact?: Redact | undefined;
}

/** Largest facts, signals and findings of one resource, as JSON. */
const FACTS_BYTES = 1024 * 1024;

/** The mistake in the view of a plugin; undefined if the view is valid. */
function viewMistake(view: View, plugin: Plugin): string | undefined {
  if (!Array.isArray(view?.observed) || !Array.isArray(view.gaps)) return 'the view is not a valid view';
  const seen = new Set<string>();
  for (const each of view.observed as readonly Sighting[]) {
    const kind = plugin.tables.kinds[each.ref?.kind];
    if (each.ref?.plugin !== plugin.name || kind === undefined || typeof each.ref.name !== 'string')
      return 'a resource has a kind that the plugin does not have';
    const address = formatRef(each.ref);
    if (seen.has(address)) return `${address} is in the view twice`;
    seen.add(address);
    const states = Object.values(kind.machines)[0]?.states ?? [];
    if (each.state !== undefined && !states.includes(each.state))
      return `${address} is in a state that the kind does not have: ${each.state}`;
    if (!isInstant(each.at)) return `${address} does not have a valid time`;
    if (each.findings !== undefined && !Array.isArray(each.findings))
      return `${address} does not have a list of findings`;
    const said = JSON.stringify([each.facts, each.signals, each.others, each.findings]);
    if (said.length > FACTS_BYTES) return `${address} is too large: ${said.length} characters`;
  }
  const tried = new Set<string>();
  for (const { ref, facts } of view.previews ?? []) {
    const address = formatRef(ref);
    if (ref.plugin !== plugin.name || plugin.tables.kinds[ref.kind] === undefined)
      return 'a preview has a kind that the plugin does not have';
    if (tried.has(address)) return `${address} has two previews`;
    tried.add(address);
    if (JSON.stringify(facts).length > FACTS_BYTES) return `the preview of ${address} is too large`;
  }
  if ((JSON.stringify(view.extras ?? {}) ?? '').length > FACTS_BYTES)
    return 'the values other than resources are too large';
  return undefined;
}

function gapOf(plugin: string, refs: readonly Ref[] | undefined, message: string): Gap {
  return refs === undefined ? { plugin, message } : { plugin, refs, message };
}

/** Redacts secrets in the messages of gaps and findings. */
function redacted(view: View, redact: Redact): View {
  return {
    ...view,
    gaps: view.gaps.map((gap) => ({ ...gap, message: redact(gap.message) })),
    observed: view.observed.map((each) =>
      each.findings === undefined || each.findings.length === 0
        ? each
        : { ...each, findings: each.findings.map((found) => ({ ...found, message: redact(found.message) })) },
    ),
  };
}

async function observeOne(
  plugin: Plugin,
  input: ObserveInput,
  desired: readonly Desired[],
  memory: readonly Memory[],
): Promise<View> {
  const isWhole = input.whole?.has(plugin.name) === true;
  const only = isWhole ? undefined : input.only?.filter((ref) => ref.plugin === plugin.name);
  const now = input.now();
  try {
    const view = await withDeadline(`the refresh of ${plugin.name}`, input.deadlineMs, input.abort, async (signal) =>
      plugin.observe(
        await input.reader(plugin.name),
        defined({
          desired,
          memory,
          only,
          subject: input.subject,
          scheduled: input.scheduled,
          lastLookAt: refreshOf(input.recall, plugin.name),
          collapse: input.collapse,
          now,
          signal,
          progress: (done: number, total: number) => input.progress?.(plugin.name, done, total),
        }),
      ),
    );
    const wrong = viewMistake(view, plugin);
    if (wrong === undefined) return redacted(view, input.redact ?? redactPatterns);
    return {
      observed: [],
      gaps: [gapOf(plugin.name, only, `the plugin returned an invalid response: ${wrong}`)],
      at: now,
    };
  } catch (error) {
    const message = (input.redact ?? redactPatterns)(errorText(error));
    return { observed: [], gaps: [gapOf(plugin.name, only, message)], at: now };
  }
}

function grouped<T extends { readonly ref: Ref }>(
  items: Iterable<T>,
  wanted: ReadonlySet<string> | undefined,
): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    if (wanted !== undefined && !wanted.has(formatRef(item.ref))) continue;
    const known = groups.get(item.ref.plugin);
    if (known === undefined) groups.set(item.ref.plugin, [item]);
    else known.push(item);
  }
  return groups;
}

/** Refreshes all declared and recorded resources; with `only`, these alone. Errors of plugins become gaps. */
export async function observe(input: ObserveInput): Promise<View> {
  const wanted = input.only === undefined ? undefined : new Set(input.only.map(formatRef));
  const desired = grouped(input.desired, wanted);
  const memory = grouped(input.recall.resources.values(), wanted);
  const unloaded = input.only === undefined ? (input.unloaded ?? []) : [];
  const names = [...new Set([...desired.keys(), ...memory.keys(), ...unloaded])].sort();
  const views = await Promise.all(
    names.map(async (name): Promise<View> => {
      const plugin = input.plugins.get(name);
      // The documents of a plugin that is not loaded were left out: the gap covers the whole plugin.
      if (plugin === undefined)
        return { observed: [], gaps: [{ plugin: name, message: notLoaded(name) }], at: input.now() };
      const [documents, known] = [desired.get(name) ?? [], memory.get(name) ?? []];
      const isLoaded = ({ ref }: { readonly ref: Ref }): boolean => kindIn(plugin, ref.kind) !== undefined;
      const unloaded = [...documents, ...known].filter((each) => !isLoaded(each)).map(({ ref }) => ref);
      const gaps = unloadedGaps(unloaded, input.plugins);
      const view = await observeOne(plugin, input, documents.filter(isLoaded), known.filter(isLoaded));
      return gaps.length === 0 ? view : { ...view, gaps: [...view.gaps, ...gaps] };
    }),
  );
  return {
    observed: views.flatMap((view) => view.observed),
    gaps: views.flatMap((view) => view.gaps),
    previews: views.flatMap((view) => view.previews ?? []),
    extras: Object.fromEntries(
      views.flatMap(({ extras }, i) => {
        const own = extras?.[names[i] ?? ''];
        return own === undefined ? [] : [[names[i], own]];
      }),
    ),
    at: input.now(),
  };
}
