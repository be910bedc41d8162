/** The safety part of `fettle.yaml`: checks that its schema cannot make, and the limits that rules read. */

import type { FettleConfig } from '../generated.ts';
import { engineRuleTables } from '../generated.ts';
import {
  compareText,
  durationMs,
  formatRef,
  type KindTables,
  nearest,
  parseRef,
  type Plugin,
  type Safety,
  shareOf,
  suggest,
  defined,
  instantOf,
} from '#plugin';
import { reachesBelow } from '../address-glob.ts';
import { SPENT_KEPT_MS } from '../remember.ts';
import { STUCK } from '../rules.ts';
import { hasField } from '../field-path.ts';
import type { PointerMistake } from './explain.ts';
import type { RecurringWindow } from '#plugin/windows';
import { echo } from './mistake.ts';
import { notLoaded } from './not-loaded.ts';

/** The part of `Safety` from the file; freeze windows are laid out at the time of the run. */
export type WrittenSafety = Omit<Safety, 'freeze' | 'maxRemovals'> & { readonly freeze: readonly RecurringWindow[] };

type SafetyConfig = FettleConfig['safety'];

const LONGEST_FREEZE_MS = 366 * 24 * 60 * 60_000;

function mistakeAt(pointer: string, message: string, suggestion?: string): PointerMistake {
  return defined({
    code: 'bad-config',
    pointer,
    at: 'value',
    message,
    suggestion,
  });
}

function tooLong(pointer: string, text: string, limitMs: number, limit: string): readonly PointerMistake[] {
  const ms = durationMs(text);
  if (ms > limitMs) return [mistakeAt(pointer, `${text} is too long; the limit is ${limit}`)];
  return ms === 0 ? [mistakeAt(pointer, 'the time must be longer than 0')] : [];
}

async function mistakesOfFreezes({ freeze }: SafetyConfig, now: number): Promise<readonly PointerMistake[]> {
  if (freeze.length === 0) return [];
  const { windowMistakes } = await import('#plugin/windows');
  return freeze.flatMap((rule, i) => [
    ...windowMistakes(rule, now).map(({ field, message }) => mistakeAt(`/safety/freeze/${i}/${field}`, message)),
    ...tooLong(`/safety/freeze/${i}/for`, rule.for, LONGEST_FREEZE_MS, '366d'),
  ]);
}

async function ruleIds(
  address: string,
  { loaders }: Plugins,
): Promise<readonly { readonly id: string; readonly overridable: boolean }[]> {
  const ref = parseRef(address);
  const plugin = ref === undefined ? undefined : await loaders.get(ref.plugin)?.();
  return [...engineRuleTables, ...(ref === undefined ? [] : (plugin?.tables.kinds[ref.kind]?.rules ?? []))];
}

async function overrideMistakes(
  { overrides }: SafetyConfig,
  plugins: Plugins,
  now: number,
): Promise<readonly PointerMistake[]> {
  const mistakes: PointerMistake[] = [];
  for (const [i, { rule, address, until, reason }] of overrides.entries()) {
    const at = `/safety/overrides/${i}`;
    if (parseRef(address) === undefined || /[*?]/u.test(address))
      mistakes.push(
        mistakeAt(`${at}/address`, 'expected one address, not a pattern', 'such as certificates/Certificate/www'),
      );
    const ref = parseRef(address);
    if (ref !== undefined && plugins.unloaded.includes(ref.plugin)) {
      mistakes.push(setAside(`${at}/address`, 'override', ref.plugin));
      continue;
    }
    const kinds = ref === undefined ? [] : await kindsOf(plugins, (prefix) => `${ref.plugin}/` === prefix);
    if (ref !== undefined && !kinds.some(({ kind }) => kind === ref.kind)) {
      mistakes.push(unknownKind(`${at}/address`, `${ref.plugin}/${ref.kind}`, plugins, kinds));
      continue;
    }
    const rules = await ruleIds(address, plugins);
    const known = rules.find(({ id }) => id === rule);
    const names = rules.map(({ id }) => id);
    if (known === undefined)
      mistakes.push(mistakeAt(`${at}/rule`, `the kind has no rule ${echo(rule)}`, suggest(rule, names, 'rules')));
    else if (!known.overridable) mistakes.push(mistakeAt(`${at}/rule`, `the rule ${rule} cannot be overridden`));
    if (instantOf(until) <= now)
      mistakes.push({
        ...mistakeAt(
          `${at}/until`,
          `the override of ${rule} on ${address} (${reason}) expired at ${until} and has no effect`,
          'remove the override, or extend `until`',
        ),
        code: 'expired',
        severity: 'warning',
      });
  }
  return mistakes;
}

