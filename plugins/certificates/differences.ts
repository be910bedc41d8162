/** Differences between a stored certificate and its document, as fields of its spec. */

import { type FieldChange, type Change } from '#plugin';
import { ipAddressesOf, plainAddress, usagesOf } from './declared.ts';
import type { CertificateFacts, IssuerFacts } from './facts.ts';
import type { CertificateSpec } from './generated.ts';
import { holdsKey } from './paths.ts';
import type { PairStorage, StoredFile } from './world.ts';

const CERTIFICATE_MODE = '0644';
export const KEY_MODE = '0600';
/** The widest permitted mode of a key. */
const MOST_KEY_MODE = 0o640;

/** Placeholder for a declared chain whose content is unknown. */
const LOST_CHAIN = '/storage/chain';

/** The chain of an ACME authority: another one is downloaded, and nothing is issued. */
export const PREFERRED_CHAIN = '/issuer/preferredChain';

/** An order that no step goes on with, as after an interrupted step: its key is removed, and nothing is issued. */
export const ORDER_LEFT = '/issuer/order';

/** Fields whose differences require another certificate. */
const CONTENT = new Set(['/dnsNames', '/ipAddresses', '/usages', '/keyAlgorithm', '/issuer', '/storage', LOST_CHAIN]);

/** The Issuer that a certificate should come from. */
export interface WantedIssuer {
  readonly facts: IssuerFacts | undefined;
  /** Recorded fingerprint of the authority that signed the stored certificate. */
  readonly rememberedSigner: string | undefined;
  /** Address of the directory, if the Issuer is an ACME authority. */
  readonly directory: string | undefined;
  /** Recorded directory that issued the stored certificate. */
  readonly rememberedDirectory: string | undefined;
  /** True if fettle issued the stored certificate. */
  readonly isMade: boolean;
  /** The declared and the recorded preferred chain of a certificate that can be downloaded again; empty for none. */
  readonly chain?: string;
  readonly rememberedChain?: string;
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  const left = new Set(a.map((name) => name.toLowerCase()));
  const right = new Set(b.map((name) => name.toLowerCase()));
  return left.size === right.size && [...left].every((name) => right.has(name));
}

/** The actual signer of the certificate, if it is not the declared one. */
function issuerField(
  facts: CertificateFacts,
  { facts: issuer, rememberedSigner, directory, rememberedDirectory, isMade }: WantedIssuer,
): FieldChange | undefined {
  // The certificates that sign for an authority change, so the directory identifies the issuer.
  if (directory !== undefined) {
    const before = rememberedDirectory ?? (isMade ? (facts.issuer ?? '') : directory);
    return before === directory ? undefined : { path: '/issuer', before, after: directory };
  }
  if (issuer === undefined) return undefined;
  if (issuer.self_signed === true)
    return facts.self_signed === true
      ? undefined
      : { path: '/issuer', before: facts.issuer ?? '', after: 'self-signed' };
  if (issuer.fingerprint === undefined || issuer.subject === undefined) return undefined;
  const signer = facts.issuer_fingerprint ?? rememberedSigner;
  // Without the issuer in the chain and in the state, only its name identifies it.
  const same = signer === undefined ? facts.issuer === issuer.subject : signer === issuer.fingerprint;
  if (same) return undefined;
  return { path: '/issuer', before: signer ?? facts.issuer ?? '', after: issuer.fingerprint };
}

/** The mode that a file should have, if it differs from the present one. */
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

/** Differences of the files themselves. */
function storageFields({ file, directory }: PairStorage, facts: CertificateFacts): readonly FieldChange[] {
  const base = directory === undefined ? '/storage/file' : '/storage/directory';
  const fields = facts.files.flatMap((each) => fileFields(each, base, directory ?? file ?? {}));
  const seen = new Set<string>();
  return [
    ...fields.filter(({ path }) => !seen.has(path) && seen.add(path)),
    ...(facts.leftovers.length === 0 ? [] : [{ path: `${base}/leftovers`, before: facts.leftovers, after: [] }]),
  ];
}

