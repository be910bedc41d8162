/** fast-check, with the seed of the run if there is one. Every test of a property imports it from here. */

import fc from 'fast-check';
import { givenSeed } from './seed.ts';

const seed = givenSeed();
if (seed !== undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });

export default fc;
