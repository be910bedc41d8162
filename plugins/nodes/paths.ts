/** Paths of documents: what a document writes relative to itself, made relative to the project, so that it is found without the document. */

import { posix } from 'node:path';

/** The file of a document and a path in it, as one path relative to the project, or absolute: normalised, without `./`. */
export function fromProject(documentFile: string, path: string): string {
  return posix.normalize(posix.isAbsolute(path) ? path : posix.join(posix.dirname(documentFile), path));
}

interface WithUserData {
  readonly userDataFile?: string;
}

/** A spec, or a pool's template, with its file relative to the project. */
export function userDataFromProject<T extends WithUserData>(documentFile: string, spec: T): T {
  return spec.userDataFile === undefined
    ? spec
    : { ...spec, userDataFile: fromProject(documentFile, spec.userDataFile) };
}
