/** Runs fettle's conformance suite over this plugin: `node --test`. */

import { describe, it } from 'node:test';
import { pluginConformance } from 'fettle/conformance';
import { plugin } from './plugin.ts';
import { open, situations } from './situations.ts';

pluginConformance({ describe, it }, plugin, open, situations);
