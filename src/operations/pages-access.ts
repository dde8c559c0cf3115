/** Access lines of the operations listener: which page was asked for, and what it came to. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, Response } from 'express';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { accessLog, type Arrived, type Fate } from './access-log.js';

export interface PagesAccess {
  readonly clock: Clock;
  readonly log: Log;
  /** As a log may show it. */
  readonly shownPath: (path: string) => string;
}

interface Visit extends Arrived {
  readonly req: IncomingMessage & { readonly route?: unknown };
}

/**
 * The page's pattern: a router tells only its own part, whose segments are the last ones of the
 * path. What matched nothing has none.
 */
function patternOf(path: string, route: unknown): string | undefined {
  const own = typeof route === 'object' && route !== null && 'path' in route ? route.path : '';
  if (typeof own !== 'string' || !own.startsWith('/')) return undefined;
  const segments = own.split('/').slice(1);
  return [...path.split('/').slice(0, -segments.length), ...segments].join('/');
}

const fateOf = ({ req, path }: Visit): Fate => ({
  outcome: 'page',
  route: patternOf(path, req.route),
});

const nothing = (): void => undefined;

/** Call it before anybody else sees the request: whoever is refused leaves a line, too. */
export function pagesAccess({ clock, log, shownPath }: PagesAccess) {
  return (req: IncomingMessage, res: ServerResponse, id: string, path: string): void => {
    const visit: Visit = { id, path, startedMs: clock.nowMs(), req };
    const note = accessLog({
      ...{ clock, log, shownPath, fateOf, visitOf: () => visit },
      marksOf: () => ({ listener: 'operations' }),
    });
    note(req as Request, res as Response, nothing);
  };
}
