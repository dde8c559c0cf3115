/** The log of one node of a Cluster: each of its lines says which server is meant. */
import type { Log, LogFields } from '../log.js';

export function serverLog(log: Log, server: string): Log {
  const at =
    (level: 'error' | 'warn' | 'info' | 'debug') =>
    (event: string, fields?: LogFields): void => {
      log[level](event, { ...fields, server });
    };
  return { ...log, error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}