interface Plugins {
  /** By name; a plugin is imported for the first part that names it. */
  readonly loaders: ReadonlyMap<string, () => Promise<Plugin>>;
  /** Plugins with an entry under `plugins:` that are not loaded. */
  readonly unloaded: readonly string[];
}

/** A part of the file that only a plugin could check that is not loaded. */
function setAside(pointer: string, part: string, plugin: string): PointerMistake {
  const message = `the ${part} is set aside, and is neither checked nor in effect. ${notLoaded(plugin)}`;
  return { ...mistakeAt(pointer, message), code: 'set-aside', severity: 'warning' };
}

interface NamedKind {
  readonly plugin: string;
  readonly kind: string;
  readonly tables: KindTables;
  /** Codes of its findings. */
  readonly findings: readonly string[];
}

/** The kinds of all plugins whose addresses start with a prefix: `certificates/`. */
async function kindsOf({ loaders }: Plugins, asked: (prefix: string) => boolean): Promise<readonly NamedKind[]> {
  const kinds: NamedKind[] = [];
  for (const [plugin, load] of [...loaders].sort(([a], [b]) => compareText(a, b))) {
    if (!asked(`${plugin}/`)) continue;
    const { tables } = await load();
    for (const [kind, own] of Object.entries(tables.kinds)) {
      const findings = tables.findings.flatMap((finding) => (finding.kind === kind ? [finding.code] : []));
      kinds.push({ plugin, kind, tables: own, findings: [...findings, STUCK] });
    }
  }
  return kinds;
}

function unknownKind(pointer: string, name: string, { loaders }: Plugins, kinds: readonly NamedKind[]): PointerMistake {
  const [plugin = '', kind = ''] = name.split('/');
  if (loaders.has(plugin)) {
    const known = kinds.map((each) => each.kind);
    return mistakeAt(pointer, `the plugin ${plugin} has no kind ${echo(kind)}`, suggest(kind, known, 'its kinds are'));
  }
  return mistakeAt(pointer, `unknown plugin ${echo(plugin)}`, suggest(plugin, [...loaders.keys()], 'known plugins'));
}

/** An unknown plugin or kind in a budget. */
async function budgetMistakes({ budgets }: SafetyConfig, plugins: Plugins): Promise<readonly PointerMistake[]> {
  const mistakes: PointerMistake[] = [];
  for (const [i, { match }] of budgets.entries()) {
    const at = `/safety/budgets/${i}/match`;
    const { plugin, kind } = match;
    if (plugin !== undefined && plugins.unloaded.includes(plugin))
      mistakes.push(setAside(`${at}/plugin`, 'budget', plugin));
    else if (plugin !== undefined && !plugins.loaders.has(plugin))
      mistakes.push(unknownKind(`${at}/plugin`, plugin, plugins, []));
    else if (kind !== undefined) {
      const kinds = await kindsOf(plugins, (prefix) => plugin === undefined || `${plugin}/` === prefix);
      const known = kinds.map((each) => each.kind);
      const [other] = plugin === undefined && nearest(kind, known) === undefined ? plugins.unloaded : [];
      if (known.includes(kind)) continue;
      if (other !== undefined) mistakes.push(setAside(`${at}/kind`, 'budget', other));
      else
        mistakes.push(
          mistakeAt(
            `${at}/kind`,
            plugin === undefined
              ? `no plugin has a kind ${echo(kind)}`
              : `the plugin ${plugin} has no kind ${echo(kind)}`,
            suggest(kind, known, 'the kinds are'),
          ),
        );
    }
  }
  return mistakes;
}

/** An entry of `drift`, with its address and the pointers to its fields. */
interface DriftEntry {
  readonly at: string;
  readonly part: 'suppression' | 'confirmation';
  readonly address: string;
  readonly path?: string | undefined;
  /** Codes of findings by the pointer to each. */
  readonly findings: readonly (readonly [pointer: string, code: string])[];
}

