/** The licenses of the packages that are part of a bundle, as one text. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

const marker = `${sep}node_modules${sep}`;

/** Returns the licenses of the packages that `modules` (paths of bundled modules) belong to. Throws if a package has no license text: it must not be shipped then. */
export function thirdPartyLicenses(modules: readonly string[]): string {
  const folders = new Set(modules.map(packageFolder).filter((folder) => folder !== undefined));
  const sections = [...folders].map(section).sort((a, b) => (a.name < b.name ? -1 : 1));
  const intro = `fettle contains parts of the packages below, each under its own license.\n`;
  return [intro, ...sections.map((one) => one.text)].join(`\n${'-'.repeat(80)}\n\n`);
}

function packageFolder(module: string): string | undefined {
  const path = module.replace(/^\0/, '').replace(/\?.*$/, '');
  const at = path.lastIndexOf(marker);
  if (at < 0) return undefined;
  const parts = path.slice(at + marker.length).split(sep);
  const name = parts.slice(0, parts[0]?.startsWith('@') ? 2 : 1).join(sep);
  return path.slice(0, at) + marker + name;
}

function section(folder: string): { readonly name: string; readonly text: string } {
  const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  const name = `${String(about['name'])} ${String(about['version'])}`;
  const files = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .sort();
  const texts = files.map((file) => textOf(folder, file).trim());
  if (files.length === 0) texts.push(licenseInReadme(folder));
  if (texts.some((text) => text === '')) throw new Error(`${name} has no license text (${dirname(folder)})`);
  return { name, text: `${name} (${String(about['license'])})\n\n${texts.join('\n\n')}\n` };
}

function textOf(folder: string, file: string): string {
  return readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n');
}

/** The license from the last part of a README, where some packages have it; empty if there is none, or only its name. */
function licenseInReadme(folder: string): string {
  const readme = readdirSync(folder).find((file) => /^readme\.md$/i.test(file));
  const part = readme === undefined ? undefined : /^#+ licen[cs]e\s*$(?<text>[^]*)/im.exec(textOf(folder, readme));
  const text = part?.groups?.['text']?.trim() ?? '';
  return /copyright/i.test(text) ? text : '';
}
