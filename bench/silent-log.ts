/** A log that says nothing, for what is measured without one. */
import type { Log } from '../src/log.js';

export const silentLog: Log = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  access: () => undefined,
  level: () => 'error',
  setLevel: () => undefined,
  dropped: () => 0,
  close: () => Promise.resolve(),
};
