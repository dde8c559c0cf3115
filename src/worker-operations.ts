/** The operator's pages of many workers: numbers of all, acts by all, and lists put together. */
import express, { Router, type Express, type RequestHandler } from 'express';
import type { Invalidated, Invalidations, Order } from './cache/invalidate.js';
import { selectorFault } from './cache/selectors.js';
import type { Reach, Spreading } from './cache/spread.js';
import { Failure } from './errors.js';
import type { Log } from './log.js';
import { orderHandler, shownReach } from './operations/cache-orders.js';
import { failures } from './operations/failures.js';
import { plainExpress, securityFields } from './operations/pages.js';
import type { FrameTools } from './operations-listener.js';
import type { ActUnderWay } from './server/workers/acts.js';

export interface MachineOrdersTools {
  /** Those of the primary: each is told to all workers, which shows in its `spreading`. */
  readonly invalidations: Invalidations;
  /** How far the other machines are; undefined where there are none. */
  readonly beyond: (
    by: { readonly worker: number; readonly id: string },
    wait: boolean,
  ) => Promise<Reach | undefined>;
}

/** An order on its way, first to the workers of this machine and then to other machines. */
interface MachineSpreading extends Spreading {
  /** Resolves when other machines have it too. */
  reachedAll(): Promise<Reach>;
}

export interface MachineOrders {
  /** Done when all workers of this machine have them. */
  readonly local: Invalidations;
  /** The same, done when all machines have them. */
  everywhere(local: Invalidations): Invalidations;
}

function isUnderWay(spreading: Spreading | undefined): spreading is ActUnderWay {
  return spreading !== undefined && 'matched' in spreading;
}

/** What an order did is known when all workers have said so: until then `matched` is not whole. */
export function openMachineOrders({ invalidations, beyond }: MachineOrdersTools): MachineOrders {
  const following = (act: ActUnderWay): MachineSpreading => {
    let everywhere: Reach | undefined;
    const ask = async (isWaiting: boolean): Promise<void> => {
      const by = act.spreader();
      if (by !== undefined) everywhere = await beyond(by, isWaiting).catch(() => everywhere);
    };
    return {
      reach() {
        // What other machines say is known by the next look.
        if (everywhere?.pending !== 0) void ask(false);
        return everywhere ?? act.reach();
      },
      reached: () => act.settled(),
      async reachedAll() {
        const here = await act.settled();
        if (here.pending > 0) return here;
        await ask(true);
        return everywhere ?? here;
      },
    };
  };
  const told = <T extends Invalidated>(done: T): T => {
    const { spreading: act } = done;
    if (!isUnderWay(act)) return done;
    const spreading = following(act);
    return Object.defineProperty({ ...done, spreading }, 'matched', { get: () => act.matched() });
  };
  const local: Invalidations = {
    ...invalidations,
    // First here: the primary holds nothing, but says what is refused before anybody does it.
    invalidate: (order) => told(invalidations.invalidate(order)),
    find(id) {
      const past = invalidations.find(id);
      return past === undefined ? undefined : told(past);
    },
  };
  return {
    local,
    everywhere: (own) => ({
      ...own,
      invalidate(order: Order) {
        const done = own.invalidate(order);
        const { spreading } = done;
        if (spreading === undefined || !('reachedAll' in spreading)) return done;
        const all = spreading as MachineSpreading;
        const further = { reach: () => all.reach(), reached: () => all.reachedAll() };
        return Object.defineProperty({ ...done, spreading: further }, 'matched', {
          get: () => done.matched,
        });
      },
    }),
  };
}

export interface FrameOptions {
  readonly log: Log;
  /** Waiting for the workers of this machine, or for all machines. */
  readonly orders: { readonly local: Invalidations; readonly cluster: Invalidations };
  readonly publicHost: (field: string) => string | undefined;
  /** Resolves when the numbers are those of this moment. */
  readonly gather: () => Promise<void>;
  /** The pages that only workers can answer. */
  readonly forward: RequestHandler;
}

const BODY_BYTES_MAX = 100 * 1024;

/** An order is done when every worker of this machine has it, whatever else is waited for. */
function orders({ orders: machine, ...rest }: FrameOptions): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const local = orderHandler({ ...rest, invalidations: machine.local });
  const cluster = orderHandler({ ...rest, invalidations: machine.cluster });
  const json = express.json({ limit: BODY_BYTES_MAX, strict: true });
  router.post('/admin/cache/invalidate', json, (req, res, next) => {
    res.set('Cache-Control', 'no-store');
    const body: unknown = req.body;
    const wanted = typeof body === 'object' && body !== null ? { wait: 'local', ...body } : body;
    const handler = isLocal(wanted) ? local : cluster;
    if (isLocal(wanted)) req.body = { ...wanted, wait: 'cluster' };
    return handler(req, res, next);
  });
  return router;
}

function isLocal(body: unknown): body is Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null && 'wait' in body && body.wait === 'local';
}

/** `PURGE /path`, done when every worker has it. */
function purgeMethod({ orders: { local }, publicHost, log }: FrameOptions): RequestHandler {
  return async (req, res, next) => {
    if (req.method !== 'PURGE') {
      next();
      return;
    }
    const host = publicHost(req.headers.host ?? '') ?? '';
    const selector = host === '' ? req.originalUrl : `http://${host}${req.originalUrl}`;
    const fault = selectorFault('path', selector);
    if (fault !== undefined) throw new Failure('unprocessable', { detail: `The path ${fault}.` });
    const done = local.invalidate({ type: 'path', selectors: [selector], mode: 'delete' });
    const reach = await done.spreading?.reached();
    log.warn('invalidated', { scope: 'path', mode: 'delete', id: done.id });
    const status = (reach?.pending ?? 0) > 0 ? 202 : 200;
    const { id, matched } = done;
    res.status(status).set('Cache-Control', 'no-store');
    res.json({ id, matched, ...shownReach(reach) });
  };
}

const NUMBERS = /^\/(?:metrics|api\/performance|dashboard|admin\/dashboard)(?:\/|$)/;

/** Around the pages of one process: what is to be asked of all workers goes another way. */
export function frameFor(options: FrameOptions) {
  return (pages: Express, { token, reply }: FrameTools): Express => {
    const app = plainExpress();
    app.use(securityFields());
    app.use(token.check);
    app.use((req, _res, next) => {
      if (!NUMBERS.test(req.path)) next();
      else void options.gather().then(next);
    });
    app.use(purgeMethod(options));
    app.use(orders(options));
    app.use(options.forward);
    app.use(pages);
    app.use(failures(options.log, reply));
    return app;
  };
}
