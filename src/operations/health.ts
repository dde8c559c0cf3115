/** Health: alive as long as the loop turns; ready until the gateway drains. */
import type { Request, Response } from 'express';

/**
 * A part is wanted or not; Redis also says how it does (`disabled`: wanted, without a secret), and
 * its tracking whether it is heard (`lost`: not now; `refused`: the server will not).
 */
export type PartWord =
  'on' | 'off' | 'disabled' | 'healthy' | 'degraded' | 'readonly' | 'down' | 'lost' | 'refused';

export interface Readiness {
  readonly ready: boolean;
  /** Why not, in one word; undefined when ready. */
  readonly reason: 'draining' | undefined;
  /** What runs without its second half: nothing here makes the gateway unready. */
  readonly parts: Readonly<Record<string, PartWord>>;
}

function answer(res: Response, status: number, body: unknown): void {
  res.status(status).set('Cache-Control', 'no-store').json(body);
}

/** Depends on nothing: a sick Redis or upstream must not get a living gateway restarted. */
export function live(_req: Request, res: Response): void {
  answer(res, 200, { status: 'ok' });
}

export function ready(read: () => Readiness) {
  return (_req: Request, res: Response): void => {
    const { ready: isReady, reason, parts } = read();
    const status = isReady ? 'ready' : 'not ready';
    answer(res, isReady ? 200 : 503, {
      status,
      ...(reason === undefined ? {} : { reason }),
      parts,
    });
  };
}
