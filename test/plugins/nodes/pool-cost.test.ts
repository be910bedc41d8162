/** Cost: prices in the provider's format, sums without rounding, and the lines of a plan. */

import { describe, expect, it } from 'vitest';
import { costLines, costOf, decimal, moneyText, type Priced } from '../../../plugins/nodes/pool/cost.ts';

const small: Priced = { name: 'a', price: { hourly: 0.006, monthly: 3.79 } };
const large: Priced = { name: 'b', price: { hourly: 0.0113, monthly: 7.05 } };
const unknown: Priced = { name: 'c' };

describe('a price', () => {
  it.each([
    ['0.0060000000', 0.006],
    ['3.7900000000000000', 3.79],
    ['12', 12],
    ['', undefined],
    ['-1', undefined],
    ['1e3', undefined],
    ['1.', undefined],
    ['Infinity', undefined],
    ['1234567890123', undefined],
  ])('%j is %o', (text, expected) => {
    expect(decimal(text)).toBe(expected);
  });

  it.each([
    [0.006, 4, 'EUR', '€0.0060'],
    [-3.785, 2, 'EUR', '-€3.79'],
    [1, 2, 'USD', '1.00 USD'],
    [-1, 2, 'USD', '-1.00 USD'],
    [1, 2, '', '1.00'],
  ])('moneyText(%d, %d, %s) is %s', (amount, decimals, currency, text) => {
    expect(moneyText(amount, decimals, currency)).toBe(text);
  });
});

describe('a sum', () => {
  it('includes the known prices, and names the rest', () => {
    expect(costOf([small, large, unknown])).toEqual({ hourly: 0.0173, monthly: 10.84, servers: 3, unknown: ['c'] });
    expect(costOf([])).toEqual({ hourly: 0, monthly: 0, servers: 0, unknown: [] });
  });

  it('of a thousand is exact', () => {
    const many = Array.from({ length: 1000 }, (_, i) => ({ name: `n${i}`, price: { hourly: 0.0001, monthly: 0.07 } }));
    expect(costOf(many)).toMatchObject({ hourly: 0.1, monthly: 70 });
  });

  it('of months is not a multiple of hours', () => {
    expect(costOf([small]).monthly).not.toBe(small.price === undefined ? 0 : small.price.hourly * 730);
  });
});

describe('the lines', () => {
  it('show the changes', () => {
    expect(costLines(costOf([small]), costOf([small, large]), 'EUR')).toEqual([
      'now    €0.0060 an hour, €3.79 a month, 1 server',
      'after  €0.0173 an hour, €10.84 a month, 2 servers (+€0.0113 an hour, +€7.05 a month)',
    ]);
    expect(costLines(costOf([small, large]), costOf([small]), 'EUR')[1]).toBe(
      'after  €0.0060 an hour, €3.79 a month, 1 server (-€0.0113 an hour, -€7.05 a month)',
    );
  });

  it('are one without changes', () => {
    expect(costLines(costOf([small]), costOf([small]), 'EUR')).toEqual([
      'now    €0.0060 an hour, €3.79 a month, 1 server',
    ]);
  });

  it('name the resources that are not included', () => {
    const named = (name: string): Priced => ({ name });
    expect(costLines(costOf([unknown]), costOf([unknown, named('d')]), 'EUR')).toEqual([
      'now    €0.0000 an hour, €0.00 a month, 1 server',
      'after  €0.0000 an hour, €0.00 a month, 2 servers (€0.0000 an hour, €0.00 a month)',
      'not included: c, d, whose price is unknown',
    ]);
    const many = ['v', 'w', 'x', 'y', 'z'].map(named);
    expect(costLines(costOf(many), costOf(many), 'EUR')[1]).toBe(
      'not included: v, w, x and 2 more, whose price is unknown',
    );
  });
});
