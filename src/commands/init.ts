/** `fettle init [DIR]`: writes the files of a new project, and with `--ci` a CI workflow. No file is overwritten. */

import { constants, existsSync, mkdirSync, openSync, closeSync, readFileSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError, printable } from '#plugin';
import { command } from './command.ts';
import { chdir, choice, optional } from './options.ts';

const FORGES = ['github', 'gitlab'] as const;

/** Folder of templates in the package, for the sources and for the bundle. */
const TEMPLATES = join(import.meta.dirname, '../../templates');

/** Templates by file of the project. */
const PROJECT: Readonly<Record<string, string>> = {
  'fettle.yaml': 'fettle.yaml',
  'desired/www.yaml': 'desired/www.yaml',
};

const IGNORED = '.gitignore';

const WORKFLOWS: Readonly<Record<(typeof FORGES)[number], { readonly file: string; readonly template: string }>> = {
  github: { file: '.github/workflows/fettle.yaml', template: 'ci/github.yaml' },
  gitlab: { file: '.gitlab-ci.yml', template: 'ci/gitlab.yaml' },
};

/** Makes a project name of the name of a folder. */
function projectName(folder: string): string {
  const name = basename(folder)
    .replaceAll(/[^A-Za-z0-9._-]+/gu, '-')
    .replaceAll(/^[^A-Za-z0-9]+/gu, '')
    .slice(0, 63);
  return name === '' ? 'project' : name;
}

/** Creates a file; fails if the name is taken, also by a dangling link. */
function create(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'wx', 0o644);
  writeSync(file, text);
  closeSync(file);
}

/** Adds the template's missing lines to a `.gitignore`, and keeps the others. */
function ignore(path: string, template: string): 'created' | 'extended' | 'unchanged' {
  if (!existsSync(path)) {
    create(path, template);
    return 'created';
  }
  const known = readFileSync(path, 'utf8');
  const lines = new Set(known.split('\n').map((line) => line.trim()));
  const missing = template.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !lines.has(line));
  if (missing.length === 0) return 'unchanged';
  const file = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
  writeSync(file, `${known === '' || known.endsWith('\n') ? '' : '\n'}# fettle\n${missing.join('\n')}\n`);
  closeSync(file);
  return 'extended';
}

function nextSteps(path: string, isNew: boolean): readonly string[] {
  if (!isNew) return [];
  const quoted = `'${printable(path).replaceAll("'", "'\\''")}'`;
  return [
    ...(path === '' ? [] : [`  cd ${/^[\w./-]+$/u.test(path) ? path : quoted}`]),
    '  fettle validate   # check the documents',
    '  fettle plan       # show the changes that apply would make',
    '  fettle apply      # show the plan, ask for approval and apply it',
  ];
}

/** Writes the project. Throws InputError, without writing a file, if one of the files exists. */
export const init = command({
  name: 'init',
  summary: 'Write the files of a new project: configuration, an example and .gitignore.',
  words: { dir: optional('Folder of the project. Default: the current folder.') },
  options: { chdir, ci: choice('<forge>', FORGES, 'Also write a CI workflow for pull requests and schedules.') },
  call: async ({ flags, words: { dir }, path, print }) => {
    const folder = path(dir ?? '.');
    const template = (name: string): string => readFileSync(join(TEMPLATES, name), 'utf8');
    const workflow = flags.ci === undefined ? undefined : WORKFLOWS[flags.ci];
    // An existing project gets the workflow alone.
    const isNew = workflow === undefined || !existsSync(join(folder, 'fettle.yaml'));
    const files = [
      ...(isNew ? Object.entries(PROJECT) : []),
      ...(workflow === undefined ? [] : [[workflow.file, workflow.template] as const]),
    ];
    const existing = files.map(([file]) => file).filter((file) => existsSync(join(folder, file)));
    if (existing.length > 0)
      throw new InputError(
        `${existing.join(' and ')} ${existing.length === 1 ? 'exists' : 'exist'} in ${folder}, and init does not overwrite files. Choose another folder, or move the ${existing.length === 1 ? 'file' : 'files'} away`,
      );
    for (const [file, name] of files)
      create(join(folder, file), template(name).replace('{{name}}', projectName(folder)));
    const ignored = ignore(join(folder, IGNORED), template('gitignore'));
    print(
      [
        ...files.map(([file]) => `created   ${file}`),
        `${ignored.padEnd(9)} ${IGNORED}`,
        '',
        'Next:',
        ...nextSteps(dir ?? '', isNew),
        ...(workflow === undefined
          ? []
          : [
              `  Set up ${flags.ci === 'github' ? 'GitHub' : 'GitLab'} as the first lines of ${workflow.file} say, and commit all files.`,
            ]),
        '',
      ].join('\n'),
    );
    return 'ok';
  },
});
