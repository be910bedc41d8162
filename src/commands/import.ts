/** `fettle import`: adopts a declared resource, or writes documents for resources that are not declared. */

import { open } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { documentsText } from '../engine/load/write-documents.ts';
import { counted, type Gap, InputError, type PassedOver, type Plugin, printable } from '#plugin';
import { applyTextRenderer, applyJsonRenderer } from '../report/apply-renderers.ts';
import { adopt, discover, pluginOf } from '../run/import.ts';
import { openProject } from '../run/project.ts';
import { namedAddress } from '../run/named-address.ts';
import { version } from '../version.ts';
import { command } from './command.ts';
import { flag, locking, passes, passesOf, rest, shown, text, where } from './options.ts';

/** Writes a new file; fails if it exists. */
async function writeNew(file: string, content: string): Promise<void> {
  const handle = await open(file, 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw new InputError(`${file} already exists and is not overwritten`);
    throw error;
  });
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The default file for found resources: next to the documents of the configuration. */
function importedDocument([first = 'desired/']: readonly string[]): string {
  return join(/[*?]|\.ya?ml$/iu.test(first) ? dirname(first) : first, 'imported.yaml');
}

function gapLines(gaps: readonly Gap[], { name }: Plugin): string {
  return gaps
    .map(
      ({ endpoint, message }) => `warning: could not be read: ${printable(endpoint ?? name)}: ${printable(message)}\n`,
    )
    .join('');
}

/** An account of everything that was found and is not written. */
function passedLines(passed: readonly PassedOver[]): string {
  return passed.map(({ what, why }) => `passed over: ${printable(what)}: ${printable(why)}\n`).join('');
}

function stepLines(steps: readonly string[] = []): string {
  return steps.map((step) => `next step: ${printable(step)}\n`).join('');
}

function resultLine(found: number, passed: number, file: string | undefined): string {
  const over = passed === 0 ? '' : `; ${counted(passed, 'entry', 'entries')} passed over, listed above`;
  if (found > 0)
    return `note: ${counted(found, 'document')}${file === undefined ? '' : ` in ${file}`}${over}. Review the documents, then run \`fettle plan\`: it shows a row \`adopt\` for each\n`;
  return passed === 0 ? 'note: every resource found is already declared\n' : `note: no documents${over}\n`;
}

export const importCommand = command({
  name: 'import',
  summary: 'Adopt an existing resource; with --all, write documents for undeclared resources.',
  words: { words: rest('Address to adopt; with --all, locations to search (folders, for certificates).') },
  options: {
    ...where,
    all: flag('Search for resources that no document declares.'),
    plugin: text('<name>', 'Plugin whose resources are searched for.'),
    out: text('<file>', 'Write the documents to this file. Default: standard output.', { short: 'o' }),
    ...passes,
    ...locking,
    ...shown,
  },
  call: async ({ flags, words: { words }, host, source, path, say, print, shell, interruption, openWorkspace }) => {
    if (flags.all !== true) {
      const [address, ...more] = words;
      if (address === undefined || more.length > 0)
        throw new InputError('Expected one ADDRESS, or --all --plugin NAME with locations to search');
      const workspace = await openWorkspace();
      const ref = await namedAddress(workspace, address);
      const { lockTimeout } = flags;
      const options = { ref, passes: passesOf(flags), lockTimeout, interruption: interruption() };
      return (await adopt(workspace, options, say)).ending;
    }
    if (flags.plugin === undefined) throw new InputError('--all needs --plugin NAME');
    const plugin = await pluginOf(host, flags.plugin);
    // An import can be the first command of a project.
    const project = await openProject(host, source, say, { allowEmpty: true });
    const { folder, desired } = project.config;
    const file = flags.out === undefined ? undefined : path(flags.out);
    const document = file === undefined ? importedDocument(desired) : relative(folder, file);
    const places = words.map((place) => relative(folder, path(place)) || '.');
    const { found, passed, gaps, steps } = await discover(
      project,
      { plugin, places, document, stop: interruption().stop },
      say,
    );
    shell.stderr.write(gapLines(gaps, plugin) + passedLines(passed));
    const head = file === undefined ? `# For ${document}: relative paths start there.\n` : '';
    const content = found.length === 0 ? '' : head + documentsText(found, plugin.tables);
    if (file === undefined) print(content);
    else if (found.length > 0) await writeNew(file, content);
    shell.stderr.write(resultLine(found.length, passed.length, file) + stepLines(steps));
    return gaps.length > 0 ? 'partly-read' : 'ok';
  },
  render: ({ format }, view) => (format === 'json' ? applyJsonRenderer(version) : applyTextRenderer(view)),
});
