/**
 * Guards around functions of plugins: a function that throws, or returns an invalid value, only affects its own
 * resource. Every result becomes plain JSON here, or is refused, before it reaches a plan or the log.
 */

import {
  type Adoption,
  type Alert,
  type Change,
  errorText,
  type Facts,
  type Finding,
  isInstant,
  type Json,
  type Outcome,
  type PluginTables,
  type Redact,
  type Resource,
  type Proposal,
  redactPatterns,
  type Ref,
  type Scene,
  type Summary,
  type Verdict,
  isRecord,
} from '#plugin';

/** Failures of plugins, by address. */
export type Failures = Map<string, string>;

/** Returns the result of `work`; undefined if it throws, with the reason in `failures`. */
export function guarded<T>(address: string, failures: Failures, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!failures.has(address)) failures.set(address, `the plugin failed: ${errorText(error)}`);
    return undefined;
  }
}

/** Converts a value to plain JSON. Throws if it is not JSON (circles, BigInt, functions), or is too large. */
export function plainJson(value: unknown, what: string, mostBytes: number): Json {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new Error(`${what} is not JSON`);
  if (text.length > mostBytes) throw new Error(`${what} is too large: ${text.length} characters`);
  return JSON.parse(text) as Json;
}

/** A value with every text redacted. */
export function redactedJson(value: Json, redact: Redact): Json {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((each: Json) => redactedJson(each, redact));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, redactedJson(each, redact)]));
}

/** Largest proposal and verdict, as JSON. */
const PROPOSAL_BYTES = 256 * 1024;
const VERDICT_BYTES = 64 * 1024;

const GOALS: ReadonlySet<string> = new Set(['create', 'update', 'replace', 'remove']);
const CAUSES: ReadonlySet<string | undefined> = new Set([undefined, 'time', 'progress', 'policy']);
const OUTCOMES: ReadonlySet<Outcome> = new Set(['pass', 'warn', 'defer', 'reject']);

/** Checks that a proposal matches its type. Throws otherwise. */
export function soundProposal(proposal: Proposal | undefined): Proposal | undefined {
  if (proposal === undefined) return undefined;
  const plain = plainJson(proposal, 'the proposal', PROPOSAL_BYTES) as unknown as Proposal;
  const isSound =
    isRecord(plain) &&
    typeof plain.step === 'string' &&
    plain.step.includes('>') &&
    GOALS.has(plain.goal) &&
    CAUSES.has(plain.cause) &&
    typeof plain.because === 'string' &&
    (plain.changedBy === undefined || typeof plain.changedBy === 'string') &&
    (plain.fields === undefined || areFields(plain.fields));
  if (!isSound) throw new Error('the plugin returned an invalid proposal');
  return plain;
}

function areFields(fields: unknown): boolean {
  return (
    Array.isArray(fields) && fields.every((field: unknown) => isRecord(field) && typeof field['path'] === 'string')
  );
}

/** Checks that the differences of an adoption match their type. Throws otherwise. */
export function soundAdoption(adoption: Adoption | undefined): Adoption | undefined {
  if (adoption === undefined) return undefined;
  const plain = plainJson(adoption, 'the adoption', PROPOSAL_BYTES) as unknown as Adoption;
  if (!isRecord(plain) || typeof plain.because !== 'string' || !areFields(plain.fields))
    throw new Error('the plugin returned an invalid adoption');
  return plain;
}

/** Size limit of the audit values of a resource, as JSON. */
const AUDIT_BYTES = 16 * 1024;

/** The audit values of a resource. If the kind throws, the values have the error, and the decision does not change. */
export function soundAudit(change: Change, resource: Resource, scene: Scene): Facts | undefined {
  const { kind } = resource;
  if (kind.audit === undefined) return undefined;
  try {
    const plain = plainJson(kind.audit(change, resource, scene), 'the audit values', AUDIT_BYTES);
    if (isRecord(plain)) return plain;
    throw new Error('the plugin returned invalid audit values');
  } catch (error) {
    return { error: redactPatterns(errorText(error)) };
  }
}

