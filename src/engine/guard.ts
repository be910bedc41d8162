/**
 * Guards around what plugins compute: a function that throws, or gives what cannot be kept, concerns its own resource
 * alone. Everything that a plugin gives becomes plain JSON here, or is refused, before it can reach a plan or the log.
 */

import {
  type Change,
  errorText,
  type Facts,
  type Finding,
  isInstant,
  type Json,
  type Outcome,
  type Resource,
  type Proposal,
  redactPatterns,
  type Ref,
  type Scene,
  type Summary,
  type Verdict,
  isRecord,
} from '#plugin';

/** Why a plugin could not say anything of a resource, by address. */
export type Failures = Map<string, string>;

/** What `work` gives; undefined, with the reason in `failures`, where it throws. */
export function guarded<T>(address: string, failures: Failures, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!failures.has(address)) failures.set(address, `the plugin failed: ${errorText(error)}`);
    return undefined;
  }
}

/** The same value as plain JSON. Throws where it has none (circles, BigInt, functions alone), or is too large. */
export function plainJson(value: unknown, what: string, mostBytes: number): Json {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new Error(`${what} is nothing that can be kept`);
  if (text.length > mostBytes) throw new Error(`${what} is too large: ${text.length} characters`);
  return JSON.parse(text) as Json;
}

/** Largest proposal and verdict, as JSON. */
const PROPOSAL_BYTES = 256 * 1024;
const VERDICT_BYTES = 64 * 1024;

const GOALS: ReadonlySet<string> = new Set(['create', 'update', 'replace', 'remove']);
const CAUSES: ReadonlySet<string | undefined> = new Set([undefined, 'time', 'progress', 'policy']);
const OUTCOMES: ReadonlySet<Outcome> = new Set(['pass', 'warn', 'defer', 'reject']);

/** A proposal as its type says; throws for anything else. */
export function soundProposal(proposal: Proposal | undefined): Proposal | undefined {
  if (proposal === undefined) return undefined;
  const plain = plainJson(proposal, 'its proposal', PROPOSAL_BYTES) as unknown as Proposal;
  const isSound =
    isRecord(plain) &&
    typeof plain.step === 'string' &&
    plain.step.includes('>') &&
    GOALS.has(plain.goal) &&
    CAUSES.has(plain.cause) &&
    typeof plain.because === 'string' &&
    (plain.fields === undefined ||
      (Array.isArray(plain.fields) &&
        plain.fields.every((field: unknown) => isRecord(field) && typeof field['path'] === 'string')));
  if (!isSound) throw new Error('the proposal is not valid');
  return plain;
}

/** Largest picture of a resource beside a decision, as JSON. */
const AUDIT_BYTES = 16 * 1024;

/** What a kind says of a resource beside a decision about it. One that throws says so instead: the decision stands without it. */
export function soundAudit(change: Change, resource: Resource, scene: Scene): Facts | undefined {
  const { kind } = resource;
  if (kind.audit === undefined) return undefined;
  try {
    const plain = plainJson(kind.audit(change, resource, scene), 'its picture', AUDIT_BYTES);
    if (isRecord(plain)) return plain;
    throw new Error('its picture is none');
  } catch (error) {
    return { error: redactPatterns(errorText(error)) };
  }
}

const SEVERITIES: ReadonlySet<unknown> = new Set(['critical', 'error', 'warning', 'info']);

/** Largest findings of one resource, as JSON. */
const FINDINGS_BYTES = 256 * 1024;

/** Findings about one resource as their type says; throws for anything else. */
export function soundFindings(findings: readonly Finding[] | undefined, ref: Ref): readonly Finding[] {
  if (findings === undefined) return [];
  const plain: unknown = plainJson(findings, 'what it finds', FINDINGS_BYTES);
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
  if (!isSound) throw new Error('what it finds are no findings');
  return (plain as readonly Finding[]).map((found) => ({ ...found, ref }));
}

/** A verdict as its type says; throws for anything else. */
export function soundVerdict(verdict: Verdict): Verdict {
  const plain = plainJson(verdict, 'its verdict', VERDICT_BYTES) as unknown as Verdict;
  const isSound =
    isRecord(plain) &&
    OUTCOMES.has(plain.outcome) &&
    typeof plain.message === 'string' &&
    isRecord(plain.facts) &&
    (plain.limits === undefined || isRecord(plain.limits)) &&
    (plain.clearsAt === undefined || isInstant(plain.clearsAt));
  if (!isSound) throw new Error('the verdict is not valid');
  return plain;
}

/** Largest summaries of one plugin, as JSON. */
const SUMMARIES_BYTES = 64 * 1024;

/** Summaries as their type says; throws for anything else. */
export function soundSummaries(summaries: readonly Summary[] | undefined): readonly Summary[] {
  const plain: unknown = plainJson(summaries ?? [], 'what it sums up', SUMMARIES_BYTES);
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
  if (!isSound) throw new Error('what it sums up are no summaries');
  return plain as readonly Summary[];
}
