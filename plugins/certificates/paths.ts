/** Paths of documents: what a document writes relative to itself, made relative to the project, so that memory finds it without the document. */

import { posix } from 'node:path';
import type { CertificateSpec, DomainSpec, IssuerSpec } from './generated.ts';

/** The file of a document and a path in it, as one path relative to the project, or absolute: normalised, without `./`. */
export function fromProject(documentFile: string, path: string): string {
  const joined = posix.isAbsolute(path) ? path : posix.join(posix.dirname(documentFile), path);
  const normal = posix.normalize(joined);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

/** The other way: a path relative to the project, or absolute, as a document in that file writes it. */
export function toDocument(documentFile: string, path: string): string {
  return posix.isAbsolute(path) ? path : posix.relative(posix.dirname(documentFile), path);
}

export function issuerFromProject(file: string, spec: IssuerSpec): IssuerSpec {
  return spec.localCa === undefined
    ? spec
    : { ...spec, localCa: { ...spec.localCa, dir: fromProject(file, spec.localCa.dir) } };
}

export function certificateFromProject(file: string, spec: CertificateSpec): CertificateSpec {
  const { certificate, key } = spec.storage.file;
  return {
    ...spec,
    storage: { file: { certificate: fromProject(file, certificate), key: fromProject(file, key) } },
  };
}

export function domainFromProject(file: string, spec: DomainSpec): DomainSpec {
  return spec.trust === undefined ? spec : { ...spec, trust: spec.trust.map((path) => fromProject(file, path)) };
}

/** Files that a swap puts beside the two of a pair. */
export function besides(path: string): { readonly pending: string; readonly backup: string } {
  return { pending: `${path}.pending`, backup: `${path}.backup` };
}

/** Files of an authority in its folder. */
export function authorityFiles(dir: string): { readonly certificate: string; readonly key: string } {
  return { certificate: posix.join(dir, 'ca.crt'), key: posix.join(dir, 'ca.key') };
}
