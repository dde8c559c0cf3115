/** The dashboard: one page on the operations listener, and the lines of JSON that keep it alive. */
import type { Express } from 'express';
import type { Rooms } from '../cache/rooms.js';
import type { Invalidations } from '../cache/invalidate.js';
import { describeThrown } from '../errors.js';
import type { Log } from '../log.js';
import type { JudgeOptions } from './advise.js';
import { openFiles } from './dashboard/files.js';
import { openOrderBook } from './dashboard/orders.js';
import { openStream, type Sight, type StreamStats } from './dashboard/stream.js';
import { openTop } from './dashboard/top.js';
import { openView } from './dashboard/view.js';

export interface DashboardOptions extends JudgeOptions {
  readonly log: Log;
  readonly rooms: Pick<Rooms, 'store' | 'purges' | 'clock'>;
  readonly invalidations: Invalidations;
  readonly draining: () => boolean;
  /** Where the page's files lie. */
  readonly folder: string;
}

export interface Dashboard {
  /** The invalidations to hand to whoever takes orders: the dashboard shows what passes. */
  readonly invalidations: Invalidations;
  mount(app: Express): void;
  /** The streams end at once; the page asks again until somebody answers. */
  end(): void;
  stats(): StreamStats;
}

const EVERY_MS = 1_000;
const WATCHERS_MAX = 16;
const WATCH_MS = 600_000;

export function openDashboard(options: DashboardOptions): Dashboard {
  const { log, rooms } = options;
  const orders = openOrderBook(options.invalidations, rooms.clock);
  const top = openTop(rooms, (thrown) => {
    log.warn('dashboard_top_failed', describeThrown(thrown));
  });
  const view = openView({ ...options, watchers: () => stream.stats() });
  const lineOf = (sight: Sight): object =>
    sight === 'open'
      ? view.open()
      : {
          ...view.open(),
          operator: { flights: view.flights(), top: top.list(), orders: orders.recent() },
        };
  const stream = openStream(
    { everyMs: EVERY_MS, watchersMax: WATCHERS_MAX, watchMs: WATCH_MS, lineOf },
    rooms.clock,
    log,
  );
  const { page, file } = openFiles(options.folder);
  return {
    invalidations: orders.invalidations,
    mount(app) {
      app.get('/dashboard', page);
      app.get('/dashboard/stream', (req, res) => {
        stream.watch('open', req, res);
      });
      // What shows addresses lies where nobody comes without the token.
      app.get('/admin/dashboard/stream', (req, res) => {
        stream.watch('operator', req, res);
      });
      app.get('/dashboard/:name', file);
    },
    end() {
      stream.end();
    },
    stats: () => stream.stats(),
  };
}
