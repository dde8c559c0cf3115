/** One connection to Redis: it lives once, each command has a deadline, and any doubt ends it. */
import { types } from 'node:util';
import { Command, ReplyError as replyError, type Redis } from 'ioredis';
import type { Clock, Timer } from '../clock.js';
import { Gathered } from './gathered.js';
import { failureIn, kindOf, RedisFailure, type FailureKind } from './failure.js';

export type Argument = string | Buffer | number;
/** Texts come as bytes, whatever their kind; an error within a list stays in its place. */
export type RedisReply = Buffer | number | null | RedisFailure | readonly RedisReply[];

export interface CallLimits {
  readonly waitMs: number;
  /**
   * Looks at the reply before anyone gets it. False says that it is the reply to something else:
   * replies are out of step, and the connection ends.
   */
  readonly isOurs?: ((reply: RedisReply) => boolean) | undefined;
  /** Hears the end of it, before whoever waits does: undefined when all went well. */
  readonly settled?: ((failure: RedisFailure | undefined) => void) | undefined;
}

export interface ConnectionLimits {
  readonly inFlightMax: number;
  /** Bytes that the socket has not taken yet. */
  readonly unsentBytesMax: number;
}

/** A class, for one is made for every command: it is cheaper than an object put together. */
class InFlight {
  #isForgiven = false;

  constructor(
    public dueMs: number,
    private readonly limits: CallLimits,
    private readonly resolve: (reply: RedisReply) => void,
    private readonly reject: (failure: RedisFailure) => void,
  ) {}

  accepts(reply: RedisReply): boolean {
    const { isOurs } = this.limits;
    try {
      return isOurs === undefined || isOurs(reply);
    } catch {
      return false;
    }
  }

  /** Once, so that whoever waits is not kept for ever by a process that stands still too often. */
  forgive(nowMs: number): void {
    if (this.#isForgiven || this.dueMs > nowMs) return;
    this.#isForgiven = true;
    this.dueMs = nowMs + this.limits.waitMs;
  }

  succeed(reply: RedisReply): void {
    this.limits.settled?.(undefined);
    this.resolve(reply);
  }

  fail(failure: RedisFailure): void {
    this.limits.settled?.(failure);
    this.reject(failure);
  }
}

const BYTES = { replyEncoding: null };
/** A timer that is so late tells of a loop that was held up. */
const STALL_MS = 10;

/** Without a promise of the library's own: ours is enough, and is settled in the same turn. */
class OwnCommand extends Command {}
Object.defineProperty(OwnCommand.prototype, 'initPromise', {
  value(this: { stringifyArguments(): void }) {
    this.stringifyArguments();
  },
});

const ReplyError = replyError as new () => Error;

/** What the library parsed, with its own errors replaced: they carry keys and values. */
function cleaned(reply: unknown): RedisReply {
  if (Array.isArray(reply)) return reply.map(cleaned);
  if (types.isNativeError(reply)) return failureIn(reply);
  return reply as RedisReply;
}

function unsent(kind: FailureKind, { settled }: CallLimits): Promise<never> {
  const failure = new RedisFailure(kind);
  settled?.(failure);
  return Promise.reject(failure);
}

export class Connection {
  private readonly inFlight = new Set<InFlight>();
  private readonly endings: ((kind: FailureKind) => void)[] = [];
  private timer: Timer | undefined;
  private timerDueMs = 0;
  private readonly gathered: Gathered;
  private pings = 0;
  private ended: FailureKind | undefined;
  readonly openedMs: number;
  /** When it last answered. */
  heardMs: number;

  constructor(
    private readonly client: Redis,
    private readonly limits: ConnectionLimits,
    private readonly clock: Clock,
  ) {
    this.gathered = new Gathered(client);
    this.openedMs = clock.nowMs();
    this.heardMs = this.openedMs;
    client.on('error', (thrown) => {
      this.end(kindOf(thrown));
    });
    client.once('close', () => {
      this.end('reset');
    });
  }

  get isOpen(): boolean {
    return this.ended === undefined;
  }

  get load(): number {
    return this.inFlight.size;
  }

  onEnd(listener: (kind: FailureKind) => void): void {
    this.endings.push(listener);
  }

  /** Messages of a subscription; a payload may be a list, or null (client-side caching). */
  onMessage(listener: (channel: Buffer, message: RedisReply) => void): void {
    this.client.on('messageBuffer', (channel: Buffer, message: unknown) => {
      this.heardMs = this.clock.nowMs();
      listener(channel, cleaned(message));
    });
  }

