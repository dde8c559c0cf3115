/** Reads the three spellings of an HTTP date (RFC 9110 section 5.6.7); anything else is no date. */

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const DAY = '(?:mon|tue|wed|thu|fri|sat|sun)';
const LONG_DAY = '(?:mon|tues|wednes|thurs|fri|satur|sun)day';
const MONTH = `(${MONTHS.join('|')})`;
const TIME = '(\\d{2}):(\\d{2}):(\\d{2})';

// Case does not matter to a cache, a zone other than GMT does (RFC 9111 section 4.2).
const IMF_FIXDATE = new RegExp(`^${DAY}, (\\d{2}) ${MONTH} (\\d{4}) ${TIME} GMT$`, 'i');
const RFC_850 = new RegExp(`^${LONG_DAY}, (\\d{2})-${MONTH}-(\\d{2}) ${TIME} GMT$`, 'i');
const ASCTIME = new RegExp(`^${DAY} ${MONTH} (\\d{2}| \\d) ${TIME} (\\d{4})$`, 'i');

interface Parts {
  readonly year: number;
  readonly month: string;
  readonly day: number;
  readonly time: readonly [number, number, number];
}

/** Milliseconds since 1970, or undefined when the calendar has no such moment. */
function momentOf({ year, month, day, time }: Parts): number | undefined {
  const [hour, minute, second] = time;
  // A leap second counts as the last moment that our clock can say.
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, MONTHS.indexOf(month.toLowerCase()), day);
  if (date.getUTCDate() !== day || day === 0) return undefined;
  return date.setUTCHours(hour, minute, Math.min(second, 59), 0);
}

/** The latest year with these digits that is at most 50 years ahead. */
function fullYear(twoDigits: number, nowYear: number): number {
  const latest = nowYear + 50;
  return latest - ((latest - twoDigits) % 100);
}

function numbers(...texts: readonly (string | undefined)[]): [number, number, number] {
  return [Number(texts[0]), Number(texts[1]), Number(texts[2])];
}

/** Milliseconds since 1970. The weekday is not compared with the date: nothing depends on it. */
export function parseHttpDate(text: string | undefined, wallMs: number): number | undefined {
  if (text === undefined || text.length > 40) return undefined;
  const fixed = IMF_FIXDATE.exec(text);
  if (fixed !== null) {
    const [, day, month = '', year, ...time] = fixed;
    return momentOf({ year: Number(year), month, day: Number(day), time: numbers(...time) });
  }
  const old = RFC_850.exec(text);
  if (old !== null) {
    const [, day, month = '', short, ...time] = old;
    const at = { month, day: Number(day), time: numbers(...time) };
    return momentOf({ ...at, year: fullYear(Number(short), new Date(wallMs).getUTCFullYear()) });
  }
  const plain = ASCTIME.exec(text);
  if (plain === null) return undefined;
  const [, month = '', day, hour, minute, second, year] = plain;
  const time = numbers(hour, minute, second);
  return momentOf({ year: Number(year), month, day: Number(day), time });
}