const SEVERITIES: ReadonlySet<unknown> = new Set(['critical', 'error', 'warning', 'info']);

/** Largest findings of one resource, as JSON. */
const FINDINGS_BYTES = 256 * 1024;

/** Checks that findings match their type. Throws otherwise. */
export function soundFindings(findings: readonly Finding[] | undefined, ref: Ref): readonly Finding[] {
  if (findings === undefined) return [];
  const plain: unknown = plainJson(findings, 'the list of findings', FINDINGS_BYTES);
  const isSound =
    Array.isArray(plain) &&
    plain.every(
      (found: unknown) =>
        isRecord(found) &&
        typeof found['code'] === 'string' &&
        typeof found['message'] === 'string' &&
        SEVERITIES.has(found['severity']) &&
        isRecord(found['facts']),
    );
  if (!isSound) throw new Error('the plugin returned invalid findings');
  return (plain as readonly Finding[]).map((found) => ({ ...found, ref }));
}

/** Checks that a verdict matches its type. Throws otherwise. */
export function soundVerdict(verdict: Verdict): Verdict {
  const plain = plainJson(verdict, 'the verdict', VERDICT_BYTES) as unknown as Verdict;
  const isSound =
    isRecord(plain) &&
    OUTCOMES.has(plain.outcome) &&
    typeof plain.message === 'string' &&
    isRecord(plain.facts) &&
    (plain.limits === undefined || isRecord(plain.limits)) &&
    (plain.clearsAt === undefined || isInstant(plain.clearsAt));
  if (!isSound) throw new Error('the plugin returned an invalid verdict');
  return plain;
}

/** Largest summaries of one plugin, as JSON. */
const SUMMARIES_BYTES = 64 * 1024;

/** Checks that summaries match their type. Throws otherwise. */
export function soundSummaries(summaries: readonly Summary[] | undefined): readonly Summary[] {
  const plain: unknown = plainJson(summaries ?? [], 'the list of summaries', SUMMARIES_BYTES);
  const isSound =
    Array.isArray(plain) &&
    plain.every(
      (each: unknown) =>
        isRecord(each) &&
        typeof each['title'] === 'string' &&
        Array.isArray(each['lines']) &&
        each['lines'].every((line: unknown) => typeof line === 'string') &&
        isRecord(each['facts']),
    );
  if (!isSound) throw new Error('the plugin returned invalid summaries');
  return plain as readonly Summary[];
}

/** Largest alert, as JSON. */
const ALERT_BYTES = 64 * 1024;

/** A subject is part of keys of records, and of labels. */
const SUBJECT = /^[a-z0-9_-]{1,64}$/u;

function isSoundAlert(alert: Json, { kind }: Ref, { kinds, alerts = [] }: PluginTables): boolean {
  if (!isRecord(alert)) return false;
  const { class: named, subject, severity, route, message, facts, since, happenedAt, bodies } = alert;
  const table = alerts.find((each) => each.class === named && each.kind === (kinds[kind]?.base ?? kind));
  return (
    table !== undefined &&
    table.severities.some((each) => each === severity) &&
    (route === 'page' || route === 'ticket') &&
    typeof message === 'string' &&
    isRecord(facts) &&
    (subject === undefined || (typeof subject === 'string' && SUBJECT.test(subject))) &&
    (since === undefined || isInstant(since)) &&
    (happenedAt === undefined || isInstant(happenedAt)) &&
    (bodies === undefined || (isRecord(bodies) && isRecord(bodies['webhook']) && isRecord(bodies['runbook'])))
  );
}

/** Checks that alerts match their type and the spec of their plugin. Throws otherwise. Every text is redacted. */
export function soundAlerts(alerts: readonly Alert[], tables: PluginTables, redact: Redact): readonly Alert[] {
  return alerts.map((alert) => {
    const { ref, ...rest } = alert;
    const plain = plainJson(rest, 'the alert', ALERT_BYTES);
    if (!isSoundAlert(plain, ref, tables))
      throw new Error(`the plugin returned an invalid alert, or one that its spec does not list: ${rest.class}`);
    return { ...(redactedJson(plain, redact) as unknown as typeof rest), ref };
  });
}
