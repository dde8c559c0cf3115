/** How advice writes its numbers: as the settings file does. */

const SIZES = [
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
] as const;
const DURATIONS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

function inUnits(value: number, units: readonly (readonly [string, number])[], rest: string) {
  const [name, factor] = units.find(([, size]) => value >= size && value % size === 0) ?? [rest, 1];
  return `${value / factor}${name}`;
}

/** 50331648 is `48MiB`. */
export const sizeText = (bytes: number): string => inUnits(bytes, SIZES, '');

/** 90000 is `90s`. */
export const durationText = (ms: number): string => inUnits(ms, DURATIONS, 'ms');

/** 0.314 is `31 %`. */
export const percentText = (ratio: number): string => `${Math.round(100 * ratio)} %`;

/** Rounded up to a whole number of the unit, so that it reads well in a settings file. */
export function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/** The unit that leaves two digits of a number of this size. */
export function twoDigits(value: number): number {
  return 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
}
