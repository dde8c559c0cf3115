/** The winston logger behind the log: lines at once, access lines in batches, repeats held back. */
import { createLogger, format, transports, type Logger } from 'winston';
import { isoTime, type Clock, type Timer } from './clock.js';
import { currentRequest, outsideRequests } from './log.js';
import type { Log, LogFields, LogLevel, LogOptions } from './log.js';
import { openBatch } from './log-batch.js';
import { lineOf, type Saying } from './log-line.js';
import { openRepeats } from './log-repeats.js';

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

/** What a reader that has stopped reading may leave waiting; beyond it lines are dropped. */
const UNREAD_BYTES_MAX = 4 * 1024 * 1024;

function isClogged(sink: NodeJS.WritableStream): boolean {
  return 'writableLength' in sink && Number(sink.writableLength) > UNREAD_BYTES_MAX;
}

function openLogger({ level, sink }: LogOptions): Logger {
  const logger = createLogger({
    level,
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    // The line is complete before winston sees it: its own formatters cost 30 µs a request.
    format: format.printf((info) => String(info.message)),
    transports: [new transports.Stream({ stream: sink, eol: '\n' })],
  });
  // A reader that goes away (EPIPE) must cost its lines, not the process.
  sink.on('error', () => undefined);
  return logger;
}

export function openLog(options: LogOptions, clock: Clock): Log {
  const { sink } = options;
  const logger = openLogger(options);
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
  const repeats = openRepeats<Saying>(clock, (saying, suppressed) => {
    if (isClogged(sink)) {
      dropped += 1;
      return;
    }
    const fields = suppressed === 0 ? saying.fields : { ...saying.fields, suppressed };
    logger.log(saying.level, lineOf({ ...saying, fields }));
  });
  const say = (at: LogLevel, event: string, fields: LogFields = {}): void => {
    // What is said after the end has nowhere to go, and must not end the process.
    if (closed || !logger.isLevelEnabled(at)) return;
    const time = textOf(clock.wallMs());
    repeats.say({ time, level: at, event, id: currentRequest(), fields });
  };
  const sayAt =
    (at: LogLevel) =>
    (event: string, fields?: LogFields): void => {
      say(at, event, fields);
    };

  return {
    ...{ error: sayAt('error'), warn: sayAt('warn'), info: sayAt('info'), debug: sayAt('debug') },
    access(fields) {
      if (closed || !options.access || level === 'error' || level === 'warn') return;
      const time = textOf(clock.wallMs());
      const text = lineOf({ time, level: 'info', event: 'request', fields });
      if (isClogged(sink) || !batch.add(text)) dropped += 1;
      // The timer outlives the request that sets it.
      else flushing ??= outsideRequests(() => clock.after(options.flushMs, flush));
    },
    level: () => level,
    setLevel(next) {
      level = next;
      logger.level = next;
    },
    dropped: () => dropped,
    close() {
      repeats.flush();
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
