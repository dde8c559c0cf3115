/** The lane's second look: what is not in memory may lie in the second tier, for all nodes. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Alias } from '../cache/aliases.js';
import type { Entry } from '../cache/entry.js';
import { openLooks, type LaneLook } from '../cache/looks.js';
import { countOutcome } from '../cache/tally.js';
import { describeThrown, Failure } from '../errors.js';
import type { GatewayRequest, Looked, Tier } from '../message.js';
import type { Admitted } from './gate.js';
import type { LaneOptions } from './lane.js';

/** A request that the lane has begun to answer. */
export interface Taken {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly admitted: Admitted;
  readonly startedMs: number;
}

export interface Passing extends Taken {
  readonly alias: Alias;
  readonly ifNoneMatch: string | undefined;
  /** Undefined before anything was done for it. */
  readonly id: string | undefined;
}

/** One that waits for the second tier. */
interface Waiting extends Passing {
  readonly id: string;
}

export type Leave = (taken: Taken, id: string, looked: Looked) => void;
type Answer = (passing: Passing, entry: Entry, nowMs: number, tier: Tier) => boolean;

/** Others may wait for the same look: who leaves does not end it. */
const NEVER = new AbortController().signal;

function requestOf({ req, admitted, id }: Waiting, partition: string): GatewayRequest {
  const { method, host, path, query } = admitted;
  return {
    ...{ id, method, host, path, query, partition },
    headers: req.rawHeaders,
    body: undefined,
    peer: req.socket.remoteAddress ?? '',
    gone: NEVER,
  };
}

/** True when the request is taken: it is answered, or left to the slow path, later. */
export function openSecondLane(
  { rooms, idOf, tell, leave }: LaneOptions,
  answer: Answer,
): (passing: Passing, partition: string) => boolean {
  const looks = openLooks(rooms);

  /** The caller has gone: whoever computed would do it for nobody. */
  const abandon = ({ req, res, admitted, alias, startedMs, id }: Waiting): void => {
    const failure = new Failure('abandoned');
    const { route } = alias.tally;
    const outcome = { kind: 'failed', route, bypass: undefined, failure } as const;
    const tookMs = rooms.clock.nowMs() - startedMs;
    countOutcome(rooms.tallies, outcome, tookMs);
    const { method, path } = admitted;
    const { rawHeaders } = req;
    const peer = req.socket.remoteAddress ?? '';
    const status = res.statusCode;
    tell({ id, method, path, peer, status, tookMs, rawHeaders, cut: true }, outcome);
  };
  const mayGo = (entry: Entry, { alias }: Waiting, nowMs: number): boolean =>
    entry.partition === alias.partition &&
    nowMs < entry.freshUntilMs &&
    entry.tracked?.isDoubtful !== true &&
    rooms.purges.judge(entry) === 'live';
  const landed = (waiting: Waiting, looked: LaneLook): void => {
    const { entry } = looked;
    const nowMs = rooms.clock.nowMs();
    if (waiting.res.destroyed) {
      abandon(waiting);
      return;
    }
    const isOut =
      entry !== undefined && mayGo(entry, waiting, nowMs) && answer(waiting, entry, nowMs, 'l2');
    if (!isOut) leave(waiting, waiting.id, looked);
  };

  return (passing, partition) => {
    const { req, alias } = passing;
    if (!looks.isWorthIt(alias)) return false;
    const waiting = { ...passing, id: idOf(req.rawHeaders) };
    const looking = looks.begin(alias, () => requestOf(waiting, partition));
    if (looking === undefined) return false;
    looking
      .then((looked) => {
        landed(waiting, looked);
      })
      .catch((thrown: unknown) => {
        rooms.log.error('request.fault', describeThrown(thrown));
        waiting.res.destroy();
      });
    return true;
  };
}
