/** Costs of servers, in the provider's currency and without tax, and their text in a plan. */

import { counted } from '#plugin';

/** Net prices. The price of a month is the provider's own, and not a multiple of the hourly price. */
export interface Price {
  readonly hourly: number;
  readonly monthly: number;
}

/** Surcharge for daily backups, as a share of the server's price. Source: "Backups", Hetzner Cloud documentation. */
const BACKUPS = 0.2;

/** The price of a server, including its backups. */
export function withBackups(price: Price, backups: boolean | undefined): Price {
  const factor = backups === true ? 1 + BACKUPS : 1;
  return { hourly: price.hourly * factor, monthly: price.monthly * factor };
}

/** A server, and its price if known. */
export interface Priced {
  readonly name: string;
  readonly price?: Price;
}

export interface Cost extends Price {
  readonly servers: number;
  /** Names of servers with an unknown price, which are not in the sum. */
  readonly unknown: readonly string[];
}

/** Parses a decimal price of the provider (`0.0060000000`); undefined for an invalid number. */
export function decimal(text: string): number | undefined {
  return /^\d{1,12}(?:\.\d{1,20})?$/u.test(text) ? Number(text) : undefined;
}

/** Adds prices as multiples of 10⁻¹⁰, the provider's smallest unit, without rounding errors. */
const UNIT = 1e10;

function total(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + Math.round(amount * UNIT), 0) / UNIT;
}

export function costOf(servers: readonly Priced[]): Cost {
  const prices = servers.flatMap(({ price }) => price ?? []);
  return {
    hourly: total(prices.map(({ hourly }) => hourly)),
    monthly: total(prices.map(({ monthly }) => monthly)),
    servers: servers.length,
    unknown: servers.filter(({ price }) => price === undefined).map(({ name }) => name),
  };
}

/** Text of an amount: `€0.0060`, or `0.0060 USD`. */
export function moneyText(amount: number, decimals: number, currency: string): string {
  const number = Math.abs(amount).toFixed(decimals);
  const sign = amount < 0 ? '-' : '';
  return currency === 'EUR' ? `${sign}€${number}` : `${sign}${number} ${currency}`.trimEnd();
}

function costText({ hourly, monthly, servers }: Cost, currency: string): string {
  return `${moneyText(hourly, 4, currency)} an hour, ${moneyText(monthly, 2, currency)} a month, ${counted(servers, 'server')}`;
}

const NAMES_SHOWN = 3;

/** Lines for the cost now, the cost after the plan, and the servers that are not in the sums. */
export function costLines(now: Cost, after: Cost, currency: string): readonly string[] {
  const [hourly, monthly] = [total([after.hourly, -now.hourly]), total([after.monthly, -now.monthly])];
  const change = (amount: number, decimals: number): string =>
    `${amount > 0 ? '+' : ''}${moneyText(amount, decimals, currency)}`;
  const same = hourly === 0 && monthly === 0 && now.servers === after.servers;
  const unknown = [...new Set([...now.unknown, ...after.unknown])].sort();
  const more = unknown.length - NAMES_SHOWN;
  return [
    `now    ${costText(now, currency)}`,
    ...(same
      ? []
      : [`after  ${costText(after, currency)} (${change(hourly, 4)} an hour, ${change(monthly, 2)} a month)`]),
    ...(unknown.length === 0
      ? []
      : [
          `not included: ${unknown.slice(0, NAMES_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}, whose price is unknown`,
        ]),
  ];
}
