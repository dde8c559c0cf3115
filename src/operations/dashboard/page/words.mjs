/** Numbers as people read them: few digits, always a unit, the same everywhere on the page. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const hundredth = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** What is not known is shown as such, never as zero. */
export const NOTHING = '–';

export const count = (value) => whole.format(value);

/** Three digits that matter. */
export function short(value) {
  if (value >= 1e9) return `${tenth.format(value / 1e9)} G`;
  if (value >= 1e6) return `${tenth.format(value / 1e6)} M`;
  if (value >= 1e4) return `${tenth.format(value / 1e3)} k`;
  if (value >= 100) return whole.format(value);
  return value >= 10 ? tenth.format(value) : hundredth.format(value);
}

export const percent = (value) => `${tenth.format(value)} %`;

/** From microseconds to days: `0.21 ms`, `480 ms`, `7.3 s`, `12 min`, `3.4 h`. */
export function duration(ms) {
  if (ms >= 172_800_000) return `${tenth.format(ms / 86_400_000)} d`;
  if (ms >= 7_200_000) return `${tenth.format(ms / 3_600_000)} h`;
  if (ms >= 120_000) return `${tenth.format(ms / 60_000)} min`;
  if (ms >= 1_000) return `${tenth.format(ms / 1_000)} s`;
  return ms >= 10 ? `${whole.format(ms)} ms` : `${hundredth.format(ms)} ms`;
}

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(value) {
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < SIZES.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size >= 100 || unit === 0 ? whole.format(size) : tenth.format(size)} ${SIZES[unit]}`;
}

const twoDigits = (value) => String(value).padStart(2, '0');

/** The time of day in the reader's own zone. */
export function timeOfDay(wallMs) {
  const at = new Date(wallMs);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map(twoDigits).join(':');
}

export const plural = (value, one, many = `${one}s`) =>
  `${count(value)} ${value === 1 ? one : many}`;
