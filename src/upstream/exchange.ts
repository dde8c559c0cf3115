/** One exchange: a request on one socket, its limits, and its answer up to the last byte. */
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Clock } from '../clock.js';
import { Failure } from '../errors.js';
import { SilenceLimit } from '../guards/deadline.js';
import type { OnInterim, Reply } from '../message.js';
import { AnswerBody, RequestBody } from './bodies.js';
import type { Line, LineOptions } from './connect.js';
import { failureOf } from './faults.js';
import { decodeFields, interimRefusal, readHead } from './head.js';

/** An answer that says whether its end can be told from a cut: an unframed one is never stored. */
export interface UpstreamReply extends Reply {
  readonly framed: boolean;
}

export interface ExchangeLimits {
  readonly connectMs: number;
  readonly headMs: number;
  readonly idleBodyMs: number;
  readonly fieldsMax: number;
  readonly interimMax: number;
  readonly requestBytesMax: number;
}

export interface Ask {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
  readonly body: Readable | Buffer | undefined;
  readonly signal: AbortSignal | undefined;
  /** True when it may be sent again if not one byte of an answer came. */
  readonly repeatable: boolean;
  readonly onInterim: OnInterim | undefined;
  /** True to close the socket behind the answer. */
  readonly last: boolean;
}

export type ExchangeOutcome =
  | { readonly kind: 'answered'; readonly reply: UpstreamReply }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** The socket died before a byte came back; the same may be asked again on a new one. */
  | { readonly kind: 'unheard'; readonly failure: Failure };

export interface ExchangeDeps {
  readonly clock: Clock;
  readonly limits: ExchangeLimits;
  /** Called once, when the socket is free or gone; not after `unheard`. */
  readonly over: (failure: Failure | undefined) => void;
}

export function exchange(
  dispatcher: Dispatcher,
  ask: Ask,
  deps: ExchangeDeps,
): Promise<ExchangeOutcome> {
  return new Promise((resolve) => {
    new Exchange(ask, deps, resolve).begin(dispatcher);
  });
}

class Exchange implements Dispatcher.DispatchHandler {
  private readonly silence: SilenceLimit;
  private controller: Dispatcher.DispatchController | undefined;
  private line: Line | undefined;
  private body: RequestBody | undefined;
  private answer: AnswerBody | undefined;
  /** Why we ended it ourselves. */
  private ended: Failure | undefined;
  private heard = false;
  private reused = false;
  private settled = false;
  private finished = false;
  private interims = 0;

  constructor(
    private readonly ask: Ask,
    private readonly deps: ExchangeDeps,
    private readonly resolve: (outcome: ExchangeOutcome) => void,
  ) {
    this.silence = new SilenceLimit(deps.clock);
  }

  begin(dispatcher: Dispatcher): void {
    const { ask, deps } = this;
    if (ask.signal?.aborted === true) {
      const failure = new Failure('abandoned');
      this.finish(failure);
      this.settle({ kind: 'failed', failure });
      return;
    }
    if (ask.body !== undefined && !Buffer.isBuffer(ask.body)) {
      this.body = new RequestBody(ask.body, deps.limits.requestBytesMax, () => {
        this.silence.touch();
      });
    }
    ask.signal?.addEventListener('abort', this.leave, { once: true });
    // Until a socket takes it; the connector's own limit is the first to speak.
    this.silence.start(deps.limits.connectMs + deps.limits.headMs, () => {
      this.end(new Failure('connect_timeout'));
    });
    const options: LineOptions = {
      method: ask.method,
      path: ask.target,
      headers: [...ask.headers],
      body: this.body ?? ask.body ?? null,
      ...(ask.last ? { reset: true } : {}),
      taken: (line) => {
        this.line = line;
      },
    };
    dispatcher.dispatch(options, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const again = this.controller !== undefined;
    this.controller = controller;
    if (this.line !== undefined) {
      this.reused = this.line.exchanges > 0;
      this.line.exchanges += 1;
    }
    // The library may put what it takes for unsent on a new socket; only we decide that.
    const reason = this.ended ?? (again ? new Failure('reset') : undefined);
    if (reason !== undefined) {
      controller.abort(reason);
      return;
    }
    this.silence.start(this.deps.limits.headMs, () => {
      // Who kept the other waiting? A slow caller must not make the upstream look sick.
      this.end(new Failure(this.body?.hungry === true ? 'request_timeout' : 'head_timeout'));
    });
  }

  /** The first byte of an answer; after it nothing is ever sent again. */
  onResponseStarted(): void {
    this.heard = true;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    const { limits } = this.deps;
    if (status >= 100 && status < 200) {
      const refusal = interimRefusal(status, ++this.interims, limits.interimMax);
      if (refusal !== undefined) controller.abort(refusal);
      else this.ask.onInterim?.(status, decodeFields(controller.rawHeaders));
      return;
    }
    // A 408 on a socket that lay idle was meant for nobody (RFC 9110 section 15.5.9).
    if (status === 408 && this.reused) {
      this.heard = false;
      controller.abort(new Failure('reset'));
      return;
    }
    const fields = decodeFields(controller.rawHeaders);
    const head = readHead(this.ask.method, status, fields, limits.fieldsMax);
    if (head.kind === 'refused') {
      controller.abort(head.failure);
      return;
    }
    this.silence.stop();
    if (!head.bodiless) this.answer = this.openAnswer(controller);
    const { headers, framed } = head;
    this.settle({
      kind: 'answered',
      reply: { status, headers, body: this.answer, framed },
    });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.answer === undefined) return;
    this.silence.touch();
    if (this.answer.push(chunk)) return;
    controller.pause();
    // While the reader is the slow one, the upstream's silence proves nothing.
    this.silence.stop();
  }

  /** Trailers end here: neither side of a gateway can know what they may replace. */
  onResponseEnd(): void {
    this.finish(undefined);
    this.answer?.push(null);
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.finished) return;
    const failure = failureOf(error, this.settled && this.ended === undefined);
    const unheard = failure.code === 'reset' && !this.heard && this.ended === undefined;
    if (unheard && this.ask.repeatable && !this.settled) {
      this.close();
      this.settle({ kind: 'unheard', failure });
      return;
    }
    this.finish(failure);
    this.settle({ kind: 'failed', failure });
    this.answer?.destroy(failure);
  }

  private openAnswer(controller: Dispatcher.DispatchController): AnswerBody {
    const watch = (): void => {
      this.silence.start(this.deps.limits.idleBodyMs, () => {
        this.end(new Failure('body_timeout'));
      });
    };
    watch();
    return new AnswerBody({
      resume: () => {
        if (this.finished || !controller.paused) return;
        watch();
        controller.resume();
      },
      leave: () => {
        this.end(new Failure('abandoned'));
      },
    });
  }

  private readonly leave = (): void => {
    this.end(new Failure('abandoned'));
  };

  private end(failure: Failure): void {
    if (this.finished || this.ended !== undefined) return;
    this.ended = failure;
    this.silence.stop();
    if (this.controller !== undefined) {
      this.controller.abort(failure);
      return;
    }
    // The library still holds it; it is dropped as soon as it comes to a socket.
    this.settle({ kind: 'failed', failure });
  }

  private settle(outcome: ExchangeOutcome): void {
    if (this.settled) return;
    this.settled = true;
    this.resolve(outcome);
  }

  private close(): void {
    this.finished = true;
    this.silence.stop();
    this.ask.signal?.removeEventListener('abort', this.leave);
  }

  private finish(failure: Failure | undefined): void {
    if (this.finished) return;
    this.close();
    this.deps.over(failure);
  }
}
