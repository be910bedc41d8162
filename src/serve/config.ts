/** The file of `fettle serve --serve-config`: the limits of the daemon, on its own machine. */

import { type AlertSettings, durationMs, isRecord, type Plugin, type Problem } from '#plugin';
import type { Destination } from './alerts/receiver.ts';
import { type CertVariables, certVariables, RECEIVER_VARIABLES, type Variables } from './cert-variables.ts';
import { destinationsIn, type ReceiverPlace, variablesOf } from './receivers.ts';
import type { ServeHost } from '../engine/generated.ts';
import { accessMistakes, hasReaders } from './access.ts';
import { validators } from './generated.validators.js';
import { type ChallengeSettings, challengeSettings } from './challenges.ts';
import type { Permission } from '../engine/permission.ts';
import { readDocuments, textMistake } from '../engine/load/documents.ts';
import type { PointerMistake } from '../engine/load/explain.ts';
import { permissionMistakes } from '../engine/load/permissions.ts';
import { type RegionSettings, regionMistakes, regionSettings } from './regions/settings.ts';
import { type TlsFiles, tlsFiles } from './tls.ts';
import { inOrder, located, problemAt, problemOfText, sourceOf } from '../engine/load/problem-in.ts';
import { errorsOf } from '../engine/load/valid-part.ts';

/** The limits and receivers of a daemon. Times are ms. */
export interface ServeLimits {
  readonly permissions: readonly Permission[];
  readonly intervalMs: number;
  readonly deadlineMs: number;
  readonly listen: string;
  readonly tls: TlsFiles | undefined;
  readonly access: ServeHost['access'];
  /** Absent for a daemon without other regions. */
  readonly regions?: RegionSettings;
  readonly challenges: ChallengeSettings | undefined;
  /** True if a caller may read the API. */
  readonly hasReaders: boolean;
  /** True to run the watchers of the plugins. */
  readonly watch: boolean;
  readonly metrics: {
    /** True to expose the names of other programs too. */
    readonly compat: boolean;
    /** Most series of a metric whose labels are names of resources. */
    readonly resourceSeries: number;
  };
  readonly alerts: {
    readonly destinations: readonly Destination[];
    /** Names of the variables with addresses and keys of receivers. */
    readonly variables: readonly string[];
    readonly settings: AlertSettings;
  };
}

const LEAST_INTERVAL_MS = 10_000;
const LEAST_DEADLINE_MS = 60_000;

/** The limits of a file. A setting of the file wins over its variable; receivers of both get alerts. */
function limitsOf(
  { apply, interval, deadline, listen, tls, access, challenges, watch, metrics, alerts, regions }: ServeHost,
  variables: CertVariables,
  file: string,
  destinations: readonly Destination[] = [],
): ServeLimits {
  const { environment = variables.environment, renewalWarning } = alerts;
  return {
    permissions: apply,
    intervalMs: interval === undefined ? variables.intervalMs : durationMs(interval),
    deadlineMs: durationMs(deadline),
    listen: listen ?? `127.0.0.1:${variables.metricsPort}`,
    tls: tls === undefined ? undefined : tlsFiles(tls, file),
    access,
    challenges: challenges === undefined ? undefined : challengeSettings(challenges, file),
    hasReaders: hasReaders(access),
    ...(regions === undefined ? {} : { regions: regionSettings(regions, variables.regions, file) }),
    watch,
    metrics,
    alerts: {
      destinations: [...variables.destinations, ...destinations],
      variables: [...RECEIVER_VARIABLES, ...variablesOf(alerts.receivers)],
      settings: {
        environment,
        renewalWarningMs: renewalWarning === undefined ? variables.renewalWarningMs : durationMs(renewalWarning),
      },
    },
  };
}

/** The limits without a file: no row is applied. Throws an InputError for a variable that is not valid. */
export function defaultLimits(env: Variables): ServeLimits {
  const host = {};
  validators.serve(host);
  return limitsOf(host as ServeHost, certVariables(env), '');
}

/** Longest time that a timer of Node.js takes, in whole days. */
const MOST_MS = 24 * 24 * 60 * 60_000;

function outside(pointer: string, ms: number, least: number, text: string): readonly PointerMistake[] {
  if (ms >= least && ms <= MOST_MS) return [];
  const message =
    ms < least ? `the time is shorter than the least value, ${text}` : 'the time is longer than the largest value, 24d';
  return [{ code: 'bad-config', pointer, at: 'value', message }];
}

export interface LimitsFile extends ReceiverPlace {
  /** The name of the file for messages. */
  readonly name: string;
  readonly text: string;
  readonly loaders: ReadonlyMap<string, () => Promise<Plugin>>;
}

/** Reads the limits from a file. Problems have their places. Throws an InputError for a variable that is not valid. */
export async function serveLimits({
  name: file,
  text,
  loaders,
  ...place
}: LimitsFile): Promise<{ readonly limits: ServeLimits; readonly problems: readonly Problem[] }> {
  const variables = certVariables(place.env);
  const usual = defaultLimits(place.env);
  const whole = textMistake(text);
  if (whole !== undefined) return { limits: usual, problems: [problemOfText(file, text, whole)] };
  const source = sourceOf(file, text);
  const [document, second] = readDocuments(text);
  if (document === undefined || document.value === null) return { limits: usual, problems: [] };
  const { root, start } = document;
  // Receivers take references to secrets; every other field has a form that excludes them.
  const mistakes = document.mistakes.filter(({ code }) => code !== 'secret-not-allowed');
  const at = (mistake: PointerMistake): Problem => problemAt(source, located(root, start, mistake));
  const more = { code: 'bad-config', offset: second?.start ?? 0, message: 'the file must be one document' };
  const problems = [...mistakes, ...(second === undefined ? [] : [more])].map((each) => problemAt(source, each));
  const value = structuredClone(document.value ?? {});
  const wrong: readonly PointerMistake[] = isRecord(value)
    ? errorsOf(validators.serve, value, '')
    : [{ code: 'not-a-mapping', pointer: '', at: 'value', message: 'the file must be a mapping' }];
  if (problems.length > 0 || wrong.length > 0)
    return { limits: usual, problems: inOrder([...problems, ...wrong.map(at)]) };
  const host = value as unknown as ServeHost;
  const { destinations, mistakes: badReceivers } = await destinationsIn(host.alerts.receivers, place, {
    plugins: new Set(loaders.keys()),
    taken: variables.destinations.map(({ name }) => name),
  });
  const limits = limitsOf(host, variables, place.file, destinations);
  const odd = [
    ...outside('/interval', limits.intervalMs, LEAST_INTERVAL_MS, '10s'),
    ...outside('/deadline', limits.deadlineMs, LEAST_DEADLINE_MS, '1m'),
    ...(await permissionMistakes(limits.permissions, '/apply', loaders)),
    ...badReceivers,
    ...accessMistakes(host),
    ...regionMistakes(host, variables.regions),
  ];
  return { limits, problems: inOrder(odd.map(at)) };
}
