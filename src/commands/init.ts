/** `fettle init [DIR]`: writes the files of a new project, and with `--ci` the workflow of a forge. It overwrites nothing. */

import { constants, existsSync, mkdirSync, openSync, closeSync, readFileSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError, printable } from '#plugin';
import { command } from './command.ts';
import { chdir, choice, optional } from './options.ts';

export const FORGES = ['github', 'gitlab'] as const;

/** The folder of templates in the package, from the sources and from the bundle alike. */
const TEMPLATES = join(import.meta.dirname, '../../templates');

/** Template by file of the project. */
const PROJECT: Readonly<Record<string, string>> = {
  'fettle.yaml': 'fettle.yaml',
  'desired/www.yaml': 'desired/www.yaml',
};

const IGNORED = '.gitignore';

const WORKFLOWS: Readonly<Record<(typeof FORGES)[number], { readonly file: string; readonly template: string }>> = {
  github: { file: '.github/workflows/fettle.yaml', template: 'ci/github.yaml' },
  gitlab: { file: '.gitlab-ci.yml', template: 'ci/gitlab.yaml' },
};

/** The name of a folder as the name of a project. */
function projectName(folder: string): string {
  const name = basename(folder)
    .replaceAll(/[^A-Za-z0-9._-]+/gu, '-')
    .replaceAll(/^[^A-Za-z0-9]+/gu, '')
    .slice(0, 63);
  return name === '' ? 'project' : name;
}

/** Creates a file; fails where anything, a dangling link included, has its name. */
function create(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'wx', 0o644);
  writeSync(file, text);
  closeSync(file);
}

/** The lines of the template that a `.gitignore` does not have; an existing file keeps its own. */
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
    '  fettle validate   # checks the documents',
    '  fettle plan       # shows what apply would do, and changes nothing',
    '  fettle apply      # shows the plan, asks, and applies it',
  ];
}

/** Writes the project, or ends with an InputError where a file exists that it would have to overwrite; then it has written nothing. */
export const init = command({
  name: 'init',
  summary: 'Write the files of a new project: configuration, an example, .gitignore.',
  words: { dir: optional('the folder of the project; by default the current one') },
  options: { chdir, ci: choice('<forge>', FORGES, 'also write the workflow for pull requests and schedules') },
  call: async ({ flags, words: { dir }, path, print }) => {
    const folder = path(dir ?? '.');
    const template = (name: string): string => readFileSync(join(TEMPLATES, name), 'utf8');
    const workflow = flags.ci === undefined ? undefined : WORKFLOWS[flags.ci];
    // A project that exists gets the workflow alone.
    const isNew = workflow === undefined || !existsSync(join(folder, 'fettle.yaml'));
    const files = [
      ...(isNew ? Object.entries(PROJECT) : []),
      ...(workflow === undefined ? [] : [[workflow.file, workflow.template] as const]),
    ];
    const existing = files.map(([file]) => file).filter((file) => existsSync(join(folder, file)));
    if (existing.length > 0)
      throw new InputError(
        `${existing.join(' and ')} ${existing.length === 1 ? 'exists' : 'exist'} in ${folder}, and init overwrites no file. Choose another folder, or move the ${existing.length === 1 ? 'file' : 'files'} away`,
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
