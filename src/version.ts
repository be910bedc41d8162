/** The version of fettle and of its runtime: a constant in the bundle, read from package.json in a checkout. */

/** Set by the build; not defined when running from source. */
declare const FETTLE_VERSION: string | undefined;

function versionOfSource(): string {
  // Not an import: the bundler would move it into the file that must start on any Node.js.
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

/** Set by the build: SHA-256 over the code that reads documents. */
declare const FETTLE_READER: string | undefined;

/** The version of the document reader; undefined when running from source, where it changes with every edit. */
export const reader: string | undefined = typeof FETTLE_READER === 'string' ? FETTLE_READER : undefined;

export const version: string = typeof FETTLE_VERSION === 'string' ? FETTLE_VERSION : versionOfSource();

/** A plugin of another package: `files` of `fettle-plugin-files` 1.0.0. */
interface PluginVersion {
  readonly name: string;
  readonly package: string;
  readonly version: string;
}

/**
 * The text of `fettle version`. With `json`, one line with the keys of `terraform version -json`, and `plugins` if
 * other packages supply some. Ends with a newline.
 */
export function versionText(
  json: boolean,
  versions: { readonly node: string; readonly platform: string },
  plugins: readonly PluginVersion[] = [],
): string {
  const listed = plugins.map(({ name, package: from, version: of }) => ({ name, package: from, version: of }));
  if (json)
    return `${JSON.stringify({ fettle_version: version, ...versions, ...(listed.length === 0 ? {} : { plugins: listed }) })}\n`;
  const lines = listed.map((each) => `+ plugin ${each.name} of ${each.package} v${each.version}\n`);
  return `fettle v${version}\non ${versions.platform}, Node.js ${versions.node}\n${lines.join('')}`;
}

/** The address for bug reports: `bugs` in package.json. */
export const ISSUES = 'https://github.com/fettle-dev/fettle/issues';

/** The message for a bug, with its stack and the address for reports. Ends with a newline. */
export function bugText(error: unknown): string {
  const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack : String(error);
  return `error: internal error: ${stack.slice(0, 10_000)}\nThis is a bug in fettle. Report it with the lines above: ${ISSUES}\n`;
}
