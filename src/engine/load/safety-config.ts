/** The safety part of `fettle.yaml`: what its schema cannot check, and how it becomes the limits that rules read. */

import type { FettleConfig } from '../generated.ts';
import { engineRuleTables } from '../generated.ts';
import type { Plugin } from '../plugin.ts';
import { formatRef, parseRef } from '../ref.ts';
import { SPENT_KEPT_MS } from '../remember.ts';
import type { Safety } from '../types.ts';
import { durationMs, shareOf } from './amounts.ts';
import type { PointerMistake } from './explain.ts';
import type { FreezeRule } from './freeze.ts';
import { echo } from './mistake.ts';
import { suggest } from './nearest.ts';

/** Everything of `Safety` that the file says; freeze windows are laid out by the time of the run. */
export type WrittenSafety = Omit<Safety, 'freeze' | 'maxRemovals'> & { readonly freeze: readonly FreezeRule[] };

type SafetyConfig = FettleConfig['safety'];

const LONGEST_FREEZE_MS = 366 * 24 * 60 * 60_000;

function mistakeAt(pointer: string, message: string, suggestion?: string): PointerMistake {
  return {
    code: 'bad-config',
    pointer,
    at: 'value',
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function tooLong(pointer: string, text: string, limitMs: number, limit: string): readonly PointerMistake[] {
  const ms = durationMs(text);
  if (ms > limitMs) return [mistakeAt(pointer, `${text} is too long, ${limit} at most`)];
  return ms === 0 ? [mistakeAt(pointer, 'it must be longer than nothing')] : [];
}

async function freezeMistakes({ freeze }: SafetyConfig, now: number): Promise<readonly PointerMistake[]> {
  if (freeze.length === 0) return [];
  const { freezeMistake } = await import('./freeze.ts');
  return freeze.flatMap((rule, i) => {
    const wrong = freezeMistake(rule, now);
    return [
      ...(wrong === undefined ? [] : [mistakeAt(`/safety/freeze/${i}/${wrong.field}`, wrong.message)]),
      ...tooLong(`/safety/freeze/${i}/for`, rule.for, LONGEST_FREEZE_MS, '366d'),
    ];
  });
}

async function ruleIds(
  address: string,
  plugins: ReadonlyMap<string, () => Promise<Plugin>>,
): Promise<readonly { readonly id: string; readonly overridable: boolean }[]> {
  const ref = parseRef(address);
  const plugin = ref === undefined ? undefined : await plugins.get(ref.plugin)?.();
  return [...engineRuleTables, ...(ref === undefined ? [] : (plugin?.tables.kinds[ref.kind]?.rules ?? []))];
}

async function overrideMistakes(
  { overrides }: SafetyConfig,
  plugins: ReadonlyMap<string, () => Promise<Plugin>>,
  now: number,
): Promise<readonly PointerMistake[]> {
  const mistakes: PointerMistake[] = [];
  for (const [i, { rule, address, until, reason }] of overrides.entries()) {
    const at = `/safety/overrides/${i}`;
    if (parseRef(address) === undefined || /[*?]/u.test(address))
      mistakes.push(
        mistakeAt(`${at}/address`, 'one address is expected, no pattern', 'such as certificates/Certificate/www'),
      );
    const rules = await ruleIds(address, plugins);
    const known = rules.find(({ id }) => id === rule);
    const names = rules.map(({ id }) => id);
    if (known === undefined)
      mistakes.push(mistakeAt(`${at}/rule`, `there is no rule ${echo(rule)} for it`, suggest(rule, names, 'rules')));
    else if (!known.overridable) mistakes.push(mistakeAt(`${at}/rule`, `the rule ${rule} cannot be overridden`));
    if (Date.parse(until) <= now)
      mistakes.push({
        ...mistakeAt(
          `${at}/until`,
          `the override of ${rule} on ${address} (${reason}) expired at ${until}: it has no effect`,
          'remove it, or give it a new time',
        ),
        code: 'expired',
        severity: 'warning',
      });
  }
  return mistakes;
}

/** Everything that the schema cannot see. `config` has passed its schema. */
export async function safetyMistakes(
  config: FettleConfig,
  plugins: ReadonlyMap<string, () => Promise<Plugin>>,
  now: number,
): Promise<readonly PointerMistake[]> {
  const { safety, drift } = config;
  const per = ({ per: text }: { readonly per: string }, pointer: string) =>
    tooLong(pointer, text, SPENT_KEPT_MS, '7d: what was done longer ago is not remembered');
  return [
    ...(durationMs(safety.removals.per) > SPENT_KEPT_MS ? per(safety.removals, '/safety/removals/per') : []),
    ...safety.budgets.flatMap((budget, i) => per(budget, `/safety/budgets/${i}/per`)),
    ...(await freezeMistakes(safety, now)),
    ...(await overrideMistakes(safety, plugins, now)),
    ...drift.suppress.flatMap(({ until, address, owner }, i): readonly PointerMistake[] =>
      Date.parse(until) <= now
        ? [
            {
              ...mistakeAt(
                `/drift/suppress/${i}/until`,
                `the suppression for ${address} expired at ${until}: its drift counts again; ask ${owner}`,
              ),
              code: 'expired',
              severity: 'warning',
            },
          ]
        : [],
    ),
  ];
}

/** The limits as rules read them; overrides whose time is over are left out. */
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
      .filter(({ until }) => Date.parse(until) > now)
      .map(({ rule, address, reason, until }) => {
        const ref = parseRef(address);
        return { rule, address: ref === undefined ? address : formatRef(ref), reason, until };
      }),
  };
}