/** Mistakes in the address, path or findings of an entry of `drift`. */
async function driftEntryMistakes(entry: DriftEntry, plugins: Plugins): Promise<readonly PointerMistake[]> {
  const { at, part, address, path, findings } = entry;
  const reached = await kindsOf(plugins, (prefix) => reachesBelow(address, prefix));
  const kinds = reached.filter(({ plugin, kind }) => reachesBelow(address, `${plugin}/${kind}/`));
  const names = reached.map(({ plugin, kind }) => `${plugin}/${kind}`);
  const other = plugins.unloaded.find((name) => reachesBelow(address, `${name}/`));
  if (kinds.length === 0 && other !== undefined) return [setAside(`${at}/address`, part, other)];
  if (kinds.length === 0) {
    const known = names.length === 0 ? [...plugins.loaders.keys()] : names;
    const given = address.split('/').slice(0, names.length === 0 ? 1 : 2);
    return [
      mistakeAt(
        `${at}/address`,
        `${echo(address)} cannot match a kind of any plugin`,
        suggest(given.join('/'), known, names.length === 0 ? 'known plugins' : 'the kinds are'),
      ),
    ];
  }
  if (other !== undefined) return [];
  const shown = kinds.map(({ plugin, kind }) => `${plugin}/${kind}`).join(', ');
  const codes = [...new Set(kinds.flatMap((kind) => kind.findings))];
  return [
    ...(path === undefined || kinds.some(({ tables }) => hasField(tables, path))
      ? []
      : [
          mistakeAt(
            `${at}/path`,
            `${echo(path)} is not a field of ${shown}`,
            suggest(path, [...new Set(kinds.flatMap(({ tables }) => tables.fields ?? []))], 'the fields are'),
          ),
        ]),
    ...findings.flatMap(([pointer, code]) =>
      codes.includes(code)
        ? []
        : [mistakeAt(pointer, `${shown} has no finding ${echo(code)}`, suggest(code, codes, 'its findings are'))],
    ),
  ];
}

/** Mistakes in suppressions and confirmations. */
async function driftMistakes({ drift }: FettleConfig, plugins: Plugins): Promise<readonly PointerMistake[]> {
  const mistakes: PointerMistake[] = [];
  for (const [i, { address, path, finding }] of drift.suppress.entries()) {
    const at = `/drift/suppress/${i}`;
    if ((path === undefined) === (finding === undefined))
      mistakes.push(
        path === undefined
          ? mistakeAt(at, 'a suppression needs the `path` of drift, or the code of a `finding`', 'add path or finding')
          : mistakeAt(at, 'a suppression has either `path` or `finding`, not both', 'write one suppression for each'),
      );
    const findings = finding === undefined ? [] : ([[`${at}/finding`, finding]] as const);
    mistakes.push(...(await driftEntryMistakes({ at, part: 'suppression', address, path, findings }, plugins)));
  }
  for (const [i, { address, findings: codes }] of drift.confirm.entries()) {
    const at = `/drift/confirm/${i}`;
    const findings = codes.map((code, k) => [`${at}/findings/${k}`, code] as const);
    mistakes.push(...(await driftEntryMistakes({ at, part: 'confirmation', address, findings }, plugins)));
  }
  return mistakes;
}

/** All mistakes that the schema cannot find. `config` has passed its schema. */
export async function safetyMistakes(
  config: FettleConfig,
  plugins: Plugins,
  now: number,
): Promise<readonly PointerMistake[]> {
  const { safety, drift } = config;
  const per = ({ per: text }: { readonly per: string }, pointer: string) =>
    tooLong(pointer, text, SPENT_KEPT_MS, '7d, the time for which steps are recorded');
  return [
    ...(durationMs(safety.removals.per) > SPENT_KEPT_MS ? per(safety.removals, '/safety/removals/per') : []),
    ...safety.budgets.flatMap((budget, i) => per(budget, `/safety/budgets/${i}/per`)),
    ...(await budgetMistakes(safety, plugins)),
    ...(await driftMistakes(config, plugins)),
    ...(await mistakesOfFreezes(safety, now)),
    ...(await overrideMistakes(safety, plugins, now)),
    ...drift.suppress.flatMap(({ until, address, owner, path, finding }, i): readonly PointerMistake[] =>
      instantOf(until) <= now
        ? [
            {
              ...mistakeAt(
                `/drift/suppress/${i}/until`,
                `the suppression of ${finding ?? path ?? 'drift'} on ${address} expired at ${until}; the drift or finding counts again`,
                `ask ${owner}`,
              ),
              code: 'expired',
              severity: 'warning',
            },
          ]
        : [],
    ),
  ];
}

/** The limits for the rules, without expired overrides. */
export function safetyOfConfig(safety: SafetyConfig, now: number): WrittenSafety {
  const { maxAge, removals, collapse, budgets, freeze, overrides } = safety;
  return {
    maxAgeMs: durationMs(maxAge),
    removals: {
      max: removals.max,
      share: shareOf(removals.share),
      from: removals.from,
      perMs: durationMs(removals.per),
    },
    collapse: { share: shareOf(collapse.share), from: collapse.from },
    budgets: budgets.map(({ match, max, per }) => ({ match, max, perMs: durationMs(per) })),
    freeze: freeze.map(({ cron, timezone, reason, for: length }) => ({
      cron,
      timezone,
      reason,
      forMs: durationMs(length),
    })),
    overrides: overrides
      .map(({ rule, address, reason, until }) => {
        const ref = parseRef(address);
        return { rule, address: ref === undefined ? address : formatRef(ref), reason, until: instantOf(until) };
      })
      .filter(({ until }) => until > now),
  };
}
