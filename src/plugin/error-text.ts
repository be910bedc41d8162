/** The text of an error, for any thrown value: limited in length, and never throws. */

const LONGEST = 2000;

/** Failures of the file system, as sentences about a path. Source of the codes: errno(3). */
const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  EACCES: 'this user does not have permission',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'the file already exists',
  EISDIR: 'the path is a folder',
  ELOOP: 'the symbolic links form a loop',
  EMFILE: 'this process has too many open files',
  ENAMETOOLONG: 'the name is too long',
  ENFILE: 'the system has too many open files',
  ENOENT: 'the file does not exist',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is not a folder',
  ENXIO: 'the path is not a regular file',
  EPERM: 'this user does not have permission',
  EROFS: 'the file system is read-only',
};

/** The reason of a failed call of the file system: `the file does not exist`; undefined for other errors. */
export function fileProblem(error: unknown): string | undefined {
  const code: unknown = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? FILE_PROBLEMS[code] : undefined;
}

/** A failed call of the file system with its path; undefined for other errors. */
function fileErrorText(error: unknown): string | undefined {
  const problem = fileProblem(error);
  if (problem === undefined) return undefined;
  const { code, path } = error as NodeJS.ErrnoException;
  return typeof path !== 'string' ? undefined : `${path}: ${problem} (${code})`;
}

function plainText(error: unknown): string {
  try {
    const ofFile = fileErrorText(error);
    if (ofFile !== undefined) return ofFile;
    // A plugin can throw any value, with a message of any type.
    const message: unknown = error instanceof Error ? error.message : error;
    return String(message);
  } catch {
    return 'an error without a readable message';
  }
}

/** Returns at most 2,000 characters; a placeholder for an empty message. */
export function errorText(error: unknown): string {
  const text = plainText(error).toWellFormed();
  if (text.trim() === '') return 'an error without a message';
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST).toWellFormed()}… (${text.length} characters)`;
}
