/** A log that keeps the names of its events and nothing else. */
import type { Log, LogLevel } from '../../src/log.js';

export interface KeptLog {
  readonly log: Log;
  readonly events: string[];
}

export function keptLog(events: string[] = [], level: LogLevel = 'debug'): KeptLog {
  const say = (event: string): void => {
    events.push(event);
  };
  const log: Log = {
    ...{ error: say, warn: say, info: say, debug: say },
    access: () => undefined,
    level: () => level,
    setLevel: () => undefined,
    dropped: () => 0,
    close: () => Promise.resolve(),
  };
  return { log, events };
}
