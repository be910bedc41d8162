import { describe, expect, it } from 'vitest';
import { combinationMistake } from '../../../../plugins/portsync/model/combination.ts';
import type { Row } from '../../../../plugins/portsync/model/fields.ts';

/** Rows, and the corrections that would go with them; undefined for a row that is right or not known. */
const CASES: readonly (readonly [name: string, row: Row, fecs: readonly string[] | undefined])[] = [
  ['100G over four lanes with rs', { speed: '100000', lanes: '0,1,2,3', fec: 'rs' }, undefined],
  ['100G over four lanes with none', { speed: '100000', lanes: '0,1,2,3', fec: 'none' }, undefined],
  ['100G over four lanes with fc', { speed: '100000', lanes: '0,1,2,3', fec: 'fc' }, ['none', 'auto', 'rs']],
  ['40G with rs', { speed: '40000', lanes: '0,1,2,3', fec: 'rs' }, ['none', 'auto', 'fc']],
  ['40G with fc', { speed: '40000', lanes: '0,1,2,3', fec: 'fc' }, undefined],
  ['10G with rs', { speed: '10000', lanes: '0', fec: 'rs' }, ['none', 'auto', 'fc']],
  ['1G with fc', { speed: '1000', lanes: '0', fec: 'fc' }, ['none', 'auto']],
  ['25G with fc', { speed: '25000', lanes: '0', fec: 'fc' }, undefined],
  ['400G over eight lanes with none', { speed: '400000', lanes: '0,1,2,3,4,5,6,7', fec: 'none' }, ['rs', 'auto']],
  ['400G over eight lanes with rs', { speed: '400000', lanes: '0,1,2,3,4,5,6,7', fec: 'rs' }, undefined],
  ['100G over one lane with none', { speed: '100000', lanes: '0', fec: 'none' }, ['rs', 'auto']],
  ['autoneg decides the correction', { speed: '40000', lanes: '0,1,2,3', fec: 'rs', autoneg: 'on' }, undefined],
  ['autoneg without the speed', { speed: '25000', lanes: '0', autoneg: 'on', adv_speeds: '10000,1000' }, []],
  ['autoneg with the speed', { speed: '25000', lanes: '0', autoneg: 'on', adv_speeds: '10000, 25000' }, undefined],
  ['autoneg with all speeds', { speed: '25000', lanes: '0', autoneg: 'on', adv_speeds: 'all' }, undefined],
  ['a port without lanes', { speed: '40000', fec: 'rs' }, undefined],
  ['a port without a speed', { lanes: '0', fec: 'rs' }, undefined],
];

describe('speed, lanes, correction and auto-negotiation', () => {
  it.each(CASES)('%s', (_name, row, fecs) => {
    expect(combinationMistake(row)?.fecs).toEqual(fecs);
  });
});
