/** The suite over the plugin of `examples/`. */

import { describe, it } from 'vitest';
import { plugin } from '../../examples/files/plugin.ts';
import { open, situations } from '../../examples/files/situations.ts';
import { pluginConformance } from '../../src/conformance/plugin.ts';

pluginConformance({ describe, it }, plugin, open, situations);
