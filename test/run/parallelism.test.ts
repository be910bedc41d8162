/** Numbers of actions that run at once. */

import { describe, expect, it } from 'vitest';
import { parallelismOf } from '../../src/run/parallelism.ts';
import { toyTables } from '../support/toy.ts';

function pluginOf(name: string, parallelism: number) {
  return [name, { tables: { ...toyTables, name, parallelism } }] as const;
}

const plugins = new Map([pluginOf('few', 8), pluginOf('many', 128)]);

describe('parallelismOf', () => {
  it('lets every plugin run as many actions as its own limit allows', () => {
    expect(parallelismOf({ plugins: {} }, plugins)).toEqual({ parallelism: 128, limits: { few: 8, many: 128 } });
  });

  it('lets 10 actions run at once if no plugin has a higher limit', () => {
    expect(parallelismOf({ plugins: {} }, new Map([pluginOf('few', 8)])).parallelism).toBe(10);
    expect(parallelismOf({ plugins: {} }, new Map()).parallelism).toBe(10);
  });

  it('counts the limit of a plugin in the configuration', () => {
    const config = { plugins: { few: { config: {}, parallelism: 200 }, many: { config: {}, parallelism: 1 } } };
    expect(parallelismOf(config, plugins)).toEqual({ parallelism: 200, limits: { few: 200, many: 1 } });
  });

  it('never exceeds the limit of the configuration, and prefers that of the command line', () => {
    expect(parallelismOf({ plugins: {}, parallelism: 3 }, plugins).parallelism).toBe(3);
    expect(parallelismOf({ plugins: {}, parallelism: 3 }, plugins, 1).parallelism).toBe(1);
  });
});
