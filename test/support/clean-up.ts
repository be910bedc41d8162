/** Runs in every test file: removes its temporary folders after its tests. */

import { afterAll } from 'vitest';
import { removeTemporaryFolders } from './cli.ts';

afterAll(removeTemporaryFolders);
