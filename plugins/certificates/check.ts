/** Checks of documents that a schema can't make: names that no client accepts, and files that two of them would write. */

import type { Mistake } from '../../src/engine/plugin.ts';
import type { Desired } from '../../src/engine/types.ts';
import type { CertificateSpec, DomainSpec, IssuerSpec } from './generated.ts';
import { authorityFiles, besides, certificateFromProject, issuerFromProject } from './paths.ts';

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/iu;
const MAX_NAME = 253;

function isAddress(text: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/u.test(text) || text.includes(':');
}

/** What is wrong with a DNS name of a certificate. */
function nameMistake(name: string): Pick<Mistake, 'message' | 'suggestion'> | undefined {
  if (isAddress(name)) return { message: `${name} is an address, and no DNS name` };
  if (name.endsWith('.'))
    return { message: `${name} ends with a dot`, suggestion: `certificates hold it as ${name.slice(0, -1)}` };
  const labels = name.split('.');
  const [first, ...others] = labels;
  if (first === '*' && others.length < 2)
    return { message: `${name} would be valid for a whole top-level domain, which no client accepts` };
  const plain = first === '*' ? others : labels;
  if (plain.some((label) => label.includes('*')))
    return { message: `${name}: a wildcard is the whole first label, and no other`, suggestion: '*.example.test' };
  if (name.length > MAX_NAME || plain.some((label) => !LABEL.test(label)))
    return { message: `${name} is no DNS name: labels have 1 to 63 letters, digits and inner hyphens` };
  return undefined;
}

function checkNames(names: readonly string[]): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  const seen = new Map<string, number>();
  names.forEach((name, i) => {
    const pointer = `/spec/dnsNames/${i}`;
    const wrong = nameMistake(name);
    if (wrong !== undefined) mistakes.push({ code: 'invalid-name', pointer, ...wrong });
    const before = seen.get(name.toLowerCase());
    if (before === undefined) seen.set(name.toLowerCase(), i);
    else mistakes.push({ code: 'duplicate-name', pointer, message: `${name} is the same name as item ${before + 1}` });
  });
  return mistakes;
}

function checkThreshold(spec: CertificateSpec): readonly Mistake[] {
  const validity = spec.validityDays;
  const threshold = spec.renewal.thresholdDays;
  if (threshold < validity) return [];
  const inForce = Math.floor(validity / 3);
  return [
    {
      code: 'threshold-too-long',
      pointer: '/spec/validityDays',
      message: `a threshold of ${threshold} days is no shorter than the validity of ${validity}: a third of the lifetime counts instead (${inForce} days)`,
      severity: 'warning',
    },
  ];
}

function checkCertificate(spec: CertificateSpec): readonly Mistake[] {
  return [...checkNames(spec.dnsNames), ...checkThreshold(spec)];
}

function checkDomain(spec: DomainSpec): readonly Mistake[] {
  const { host, address } = spec;
  const mistakes: Mistake[] = [];
  if (host.includes('*'))
    mistakes.push({
      code: 'invalid-host',
      pointer: '/spec/host',
      message: `${host} is no single host`,
      suggestion: 'write one Domain for each host',
    });
  if (address !== undefined) {
    const withPort = /^(?<name>[^:]+|\[[^\]]+\]):(?<port>\d+)$/u.exec(address)?.groups;
    if (withPort !== undefined)
      mistakes.push({
        code: 'invalid-address',
        pointer: '/spec/address',
        message: `${address} has a port in it`,
        suggestion: `address: ${withPort['name'] ?? ''} and port: ${withPort['port'] ?? ''}`,
      });
    else if (!/^(?:[a-z0-9._-]+|\[?[0-9a-f:.]+(?:%[a-z0-9._-]+)?\]?)$/iu.test(address))
      mistakes.push({
        code: 'invalid-address',
        pointer: '/spec/address',
        message: `${address} is neither an address nor the name of a host`,
      });
  }
  return mistakes;
}

/** Mistakes within one document, as it is written. */
export function check(desired: Desired): readonly Mistake[] {
  if (desired.ref.kind === 'Certificate') return checkCertificate(desired.spec as CertificateSpec);
  if (desired.ref.kind === 'Domain') return checkDomain(desired.spec as DomainSpec);
  return [];
}

interface Claim {
  readonly path: string;
  readonly pointer: string;
}

/** Files that a document's resource writes, with where they are named. */
function claims({ ref, spec, source }: Desired): readonly Claim[] {
  if (ref.kind === 'Issuer') {
    const localCa = issuerFromProject(source.file, spec as IssuerSpec).localCa;
    if (localCa === undefined) return [];
    const { certificate, key } = authorityFiles(localCa.dir);
    return [certificate, key].map((path) => ({ path, pointer: '/spec/localCa/dir' }));
  }
  if (ref.kind !== 'Certificate') return [];
  const { file } = certificateFromProject(source.file, spec as CertificateSpec).storage;
  return (['certificate', 'key'] as const).flatMap((part) => {
    const pointer = `/spec/storage/file/${part}`;
    const { pending, backup } = besides(file[part]);
    return [file[part], pending, backup].map((path) => ({ path, pointer }));
  });
}

/** Files that more than one document, or one twice, would write. Documents are taken as they are written. */
export function checkTogether(documents: readonly Desired[]): readonly (Mistake & { readonly ref: Desired['ref'] })[] {
  const mistakes: (Mistake & { readonly ref: Desired['ref'] })[] = [];
  const taken = new Map<string, { readonly by: Desired; readonly pointer: string }>();
  for (const desired of documents) {
    for (const { path, pointer } of claims(desired)) {
      const before = taken.get(path);
      if (before === undefined) {
        taken.set(path, { by: desired, pointer });
        continue;
      }
      if (before.by === desired && before.pointer === pointer) continue;
      if (mistakes.some((each) => each.ref === desired.ref && each.pointer === pointer)) continue;
      const other = before.by === desired ? 'this document' : `${before.by.ref.kind} ${before.by.ref.name}`;
      mistakes.push({
        ref: desired.ref,
        code: 'same-file',
        pointer,
        message: `${path} is written by ${other} too (${before.pointer})`,
      });
    }
  }
  return mistakes;
}
