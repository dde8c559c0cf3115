/** Those who watch the dashboard: each gets a line of JSON a second, made once for all of them. */
import type { Request, Response } from 'express';
import { describeThrown, Failure } from '../../errors.js';
import type { Clock, Timer } from '../../clock.js';
import type { Log } from '../../log.js';

/** What anybody on this machine may see, or besides what only an operator may. */
export type Sight = 'open' | 'operator';

export interface StreamOptions {
  readonly everyMs: number;
  /** How many may watch at once. */
  readonly watchersMax: number;
  /** Then the answer ends; a page that is still looked at asks again. */
  readonly watchMs: number;
  readonly lineOf: (sight: Sight) => object;
}

export interface StreamStats {
  readonly open: number;
  readonly max: number;
  readonly refused: number;
  /** Lines that were left out because the reader had not taken the one before. */
  readonly skipped: number;
}

export interface DashboardStream {
  watch(sight: Sight, req: Request, res: Response): void;
  /** Says goodbye to all: a shutdown must not wait for those who only watch. */
  end(): void;
  stats(): StreamStats;
}

interface Watcher {
  readonly sight: Sight;
  readonly res: Response;
  readonly life: Timer;
  behind: boolean;
}

const RETRY_AFTER_S = 5;

const HEAD = {
  'Content-Type': 'application/x-ndjson',
  'Cache-Control': 'no-store',
  // A proxy in between must not collect lines before it passes them on.
  'X-Accel-Buffering': 'no',
} as const;

export function openStream(options: StreamOptions, clock: Clock, log: Log): DashboardStream {
  const watchers = new Set<Watcher>();
  let beat: Timer | undefined;
  let ended = false;
  let refused = 0;
  let skipped = 0;

  const endAll = (): void => {
    for (const { res } of watchers) res.end();
  };
  const lines = (): ((sight: Sight) => string) => {
    const made = new Map<Sight, string>();
    return (sight) => {
      const line = made.get(sight) ?? `${JSON.stringify(options.lineOf(sight))}\n`;
      made.set(sight, line);
      return line;
    };
  };
  const send = (watcher: Watcher, line: string): void => {
    watcher.behind = !watcher.res.write(line);
  };
  const tick = (): void => {
    try {
      const line = lines();
      for (const watcher of watchers) {
        // Only the newest numbers count, so a slow reader costs one line and no more.
        if (watcher.behind) skipped += 1;
        else send(watcher, line(watcher.sight));
      }
    } catch (thrown) {
      log.error('dashboard_failed', describeThrown(thrown));
      endAll();
    }
  };
  const leave = (watcher: Watcher): void => {
    watchers.delete(watcher);
    watcher.life.cancel();
    if (watchers.size > 0) return;
    // Nobody watches: from now on it costs nothing.
    beat?.cancel();
    beat = undefined;
  };

  return {
    watch(sight, req, res) {
      if (ended) throw new Failure('draining');
      if (watchers.size >= options.watchersMax) {
        refused += 1;
        throw new Failure('busy', { retryAfterS: RETRY_AFTER_S });
      }
      res.set(HEAD);
      if (req.method === 'HEAD') {
        res.end();
        return;
      }
      const life = clock.after(options.watchMs, () => res.end());
      const watcher: Watcher = { ...{ sight, res, life }, behind: false };
      watchers.add(watcher);
      res.once('close', () => {
        leave(watcher);
      });
      res.on('drain', () => {
        watcher.behind = false;
      });
      send(watcher, lines()(sight));
      beat ??= clock.every(options.everyMs, tick);
    },
    end() {
      ended = true;
      endAll();
    },
    stats: () => ({ open: watchers.size, max: options.watchersMax, refused, skipped }),
  };
}
