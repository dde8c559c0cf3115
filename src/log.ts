/** The log: what a room may say, and the winston logger behind it, one JSON line each. */
import { createLogger, format, transports, type Logger } from 'winston';
import { isoTime, type Clock, type Timer } from './clock.js';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Fields are plain values: an error object never goes in (see `describeThrown`). */
export interface Log {
  error(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  debug(event: string, fields?: LogFields): void;
  /** One answered request; gathered and written in batches, dropped and counted when too many. */
  access(fields: LogFields): void;
  level(): LogLevel;
  setLevel(level: LogLevel): void;
  /** Lines that were dropped because the batch was full. */
  dropped(): number;
  close(): Promise<void>;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** One line for every answered request. */
  readonly access: boolean;
  /** Lines that may wait for the next write. */
  readonly batchLinesMax: number;
  readonly flushMs: number;
  readonly sink: NodeJS.WritableStream;
}

const LINE_CHARS_MAX = 2048;

// Line separators of JavaScript, and control characters that a terminal would obey.
const UNSAFE = /[\u2028\u2029\u007f-\u009f]/;
const UNSAFE_ALL = new RegExp(UNSAFE, 'g');

/** One JSON object, on one line, whatever the values hold. Put together by hand: it is hot. */
function line(time: string, level: string, event: string, fields: LogFields): string {
  const head = `{"time":"${time}","level":"${level}","event":"${event}"`;
  const rest = JSON.stringify(fields);
  const text = rest === '{}' ? `${head}}` : `${head},${rest.slice(1)}`;
  if (text.length > LINE_CHARS_MAX) return `${head},"cut":${text.length}}`;
  if (!UNSAFE.test(text)) return text;
  return text.replace(
    UNSAFE_ALL,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Most lines of a batch fall into the same few milliseconds, whose text is made once. */
function timeTexts(): (wallMs: number) => string {
  let knownMs = -1;
  let known = '';
  return (wallMs) => {
    if (wallMs !== knownMs) {
      knownMs = wallMs;
      known = isoTime(wallMs);
    }
    return known;
  };
}

interface Batch {
  /** False when there is no room for it. */
  add(text: string): boolean;
  flush(): void;
}

/** A full line takes three bytes a character at the most. */
const BATCH_BYTES = 128 * LINE_CHARS_MAX;

/**
 * Lines wait as bytes in one buffer. As objects they would outlive several collections of the
 * young heap, and being copied each time would cost more than the lines themselves.
 */
function openBatch(linesMax: number, write: (text: string) => void): Batch {
  const bytes = Buffer.alloc(BATCH_BYTES);
  let used = 0;
  let lines = 0;
  const flush = (): void => {
    if (used === 0) return;
    // Without the last line feed: whoever writes it adds one.
    write(bytes.toString('utf8', 0, used - 1));
    used = 0;
    lines = 0;
  };
  return {
    flush,
    add(text) {
      if (lines >= linesMax) return false;
      if (used + text.length * 3 + 1 > BATCH_BYTES) flush();
      used += bytes.write(text, used);
      used += bytes.write('\n', used);
      lines += 1;
      return true;
    },
  };
}

/** What a reader that has stopped reading may leave waiting; beyond it lines are dropped. */
const UNREAD_BYTES_MAX = 4 * 1024 * 1024;

function isClogged(sink: NodeJS.WritableStream): boolean {
  return 'writableLength' in sink && Number(sink.writableLength) > UNREAD_BYTES_MAX;
}

export function openLog(options: LogOptions, clock: Clock): Log {
  const logger: Logger = createLogger({
    level: options.level,
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    // The line is complete before winston sees it: its own formatters cost 30 µs a request.
    format: format.printf((info) => String(info.message)),
    transports: [new transports.Stream({ stream: options.sink, eol: '\n' })],
  });
  // A reader that goes away (EPIPE) must cost its lines, not the process.
  options.sink.on('error', () => undefined);
  let level = options.level;
  const textOf = timeTexts();
  let closed = false;
  let flushing: Timer | undefined;
  let dropped = 0;

  const batch = openBatch(options.batchLinesMax, (text) => {
    logger.info(text);
  });
  const flush = (): void => {
    flushing?.cancel();
    flushing = undefined;
    batch.flush();
  };
  const say = (at: LogLevel, event: string, fields: LogFields = {}): void => {
    // What is said after the end has nowhere to go, and must not end the process.
    if (!closed && logger.isLevelEnabled(at))
      logger.log(at, line(textOf(clock.wallMs()), at, event, fields));
  };

  return {
    error: (event, fields) => {
      say('error', event, fields);
    },
    warn: (event, fields) => {
      say('warn', event, fields);
    },
    info: (event, fields) => {
      say('info', event, fields);
    },
    debug: (event, fields) => {
      say('debug', event, fields);
    },
    access(fields) {
      if (closed || !options.access || level === 'error' || level === 'warn') return;
      const text = line(textOf(clock.wallMs()), 'info', 'request', fields);
      if (isClogged(options.sink) || !batch.add(text)) dropped += 1;
      else flushing ??= clock.after(options.flushMs, flush);
    },
    level: () => level,
    setLevel(next) {
      level = next;
      logger.level = next;
    },
    dropped: () => dropped,
    close() {
      flush();
      closed = true;
      return new Promise((resolve) => {
        logger.once('finish', () => {
          resolve();
        });
        logger.end();
      });
    },
  };
}