  call(name: string, args: readonly Argument[], limits: CallLimits): Promise<RedisReply> {
    if (this.ended !== undefined) return unsent(this.ended, limits);
    const { inFlightMax, unsentBytesMax } = this.limits;
    const unsentBytes = this.client.stream.writableLength + this.gathered.bytes;
    const isFull = this.inFlight.size >= inFlightMax || unsentBytes > unsentBytesMax;
    if (isFull) return unsent('full', limits);
    return new Promise((resolve, reject) => {
      const dueMs = this.clock.nowMs() + limits.waitMs;
      const one = new InFlight(dueMs, limits, resolve, reject);
      this.inFlight.add(one);
      // The library reads the list and does not keep it.
      const command = new OwnCommand(name, args as Argument[], BYTES);
      // Tracing would turn every argument into a text, with nobody to read it.
      command.isTraced = true;
      command.resolve = (reply: unknown) => {
        this.answered(one, cleaned(reply));
      };
      command.reject = (thrown: unknown) => {
        this.refused(one, thrown);
      };
      this.client.sendCommand(command, this.gathered);
      this.watch(dueMs);
    });
  }

  /** Asks for a word and wants that word back: it proves that replies are in step. */
  async ping(waitMs: number): Promise<void> {
    this.pings += 1;
    const word = `leyden ${this.pings}`;
    const isOurs = (reply: RedisReply): boolean => {
      // A connection that has subscribed answers ["pong", word].
      const said = Array.isArray(reply) ? (reply as readonly RedisReply[])[1] : reply;
      return Buffer.isBuffer(said) && said.toString('latin1') === word;
    };
    await this.call('ping', [word], { waitMs, isOurs });
  }

  /**
   * Ends it now. Whoever waits on it is told so, for a late reply cannot be trusted. `isOurDoing`
   * when nothing failed here: then nobody is to blame.
   */
  end(kind: FailureKind, isOurDoing = false): void {
    if (this.ended !== undefined) return;
    this.ended = kind;
    this.timer?.cancel();
    this.client.disconnect();
    // A polite end would wait for the other side, and the other side may be what is broken.
    this.client.stream.destroy();
    const nowMs = this.clock.nowMs();
    let isFirst = true;
    for (const one of this.inFlight) {
      const guilty = kind === 'timeout' ? one.dueMs <= nowMs : isFirst;
      one.fail(new RedisFailure(kind, isOurDoing || !guilty));
      isFirst = false;
    }
    this.inFlight.clear();
    for (const listener of this.endings) listener(kind);
  }

  private answered(one: InFlight, reply: RedisReply): void {
    if (!this.inFlight.delete(one)) return;
    this.heardMs = this.clock.nowMs();
    if (one.accepts(reply)) {
      one.succeed(reply);
      return;
    }
    one.fail(new RedisFailure('desync'));
    this.end('desync');
  }

  private refused(one: InFlight, thrown: unknown): void {
    if (!this.inFlight.has(one)) return;
    const kind = kindOf(thrown);
    if (!(thrown instanceof ReplyError) || kind === 'maxclients' || kind === 'protocol') {
      this.end(kind);
      return;
    }
    this.inFlight.delete(one);
    this.heardMs = this.clock.nowMs();
    one.fail(failureIn(thrown));
  }

  /** One timer for all: it is set for the first deadline and looks again when it fires. */
  private watch(dueMs: number): void {
    if (this.timer !== undefined && this.timerDueMs <= dueMs) return;
    this.timer?.cancel();
    this.timerDueMs = dueMs;
    this.timer = this.clock.after(Math.max(0, dueMs - this.clock.nowMs()), () => {
      this.timer = undefined;
      // While this process stood still nothing was read, and what was to be sent had not left.
      const nowMs = this.clock.nowMs();
      if (nowMs - dueMs >= STALL_MS) for (const one of this.inFlight) one.forgive(nowMs);
      // When the loop was busy, replies may lie in the socket: they are read first.
      setImmediate(() => {
        this.look();
      });
    });
  }

  private look(): void {
    if (this.ended !== undefined || this.inFlight.size === 0) return;
    const nowMs = this.clock.nowMs();
    let nextMs = Infinity;
    for (const { dueMs } of this.inFlight) nextMs = Math.min(nextMs, dueMs);
    if (nextMs <= nowMs) this.end('timeout');
    else this.watch(nextMs);
  }
}
