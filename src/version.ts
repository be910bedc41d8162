/** Says which fettle this is, on what it runs: a constant in the bundle, read from package.json in a checkout. */

/** Set by the build; from source there is no such variable. */
declare const FETTLE_VERSION: string | undefined;

function versionOfSource(): string {
  // Not an import: the bundle would carry it into the one file that has to start on any Node.js.
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

/** Set by the build: SHA-256 over what decides how the text of a document is read. */
declare const FETTLE_READER: string | undefined;

/** Which reader of documents this is; undefined from source, where it changes with every edit. */
export const reader: string | undefined = typeof FETTLE_READER === 'string' ? FETTLE_READER : undefined;

export const version: string = typeof FETTLE_VERSION === 'string' ? FETTLE_VERSION : versionOfSource();

/** A plugin of another package: `files` of `fettle-plugin-files` 1.0.0. */
interface PluginVersion {
  readonly name: string;
  readonly package: string;
  readonly version: string;
}

/**
 * Text for `fettle version`; with `json` one line with the keys that Terraform has for its own, and `plugins` where other
 * packages give some. Ends with a newline.
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

/** Where bugs are reported: `bugs` of package.json. */
export const ISSUES = 'https://github.com/fettle-dev/fettle/issues';

/** A bug with its stack, and where to report it. Ends with a newline. */
export function bugText(error: unknown): string {
  const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack : String(error);
  return `error: internal error: ${stack.slice(0, 10_000)}\nThis is a bug in fettle. Report it with the lines above: ${ISSUES}\n`;
}
