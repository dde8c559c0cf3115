/** The sender: gives a command to a lane when its breaker lets it, and learns from what comes. */
import type { Breakers } from './breakers.js';
import { verdictOf } from './breakers.js';
import type { Argument, Connection, RedisReply } from './connection.js';
import type { Command } from './exclusive.js';
import { kindOf, RedisFailure } from './failure.js';
import type { Lanes } from './lanes.js';
import type { PoolStanding } from './standing.js';
import type { Operation, Tally } from './tally.js';
import type { Writable } from './writable.js';

export interface CallOptions {
  /** Longest wait; the pool's own for this class when none is given. */
  readonly waitMs?: number | undefined;
  /** See `CallLimits`: false ends the connection, and the call fails with `desync`. */
  readonly isOurs?: ((reply: RedisReply) => boolean) | undefined;
  /** The other node of a Cluster sent us here, for a slot that is under way. */
  readonly asking?: boolean | undefined;
}

export type CallAllOptions = Pick<CallOptions, 'waitMs' | 'asking'>;

export interface SenderParts {
  readonly readMs: number;
  readonly writeMs: number;
  /** A node of a Cluster. */
  readonly isMember?: boolean | undefined;
  readonly lanes: Lanes;
  readonly breakers: Breakers;
  readonly tally: Tally;
  readonly standing: PoolStanding;
  readonly writable: Writable;
  /** A command has just been given to a lane. */
  readonly sent: (lane: Connection) => void;
}

export function failureOf(thrown: unknown): RedisFailure {
  return thrown instanceof RedisFailure ? thrown : new RedisFailure(kindOf(thrown));
}

/** It holds for the next command on this connection; that one tells what came of it. */
function askLeave(lane: Connection, waitMs: number): void {
  lane.call('asking', [], { waitMs }).catch(() => undefined);
}

export class Sender {
  constructor(private readonly parts: SenderParts) {}

  call(
    operation: Operation,
    name: string,
    args: readonly Argument[],
    { waitMs = this.waitOf(operation), isOurs, asking = false }: CallOptions = {},
  ): Promise<RedisReply> {
    const leave = this.enter(operation);
    if (leave instanceof RedisFailure) return Promise.reject(leave);
    this.parts.tally.commands += 1;
    const { lane, settled } = leave;
    if (asking) askLeave(lane, waitMs);
    const replied = lane.call(name, args, { waitMs, isOurs, settled });
    this.parts.sent(lane);
    return replied;
  }

  async callAll(
    operation: Operation,
    commands: readonly Command[],
    { waitMs = this.waitOf(operation), asking = false }: CallAllOptions = {},
  ): Promise<readonly RedisReply[]> {
    const leave = this.enter(operation);
    if (leave instanceof RedisFailure) throw leave;
    this.parts.tally.commands += commands.length;
    const { lane, settled } = leave;
    const replied = commands.map(([name, ...args]) => {
      if (asking) askLeave(lane, waitMs);
      return lane.call(name, args, { waitMs }).catch(failureOf);
    });
    this.parts.sent(lane);
    const replies = await Promise.all(replied);
    const failure = replies.find(isFailure);
    settled(failure);
    if (failure !== undefined && !lane.isOpen) throw failure;
    return replies;
  }

  admits(operation: Operation): boolean {
    const { breakers, lanes, writable } = this.parts;
    if (isChange(operation) && !writable.now()) return false;
    return lanes.open() > 0 && breakers[operation].admits();
  }

  private waitOf(operation: Operation): number {
    return operation === 'read' ? this.parts.readMs : this.parts.writeMs;
  }

  /** A lane and the breaker's leave to use it, or why not. */
  private enter(operation: Operation): Leave | RedisFailure {
    const { breakers, lanes, tally, standing, writable, isMember = false } = this.parts;
    if (isChange(operation) && !writable.now()) return new RedisFailure('readonly', true);
    const pass = breakers[operation].enter();
    if (pass === undefined) return new RedisFailure('breaker_open', true);
    const lane = lanes.pick();
    if (lane === undefined) {
      const kind = standing.lastKind() ?? 'closed';
      pass.done('bad');
      tally.error(operation, kind);
      return new RedisFailure(kind);
    }
    const settled = (failure: RedisFailure | undefined): void => {
      if (failure === undefined) {
        pass.done('good');
        return;
      }
      const verdict = verdictOf(failure, isMember);
      pass.done(verdict);
      // A redirection: nothing went wrong.
      if (verdict === 'good' && failure.elsewhere !== undefined) return;
      tally.error(operation, failure.code);
      if (failure.code !== 'readonly') return;
      // Not known until now: the name may lead to the new master by now.
      writable.learn('replica');
      lanes.renew(lane);
    };
    return { lane, settled };
  }
}

interface Leave {
  readonly lane: Connection;
  readonly settled: (failure: RedisFailure | undefined) => void;
}

/** The bus is none: who listens at a replica hears what is published there. */
function isChange(operation: Operation): boolean {
  return operation === 'write' || operation === 'lock';
}

function isFailure(reply: RedisReply): reply is RedisFailure {
  return reply instanceof RedisFailure;
}
