/** The access log: one line for each answered request, whoever answered it. */
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import type { Clock } from '../clock.js';
import type { Log, LogFields } from '../log.js';

/** A request that has been answered. */
export interface Answered {
  readonly id: string;
  readonly method: string;
  /** As a log may show it: without the query. */
  readonly path: string;
  readonly status: number;
  readonly tookMs: number;
  readonly peer: string | undefined;
  /** True when its end never went out. */
  readonly cut?: boolean;
}

/** What became of it, in the words of Cache-Status and the metrics. */
export interface Fate {
  readonly outcome: string;
  readonly detail?: string | undefined;
  readonly route?: string | undefined;
}

export function accessFields(answered: Answered, { outcome, detail, route }: Fate): LogFields {
  const { id, method, path, status, tookMs, peer, cut } = answered;
  const ms = Math.round(tookMs * 1000) / 1000;
  return { id, method, path, status, outcome, detail, route, ms, peer, cut };
}

export interface Arrived {
  readonly id: string;
  readonly path: string;
  readonly startedMs: number;
}

/** Whose listener it was, where it is not the public one, and the trace that the caller named. */
export interface AccessMarks {
  readonly listener?: string | undefined;
  readonly trace?: string | undefined;
}

export interface AccessLogOptions<V extends Arrived> {
  readonly clock: Clock;
  readonly log: Log;
  readonly visitOf: (req: IncomingMessage) => V;
  readonly fateOf: (visit: V) => Fate;
  readonly shownPath?: (path: string) => string;
  readonly marksOf?: (visit: V) => AccessMarks;
  /** Told of each beside the log. */
  readonly tell?: (visit: V, answered: Answered, fate: Fate) => void;
}

const OWN_PAGE: Fate = { outcome: 'page' };
export const ownPage = (): Fate => OWN_PAGE;

export function accessLog<V extends Arrived>(options: AccessLogOptions<V>): RequestHandler {
  const { clock, log, visitOf, fateOf, shownPath = (path: string) => path } = options;
  const { marksOf = () => ({}), tell } = options;
  return (req, res, next) => {
    const visit = visitOf(req);
    res.once('close', () => {
      const answered: Answered = {
        id: visit.id,
        method: req.method,
        path: shownPath(visit.path),
        status: res.statusCode,
        tookMs: clock.nowMs() - visit.startedMs,
        peer: req.socket.remoteAddress,
        ...(res.writableFinished ? {} : { cut: true }),
      };
      const fate = fateOf(visit);
      log.access({ ...accessFields(answered, fate), ...marksOf(visit) });
      tell?.(visit, answered, fate);
    });
    next();
  };
}
