/** Differences between a stored certificate and what is written of it, as fields of its spec. */

import { type FieldChange, type Change } from '#plugin';
import type { CertificateFacts, IssuerFacts } from './facts.ts';
import type { CertificateSpec } from './generated.ts';
import { holdsKey } from './paths.ts';
import type { PairStorage, StoredFile } from './world.ts';

const CERTIFICATE_MODE = '0644';
export const KEY_MODE = '0600';
/** No key may be open to more than this. */
const MOST_KEY_MODE = 0o640;

/** Stands for a chain that is to be stored, and is not known. */
const LOST_CHAIN = '/storage/chain';

/** Fields that only another certificate sets right. */
const CONTENT = new Set(['/dnsNames', '/keyAlgorithm', '/issuer', '/storage', LOST_CHAIN]);

/** What is known of the Issuer that a certificate ought to come from. */
export interface WantedIssuer {
  readonly facts: IssuerFacts | undefined;
  /** Fingerprint of what signed the stored certificate, as remembered. */
  readonly rememberedSigner: string | undefined;
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  const left = new Set(a.map((name) => name.toLowerCase()));
  const right = new Set(b.map((name) => name.toLowerCase()));
  return left.size === right.size && [...left].every((name) => right.has(name));
}

/** By whom it was signed, where that is not who ought to have signed it. */
function issuerField(
  facts: CertificateFacts,
  { facts: issuer, rememberedSigner }: WantedIssuer,
): FieldChange | undefined {
  if (issuer === undefined) return undefined;
  if (issuer.self_signed === true)
    return facts.self_signed === true
      ? undefined
      : { path: '/issuer', before: facts.issuer ?? '', after: 'self-signed' };
  if (issuer.fingerprint === undefined || issuer.subject === undefined) return undefined;
  const signer = facts.issuer_fingerprint ?? rememberedSigner;
  // A chain without its issuer, which nobody remembers either, can only be told by its name.
  const same = signer === undefined ? facts.issuer === issuer.subject : signer === issuer.fingerprint;
  if (same) return undefined;
  return { path: '/issuer', before: signer ?? facts.issuer ?? '', after: issuer.fingerprint };
}

/** The mode that a file ought to have, where it is not the one that it has. */
function wantedMode(file: StoredFile, written: string | undefined): string | undefined {
  const { part, mode } = file;
  if (mode === undefined) return undefined;
  if (!holdsKey(part)) return mode === CERTIFICATE_MODE ? undefined : CERTIFICATE_MODE;
  if (written !== undefined) return mode === written ? undefined : written;
  const own = Number.parseInt(mode, 8);
  return own !== 0 && (own & ~MOST_KEY_MODE) === 0 ? undefined : KEY_MODE;
}

type Attributes = Pick<NonNullable<PairStorage['file']>, 'owner' | 'group' | 'mode'>;

function idField(path: string, before: string | undefined, after: string | number | undefined): readonly FieldChange[] {
  return before === undefined || after === undefined || before === String(after)
    ? []
    : [{ path, before, after: String(after) }];
}

function fileFields(file: StoredFile, base: string, written: Attributes): readonly FieldChange[] {
  const path = `${base}/${file.part}`;
  const mode = wantedMode(file, written.mode);
  return [
    ...(file.problem === undefined
      ? []
      : [{ path: file.lost === true ? LOST_CHAIN : path, before: file.problem, after: 'as its certificate' }]),
    ...(mode === undefined || file.mode === undefined
      ? []
      : [{ path: `${path}/mode`, before: file.mode, after: mode }]),
    ...idField(`${path}/owner`, file.owner, written.owner),
    ...idField(`${path}/group`, file.group, written.group),
  ];
}

/** What differs about the files themselves. */
function storageFields({ file, directory }: PairStorage, facts: CertificateFacts): readonly FieldChange[] {
  const base = directory === undefined ? '/storage/file' : '/storage/directory';
  const fields = facts.files.flatMap((each) => fileFields(each, base, directory ?? file ?? {}));
  const seen = new Set<string>();
  return [
    ...fields.filter(({ path }) => !seen.has(path) && seen.add(path)),
    ...(facts.leftovers.length === 0 ? [] : [{ path: `${base}/leftovers`, before: facts.leftovers, after: [] }]),
  ];
}

/** Everything that differs; nothing that only time changes. */
export function differences(
  spec: CertificateSpec,
  facts: CertificateFacts,
  issuer: WantedIssuer,
): readonly FieldChange[] {
  const names = facts.dnsNames ?? [];
  const algorithm = spec.keyAlgorithm;
  const signed = issuerField(facts, issuer);
  return [
    ...(sameNames(names, spec.dnsNames) ? [] : [{ path: '/dnsNames', before: names, after: spec.dnsNames }]),
    ...(facts.keyAlgorithm === algorithm
      ? []
      : [{ path: '/keyAlgorithm', before: facts.keyAlgorithm ?? '', after: algorithm }]),
    ...(signed === undefined ? [] : [signed]),
    ...storageFields(spec.storage, facts),
  ];
}

/** Whether fields ask for another certificate, and not just for a tidy folder. */
export function needsIssue(fields: readonly FieldChange[]): boolean {
  return fields.some(({ path }) => CONTENT.has(path));
}

/** Whether a step makes a new certificate: a change in place may only set files right, or reload what serves them. */
export function issues({ step, fields }: Change): boolean {
  return step !== 'normal>normal' || needsIssue(fields);
}

const NAMES: Readonly<Record<string, string>> = {
  '/dnsNames': 'the DNS names',
  '/keyAlgorithm': 'the key algorithm',
  '/issuer': 'the issuer',
  '/storage': 'the storage location',
  [LOST_CHAIN]: 'the chain, which is not stored',
};

/** What a field is called in a sentence: `the mode of its key`. */
export function fieldText(path: string): string {
  const [, , kind, what, attribute] = path.split('/');
  const known = NAMES[path];
  if (known !== undefined || kind === undefined || what === undefined) return known ?? path;
  if (what === 'leftovers') return 'files of an interrupted swap';
  if (attribute === undefined) return `the content of its ${what} file`;
  return `the ${attribute} of its ${what}`;
}
