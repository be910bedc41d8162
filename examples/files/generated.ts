/** Generated from files.yaml by `fettle-spec`: do not edit. */

import type { PluginTables } from 'fettle/plugin';

/** A text file. With the defaults filled in. */
export interface FileSpec {
  /** The file. */
  readonly path: string;
  /** The whole content of the file. */
  readonly content: string;
}

/** Its state, as far as it is known. */
export interface FileMemory {
  /** The file that fettle wrote or adopted. */
  readonly path: string;
  /** The actor of the last review. */
  readonly reviewed_by: string;
  /** End of the last review. */
  readonly reviewed_until: string;
}

export type FileState = 'absent' | 'present';

/** Steps that fettle takes. */
export type FileStep = 'absent>present' | 'present>absent' | 'present>present';

/** Rules that guard its steps. */
export type FileRuleId = 'keeps-lines';

export type FindingCode = 'empty-file';

export type RuleId = 'keeps-lines';

/** Its part of `fettle.yaml`, with the defaults filled in. */
export interface FilesConfig {
  /** Largest number of actions of this plugin that run at once, within `parallelism` of the project. */
  readonly parallelism: number;
}

/** The defaults of the configuration and of the documents of each kind, including those below optional parts. */
export const defaults = { config: { parallelism: 4 }, File: {} } as const;

export const tables = {
  name: 'files',
  version: 'v1',
  summary: 'Text files with declared content.',
  parallelism: 4,
  kinds: {
    File: {
      summary: 'A text file.',
      scope: [],
      onRemove: 'remove',
      machines: {
        file: {
          states: ['absent', 'present'],
          transitions: [
            { from: 'absent', to: 'present', trigger: 'create', by: 'fettle' },
            { from: 'present', to: 'absent', trigger: 'remove', by: 'fettle', destructive: true, reversible: 'no' },
            { from: 'absent', to: 'present', trigger: 'check', by: 'world' },
            { from: 'present', to: 'absent', trigger: 'check', by: 'world' },
          ],
          edits: [{ state: 'present' }],
        },
        review: {
          states: ['pending', 'reviewed'],
          transitions: [
            { from: 'pending', to: 'reviewed', trigger: 'review', by: 'world' },
            { from: 'reviewed', to: 'pending', trigger: 'unreview', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'keeps-lines',
          guards: ['present>present'],
          overridable: true,
          text: 'The file has more than 1,000 lines, and the declared content has none.',
        },
      ],
      references: [],
      fields: ['/path', '/content'],
      paths: [{ pointer: '/path', use: 'write' }],
      safetyInputs: [],
      releases: [{ pointer: '/path' }],
      undeciding: [],
      memoryVersion: 1,
    },
  },
  secrets: [],
  settingPaths: [],
  findings: [{ code: 'empty-file', kind: 'File', severity: 'info', text: 'The file is empty.' }],
} as const satisfies PluginTables;
