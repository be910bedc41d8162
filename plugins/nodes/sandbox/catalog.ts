/**
 * The catalogue of the emulated provider: locations, server types with prices, system images. The names are the
 * provider's; the prices are examples of the same order of magnitude.
 */

import type { Json } from '#plugin';
import type { ImageRow } from './state.ts';

export interface LocationRow {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly country: string;
  readonly city: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly zone: string;
}

export const LOCATIONS: readonly LocationRow[] = [
  [1, 'fsn1', 'Falkenstein DC Park 1', 'DE', 'Falkenstein', 50.47612, 12.370071, 'eu-central'],
  [2, 'nbg1', 'Nuremberg DC Park 1', 'DE', 'Nuremberg', 49.452102, 11.076665, 'eu-central'],
  [3, 'hel1', 'Helsinki DC Park 1', 'FI', 'Helsinki', 60.169855, 24.938379, 'eu-central'],
  [4, 'ash', 'Ashburn, VA', 'US', 'Ashburn, VA', 39.045821, -77.487073, 'us-east'],
  [5, 'hil', 'Hillsboro, OR', 'US', 'Hillsboro, OR', 45.54222, -122.951924, 'us-west'],
  [6, 'sin', 'Singapore', 'SG', 'Singapore', 1.283333, 103.833333, 'ap-southeast'],
].map(([id, name, description, country, city, latitude, longitude, zone]) => ({
  id: Number(id),
  name: String(name),
  description: String(description),
  country: String(country),
  city: String(city),
  latitude: Number(latitude),
  longitude: Number(longitude),
  zone: String(zone),
}));

/** Prices in millionths of a euro, net. */
export interface PriceRow {
  readonly location: string;
  readonly hourly: number;
  readonly monthly: number;
}

export interface ServerTypeRow {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly cores: number;
  /** GB. */
  readonly memory: number;
  /** GB. */
  readonly disk: number;
  readonly cpu: 'shared' | 'dedicated';
  readonly architecture: 'x86' | 'arm';
  readonly category: string;
  /** Available in these locations alone. */
  readonly prices: readonly PriceRow[];
  /** Times of the deprecation's announcement and of the end of sale, in epoch ms. */
  readonly deprecation?: { readonly announced: number; readonly unavailableAfter: number };
}

const EUROPE = ['fsn1', 'nbg1', 'hel1'];
const EVERYWHERE = LOCATIONS.map(({ name }) => name);
/** Prices outside of Europe are higher. */
const ABROAD = 1.25;

interface Offer {
  readonly size: readonly [cores: number, memory: number, disk: number];
  readonly price: readonly [hourly: number, monthly: number];
  readonly where: readonly string[];
  readonly cpu?: 'dedicated';
  readonly architecture?: 'arm';
  readonly ends?: { readonly announced: number; readonly unavailableAfter: number };
}

const OFFERS: Readonly<Record<string, Offer>> = {
  cx22: {
    size: [2, 4, 40],
    price: [6000, 3_790_000],
    where: EUROPE,
    ends: { announced: Date.UTC(2025, 9, 16), unavailableAfter: Date.UTC(2026, 0, 1) },
  },
  cx23: { size: [2, 4, 40], price: [4800, 2_990_000], where: EUROPE },
  cx33: { size: [4, 8, 80], price: [8000, 4_990_000], where: EUROPE },
  cx43: { size: [8, 16, 160], price: [15_200, 9_490_000], where: EUROPE },
  cx53: { size: [16, 32, 320], price: [28_000, 17_490_000], where: EUROPE },
  cpx22: { size: [2, 4, 80], price: [9600, 5_990_000], where: EVERYWHERE },
  cpx32: { size: [4, 8, 160], price: [16_800, 10_490_000], where: EVERYWHERE },
  cpx42: { size: [8, 16, 320], price: [31_200, 19_490_000], where: EVERYWHERE },
  cax11: { size: [2, 4, 40], price: [6000, 3_790_000], where: EUROPE, architecture: 'arm' },
  cax21: { size: [4, 8, 80], price: [10_400, 6_490_000], where: EUROPE, architecture: 'arm' },
  ccx13: { size: [2, 8, 80], price: [20_000, 12_490_000], where: EVERYWHERE, cpu: 'dedicated' },
  ccx23: { size: [4, 16, 160], price: [39_200, 24_490_000], where: EVERYWHERE, cpu: 'dedicated' },
};