/** All differences, except those that time alone causes. */
export function differences(
  spec: CertificateSpec,
  facts: CertificateFacts,
  issuer: WantedIssuer,
): readonly FieldChange[] {
  const names = facts.dnsNames ?? [];
  const addresses = facts.ipAddresses ?? [];
  const usages = facts.usages ?? [];
  const algorithm = spec.keyAlgorithm;
  const signed = issuerField(facts, issuer);
  return [
    ...(sameNames(names, spec.dnsNames) ? [] : [{ path: '/dnsNames', before: names, after: spec.dnsNames }]),
    ...(sameNames(addresses, ipAddressesOf(spec).map(plainAddress))
      ? []
      : [{ path: '/ipAddresses', before: addresses, after: ipAddressesOf(spec) }]),
    ...(sameNames(usages, usagesOf(spec)) || facts.acme === true
      ? []
      : [{ path: '/usages', before: usages, after: usagesOf(spec) }]),
    ...(facts.keyAlgorithm === algorithm
      ? []
      : [{ path: '/keyAlgorithm', before: facts.keyAlgorithm ?? '', after: algorithm }]),
    ...(signed === undefined ? [] : [signed]),
    ...(issuer.chain === issuer.rememberedChain
      ? []
      : [{ path: PREFERRED_CHAIN, before: issuer.rememberedChain ?? '', after: issuer.chain ?? '' }]),
    ...storageFields(spec.storage, facts),
  ];
}

/**
 * The differences of a pair that is read from `before`, the storage of the previous document: the new storage, instead of the
 * differences of files that are no longer used.
 */
export function withMove(
  fields: readonly FieldChange[],
  before: PairStorage | undefined,
  { storage }: Pick<CertificateSpec, 'storage'>,
): readonly FieldChange[] {
  if (before === undefined) return fields;
  return [...fields.filter(({ path }) => !path.startsWith('/storage/')), { path: '/storage', before, after: storage }];
}

/** True if a difference requires another certificate. */
export function isContent({ path }: FieldChange): boolean {
  return CONTENT.has(path);
}

/** True if the fields require another certificate, not only corrected files. */
export function needsIssue(fields: readonly FieldChange[]): boolean {
  return fields.some(isContent);
}

/** True if a step issues a certificate: a change in place can also just correct files, or reload their services. */
export function issues({ step, fields }: Pick<Change, 'step' | 'fields'>): boolean {
  return step !== 'normal>normal' || needsIssue(fields);
}

/** Steps that complete a swap: their certificate was issued before. */
const COMPLETING: ReadonlySet<string> = new Set(['renewing>normal', 'recovering>normal']);

/** True if a step issues another certificate. A row that only changes the state shows differences without applying them. */
export function issuesAnew(change: Change): boolean {
  const { step, goal } = change;
  return (goal === 'create' || goal === 'update') && !COMPLETING.has(step) && issues(change);
}

/** True if the step needs the authority of an ACME Issuer: for an order, or for another chain. */
export function asksAuthority(change: Change): boolean {
  return issues(change) || change.fields.some(({ path }) => path === PREFERRED_CHAIN);
}

const NAMES: Readonly<Record<string, string>> = {
  '/dnsNames': 'the DNS names',
  '/ipAddresses': 'the IP addresses',
  '/usages': 'the usages',
  '/keyAlgorithm': 'the key algorithm',
  '/issuer': 'the issuer',
  '/storage': 'the storage location',
  [PREFERRED_CHAIN]: 'the chain of the authority',
  [ORDER_LEFT]: 'the rest of an order that has ended',
  [LOST_CHAIN]: 'the chain, which is not stored',
};

/** The name of a field within a sentence: `the mode of its key`. */
export function fieldText(path: string): string {
  const [, , kind, what, attribute] = path.split('/');
  const known = NAMES[path];
  if (known !== undefined || kind === undefined || what === undefined) return known ?? path;
  if (what === 'leftovers') return 'files of an interrupted swap';
  if (attribute === undefined) return `the content of its ${what} file`;
  return `the ${attribute} of its ${what}`;
}
