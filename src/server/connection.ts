/** One client connection: what is in flight on it, whether it is doomed, and how it is closed. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../clock.js';
import type { FailureCode } from '../errors.js';

/** Plain numbers since the start, and two gauges. */
export interface ConnectionCounters {
  /** Connections accepted. */
  accepted: number;
  /** Gauge: connections open now. */
  open: number;
  /** Requests that were handed to the handler or refused by the gate. */
  requests: number;
  /** Gauge: requests whose answer has not closed yet. */
  inFlight: number;
  refused: Partial<Record<FailureCode, number>>;
  /** Requests that stood behind a refused one on its connection and were never looked at. */
  ignored: number;
  /** Connections refused because `connectionsMax` were open. */
  dropped: number;
  /** Connections that the other end broke off. */
  resets: number;
  /** Connections closed because nothing came within the time for a head. */
  silent: number;
  /** Connections closed because their client had stopped reading. */
  writeTimeouts: number;
  /** Requests that a drain cut off at its limit. */
  forced: number;
  /** Connections that the system could not hand over. */
  acceptFaults: number;
}

export interface ConnectionTools {
  readonly clock: Clock;
  readonly counters: ConnectionCounters;
  readonly lingerMs: number;
  readonly lingerBytesMax: number;
  readonly pipelinedMax: number;
  refusalBytes(code: FailureCode): Buffer;
}

const connectionKey = Symbol('connection');

interface Keyed {
  [connectionKey]?: Connection;
}

export function connectionOf(socket: Socket): Connection | undefined {
  return (socket as Keyed)[connectionKey];
}

/** One listener for all answers: it finds its connection on the answer itself. */
function answerClosed(this: ServerResponse): void {
  (this as Keyed)[connectionKey]?.finished(this);
}

export class Connection {
  /** Nothing more that arrives on it is handled. */
  doomed = false;
  /** Requests that were admitted and not handed to the handler yet. */
  deferred = 0;
  /** The answers in flight, in the order of their requests. */
  private readonly answers: ServerResponse[] = [];
  private newestRequest: IncomingMessage | undefined;
  private newestAnswer: ServerResponse | undefined;
  private closing = false;
  private paused = false;
  private isRefused = false;
  private failure: FailureCode | undefined;
  private lingering: Timer | undefined;

  constructor(
    readonly socket: Socket,
    private readonly tools: ConnectionTools,
  ) {
    (socket as Keyed)[connectionKey] = this;
    // Node calls this after the last answer. Its own version closes at once, and when unread bytes
    // are left the kernel then sends a reset, which takes the answer out of the client's hands.
    socket.destroySoon = () => {
      this.closeSlowly();
    };
    socket.on('error', () => {
      tools.counters.resets += 1;
    });
    socket.on('close', () => {
      this.lingering?.cancel();
      tools.counters.open -= 1;
      // Answers that still waited for their turn on this socket never close by themselves.
      tools.counters.inFlight -= this.answers.length;
      this.answers.length = 0;
    });
  }

  get inFlight(): number {
    return this.answers.length;
  }

  /** With `isLast` its answer is to be the last one of the connection. */
  begin(request: IncomingMessage, response: ServerResponse, isLast: boolean): void {
    if (isLast) this.closeAfter(response);
    this.tools.counters.inFlight += 1;
    this.newestRequest = request;
    this.newestAnswer = response;
    this.answers.push(response);
    (response as Keyed)[connectionKey] = this;
    response.on('close', answerClosed);
    if (this.answers.length >= this.tools.pipelinedMax && !this.paused) {
      this.paused = true;
      this.pauseSoon();
    }
  }

  finished(response: ServerResponse): void {
    const place = this.answers.indexOf(response);
    if (place < 0) return;
    this.answers.splice(place, 1);
    this.tools.counters.inFlight -= 1;
    if (this.failure !== undefined) this.settle();
    if (this.paused && !this.isRefused) {
      this.paused = false;
      this.socket.resume();
    }
  }

  /** After a refusal: whatever is pipelined behind it must find nobody. */
  refuseRest(): void {
    this.doomed = true;
    this.isRefused = true;
    this.pauseSoon();
  }

  /** After a request whose answer is the last one here; its own body still comes in. */
  endAfter(response: ServerResponse): void {
    this.doomed = true;
    response.shouldKeepAlive = false;
  }

  /** For a request that nobody looks at: it costs nothing more than its own bytes. */
  ignore(): void {
    this.tools.counters.ignored += 1;
    if (this.paused) return;
    this.paused = true;
    this.pauseSoon();
  }

  private closeAfter(response: ServerResponse): void {
    const before = this.answers.at(-1);
    // Who pipelines wants them both, and the first `close` on a connection ends it.
    if (before?.headersSent === false) before.shouldKeepAlive = true;
    response.shouldKeepAlive = false;
  }

  /** The parser or a time limit gave up on what arrives; at most one answer says so. */
  fail(code: FailureCode): void {
    if (this.isRefused || this.closing) return;
    this.refuseRest();
    this.failure = code;
    this.settle();
  }

  /** Later, for Node reads on by itself when the request at hand is complete. */
  private pauseSoon(): void {
    setImmediate(() => {
      if (!this.closing && (this.paused || this.isRefused)) this.socket.pause();
    });
  }

  /** True when this request itself broke off, or when nobody is left to be answered. */
  hasFailedAt(request: IncomingMessage): boolean {
    return (
      this.closing || this.socket.destroyed || (this.failure !== undefined && !request.complete)
    );
  }

  /** Makes the newest answer in flight the last one; the ones before it must not close. */
  announceEnd(): void {
    const newest = this.answers.at(-1);
    if (newest?.headersSent === false) newest.shouldKeepAlive = false;
  }

  private settle(): void {
    if (this.failure === undefined || this.closing) return;
    const first = this.answers[0];
    // The request that broke off in its body may have an answer of its own, sent or not.
    const brokeInBody = this.newestRequest?.complete === false;
    if (first === undefined) {
      this.closeSlowly(brokeInBody ? undefined : this.failure);
    } else if (brokeInBody && first === this.newestAnswer && !first.writableEnded) {
      if (first.headersSent) this.socket.destroy();
      else this.closeSlowly(this.failure);
    }
  }

  /**
   * Says a last word if one is due, ends our half, and reads on for a while without listening, so
   * that a client which is still sending can read the answer (RFC 9112 section 9.6).
   */
  closeSlowly(lastWord?: FailureCode): void {
    const { socket, tools } = this;
    if (this.closing || socket.destroyed) return;
    this.closing = true;
    this.doomed = true;
    if (lastWord !== undefined && socket.writable) {
      tools.counters.refused[lastWord] = (tools.counters.refused[lastWord] ?? 0) + 1;
      socket.write(tools.refusalBytes(lastWord));
    }
    let bytesLeft = tools.lingerBytesMax;
    // A listener of our own takes the bytes away from the parser.
    socket.removeAllListeners('data');
    socket.on('data', (chunk: Buffer) => {
      bytesLeft -= chunk.length;
      if (bytesLeft < 0) socket.destroy();
    });
    socket.end(() => {
      if (!socket.destroyed) {
        this.lingering = tools.clock.after(tools.lingerMs, () => socket.destroy());
      }
    });
    socket.resume();
  }
}