export const SERVER_TYPES: readonly ServerTypeRow[] = Object.entries(OFFERS).map(([name, offer], index) => ({
  id: 101 + index,
  name,
  description: name.toUpperCase(),
  cores: offer.size[0],
  memory: offer.size[1],
  disk: offer.size[2],
  cpu: offer.cpu ?? 'shared',
  architecture: offer.architecture ?? 'x86',
  category: offer.cpu === 'dedicated' ? 'General Purpose' : 'Cost-Optimized',
  prices: offer.where.map((location) => {
    const factor = EUROPE.includes(location) ? 1 : ABROAD;
    return { location, hourly: offer.price[0] * factor, monthly: offer.price[1] * factor };
  }),
  ...(offer.ends === undefined ? {} : { deprecation: offer.ends }),
}));

const IMAGES: readonly (readonly [name: string, os: string, version: string, size: number, deprecated?: number])[] = [
  ['ubuntu-20.04', 'ubuntu', '20.04', 2.3, Date.UTC(2025, 4, 31)],
  ['ubuntu-22.04', 'ubuntu', '22.04', 2.3],
  ['ubuntu-24.04', 'ubuntu', '24.04', 2.5],
  ['debian-12', 'debian', '12', 1.9],
  ['debian-13', 'debian', '13', 2],
  ['rocky-9', 'rocky', '9', 1.8],
];

/** System images: one of each name per architecture. */
export function systemImages(): readonly ImageRow[] {
  return (['x86', 'arm'] as const).flatMap((architecture, turn) =>
    IMAGES.map(([name, os, osVersion, imageSize, deprecated], index) => ({
      id: 67_794_396 + turn * 100 + index,
      type: 'system' as const,
      status: 'available' as const,
      name,
      description: `${os[0]?.toUpperCase()}${os.slice(1)} ${osVersion}`,
      imageSize,
      disk: 5,
      created: Date.UTC(2024, 3, 25),
      createdFrom: null,
      boundTo: null,
      os,
      osVersion,
      protection: { delete: false },
      deprecated: deprecated ?? null,
      labels: {},
      architecture,
    })),
  );
}

export interface IsoRow {
  readonly id: number;
  readonly name: string;
}

export const ISOS: readonly IsoRow[] = [
  { id: 26_637, name: 'debian-12.1.0-amd64-netinst.iso' },
  { id: 26_638, name: 'virtio-win-0.1.240.iso' },
];

const VAT_PERCENT = 19;
const MILLION = 1_000_000;

/** Formats millionths as a decimal; `gross` includes the tax. */
export function money(millionths: number): { readonly net: string; readonly gross: string } {
  const net = BigInt(Math.round(millionths));
  // Hundredths of a millionth hold the tax exactly.
  const gross = net * BigInt(100 + VAT_PERCENT);
  const text = (value: bigint, unit: bigint, digits: number): string =>
    `${value / unit}.${(value % unit)
      .toString()
      .padStart(String(unit).length - 1, '0')
      .padEnd(digits, '0')}`;
  return { net: text(net, BigInt(MILLION), 10), gross: text(gross, BigInt(MILLION) * 100n, 16) };
}

const PRIMARY_IP = { ipv4: { hourly: 800, monthly: 500_000 }, ipv6: { hourly: 0, monthly: 0 } };
const BACKUP_PERCENT = '20.0000000000';

export function presentPrices(type: ServerTypeRow): Json {
  return type.prices.map(({ location, hourly, monthly }) => ({
    location,
    price_hourly: money(hourly),
    price_monthly: money(monthly),
    included_traffic: EUROPE.includes(location) ? 21_990_232_555_520 : 1_099_511_627_776,
    price_per_tb_traffic: money(1_000_000),
  }));
}

export function presentPricing(): Json {
  const everywhere = <T>(of: (location: string) => T): readonly T[] => EVERYWHERE.map(of);
  return {
    currency: 'EUR',
    vat_rate: `${VAT_PERCENT}.0000000000`,
    primary_ips: (['ipv4', 'ipv6'] as const).map((type) => ({
      type,
      prices: everywhere((location) => ({
        location,
        price_hourly: money(PRIMARY_IP[type].hourly),
        price_monthly: money(PRIMARY_IP[type].monthly),
      })),
    })),
    floating_ips: (['ipv4', 'ipv6'] as const).map((type) => ({
      type,
      prices: everywhere((location) => ({
        location,
        price_monthly: money(type === 'ipv4' ? 3_000_000 : 1_000_000),
      })),
    })),
    floating_ip: { price_monthly: money(3_000_000) },
    image: { price_per_gb_month: money(11_000) },
    volume: { price_per_gb_month: money(44_000) },
    server_backup: { percentage: BACKUP_PERCENT },
    server_types: SERVER_TYPES.map((type) => ({ id: type.id, name: type.name, prices: presentPrices(type) })),
    load_balancer_types: [],
  };
}
