/** A log line: one JSON object, on one line, 2 KiB at most, whatever the values hold. */
import type { LogFields, LogLevel } from './log.js';

export const LINE_BYTES_MAX = 2048;
/** What is left of each text in a line that would be too long. */
const SHORT_CHARS = 120;
/** One UTF-16 unit takes three bytes of UTF-8 at the most. */
const UNIT_BYTES_MAX = 3;

// Line separators of JavaScript, and control characters that a terminal would obey.
const UNSAFE = /[\u2028\u2029\u007f-\u009f]/;
const UNSAFE_ALL = new RegExp(UNSAFE, 'g');

function escaped(text: string): string {
  if (!UNSAFE.test(text)) return text;
  return text.replace(
    UNSAFE_ALL,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function joined(head: string, fields: LogFields): string {
  const rest = JSON.stringify(fields);
  return escaped(rest === '{}' ? `${head}}` : `${head},${rest.slice(1)}`);
}

function fits(text: string): boolean {
  if (text.length * UNIT_BYTES_MAX <= LINE_BYTES_MAX) return true;
  return text.length <= LINE_BYTES_MAX && Buffer.byteLength(text) <= LINE_BYTES_MAX;
}

function shortened(fields: LogFields): LogFields {
  const short = Object.entries(fields).map(([name, value]) => {
    const isLong = typeof value === 'string' && value.length > SHORT_CHARS;
    return [name, isLong ? `${value.slice(0, SHORT_CHARS)}…` : value] as const;
  });
  return Object.fromEntries(short);
}

export interface Saying {
  /** As it stands in the line. */
  readonly time: string;
  readonly level: LogLevel;
  readonly event: string;
  /** Of the request that is being handled. */
  readonly id?: string | undefined;
  readonly fields: LogFields;
}

/** Put together by hand: it is hot. */
export function lineOf({ time, level, event, id, fields }: Saying): string {
  const plain = `{"time":"${time}","level":"${level}","event":"${event}"`;
  // Where a line has an id of its own, as the record of a purge has, it keeps that.
  const name = fields['id'] === undefined ? 'id' : 'request';
  const head = id === undefined ? plain : `${plain},"${name}":${JSON.stringify(id)}`;
  const whole = joined(head, fields);
  if (fits(whole)) return whole;
  const chars = { shortened: whole.length };
  const short = joined(head, { ...shortened(fields), ...chars });
  return fits(short) ? short : joined(head, chars);
}
