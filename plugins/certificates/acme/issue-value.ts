/** The value of a CAA record (RFC 8659, 4.2), and of a record of dns-persist-01, which has the same form. Pure. */

export interface IssueValue {
  /** The domain name of an authority, in lower case; empty for no authority. */
  readonly issuer: string;
  /** Parameters by tag, in lower case. A tag can repeat. */
  readonly parameters: readonly (readonly [tag: string, value: string])[];
}

const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
const ISSUER = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*)?$`, 'u');
const PARAMETER = /^(?<tag>[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)[ \t]*=[ \t]*(?<value>[\x21-\x3a\x3c-\x7e]*)$/u;

const trimmed = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/gu, '');

/** Parses a value; undefined if it does not have the form. */
export function issueValue(text: string): IssueValue | undefined {
  const [issuer = '', ...rest] = text.split(';').map(trimmed);
  if (!ISSUER.test(issuer)) return undefined;
  // A semicolon alone is permitted at the end of the name, and authorities write one behind the last parameter.
  const written = rest.at(-1) === '' ? rest.slice(0, -1) : rest;
  const parameters = written.map((each) => PARAMETER.exec(each)?.groups);
  if (parameters.includes(undefined)) return undefined;
  return {
    issuer: issuer.toLowerCase(),
    parameters: parameters.map((each) => [each?.['tag']?.toLowerCase() ?? '', each?.['value'] ?? '']),
  };
}

/** The values of a parameter. */
export function parameterOf({ parameters }: IssueValue, tag: string): readonly string[] {
  return parameters.flatMap(([name, value]) => (name === tag ? [value] : []));
}
