/** The origin of a simulation: it signs each answer, and is in the mood that the plot gives it. */
import { Readable } from 'node:stream';
import type { Timer } from '../../src/clock.js';
import { Failure, type FailureCode } from '../../src/errors.js';
import type { Reply, UpstreamRequest } from '../../src/message.js';
import type { LifetimeRule } from '../../src/policy/rules.js';
import type { Mood } from './plot.js';
import { isByItself, valueOf, type Ask, type Call } from './records.js';
import type { SimClock } from './sim-clock.js';

export interface OriginOptions {
  readonly clock: SimClock;
  /** The number of the next event. */
  readonly tick: () => number;
  readonly askerOf: (id: string) => Ask | undefined;
  readonly ruleOf: (path: string) => LifetimeRule | 'http';
  /** Hears of each question when it comes. */
  readonly asked: (call: Call) => void;
}

export interface Origin {
  readonly fetch: (request: UpstreamRequest) => Promise<Reply>;
  readonly calls: readonly Call[];
  setMood(path: string, mood: Mood): void;
  change(path: string): void;
}

/** As the upstream room gives up on an answer. */
export const DEADLINE_MS = 20_000;
/** Between the head of a streamed answer and its end. */
export const STREAM_MS = 2_000;
const FINE: Mood = { how: 'answer', status: 200, headers: [], delayMs: 20, bodyBytes: 30 };
const FAILS: Partial<Record<Mood['how'], FailureCode>> = {
  ...{ refuse: 'connect', reset: 'reset', hang: 'head_timeout' },
};

interface Exchange {
  readonly call: Call;
  readonly mood: Mood;
  readonly etag: string;
}

class ScriptedOrigin implements Origin {
  readonly calls: Call[] = [];
  private readonly moods = new Map<string, Mood>();
  private readonly versions = new Map<string, number>();

  constructor(private readonly options: OriginOptions) {}

  setMood(path: string, mood: Mood): void {
    this.moods.set(path, mood);
  }

  change(path: string): void {
    this.versions.set(path, (this.versions.get(path) ?? 0) + 1);
  }

  readonly fetch = (request: UpstreamRequest): Promise<Reply> => {
    const call = this.note(request);
    const mood = this.moods.get(call.path) ?? FINE;
    const version = this.versions.get(call.path) ?? 0;
    // What has the same tag has the same words about its life.
    const words = ['cache-control', 'vary'].map((name) => valueOf(mood.headers, name));
    const parts = [version, mood.status, call.query, call.auth, call.lang, ...words];
    const etag = `"${parts.join('-').replaceAll(' ', '')}"`;
    this.options.asked(call);
    const { clock } = this.options;
    const { signal } = request;
    return new Promise((resolve, reject) => {
      let timer: Timer | undefined;
      let body: Readable | undefined;
      const leave = (): void => {
        timer?.cancel();
        this.end(call, 'given-up');
        reject(new Failure('abandoned'));
        body?.destroy(new Failure('abandoned'));
      };
      if (signal?.aborted === true) {
        leave();
        return;
      }
      signal?.addEventListener('abort', leave, { once: true });
      const code = FAILS[mood.how];
      const delayMs = mood.how === 'hang' ? DEADLINE_MS : mood.delayMs;
      const come = (): void => {
        if (code === undefined) {
          const reply = this.answer({ call, mood, etag });
          if (!Buffer.isBuffer(reply.body)) body = reply.body;
          resolve(reply);
        } else {
          this.end(call, 'failed');
          reject(new Failure(code));
        }
      };
      if (delayMs === 0) come();
      else timer = clock.after(delayMs, come);
    });
  };

  private note(request: UpstreamRequest): Call {
    const [path = '', query] = request.target.split('?', 2);
    const asker = this.options.askerOf(request.id);
    const call: Call = {
      ...{ serial: this.calls.length + 1, request, path, query, asker },
      auth: valueOf(request.headers, 'authorization'),
      lang: valueOf(request.headers, 'x-lang'),
      rule: asker?.rule ?? this.options.ruleOf(path),
      askedAt: this.options.tick(),
      askedMs: this.options.clock.nowMs(),
      ...{ endedAt: Infinity, endedMs: Infinity, ending: 'open', status: 0, headers: [] },
      ...{ text: '', framed: true, given: 0 },
    };
    this.calls.push(call);
    return call;
  }

  private end(call: Call, ending: Call['ending']): void {
    if (call.ending !== 'open') return;
    call.ending = ending;
    call.endedAt = this.options.tick();
    call.endedMs = this.options.clock.nowMs();
  }

  private answer({ call, mood, etag }: Exchange): Reply {
    const { request, serial, path } = call;
    const isHttp = path === '/c';
    const isSame = valueOf(request.headers, 'if-none-match') === etag;
    const isOdd = mood.how === 'odd-304' && request.headers.includes('If-None-Match');
    call.status = isHttp && (isSame || isOdd) && mood.status === 200 ? 304 : mood.status;
    const tag = isOdd ? '"odd"' : etag;
    call.headers = [...mood.headers, ...(isHttp ? ['ETag', tag] : []), 'X-Serial', String(serial)];
    const { status, headers } = call;
    if (status === 304) {
      if (isSame) call.headers = this.renewed(call, etag);
      this.end(call, 'answered');
      return { status, headers, body: undefined };
    }
    call.text = request.method === 'HEAD' ? '' : `${serial}.`.padEnd(mood.bodyBytes, 'x');
    call.framed = mood.how !== 'unframed';
    const framed = call.framed ? {} : { framed: false };
    const isStreamed = mood.how === 'streamed' || mood.how === 'truncate';
    if (isStreamed && call.text !== '') {
      return { status, headers, body: this.stream(call, mood), ...framed };
    }
    this.end(call, 'answered');
    return { status, headers, body: Buffer.from(call.text), ...framed };
  }

  /** What a 304 does not say stands as it was (RFC 9111 section 3.2). */
  private renewed({ serial, headers }: Call, etag: string): readonly string[] {
    const old = this.calls.findLast(
      (one) => one.serial !== serial && valueOf(one.headers, 'etag') === etag && !isByItself(one),
    );
    const names = ['cache-control', 'vary', 'cache-tag', 'set-cookie'];
    const left = names.filter((name) => valueOf(headers, name) === undefined);
    return [
      ...headers,
      ...left.flatMap((name) => {
        const value = valueOf(old?.headers ?? [], name);
        return value === undefined ? [] : [name, value];
      }),
    ];
  }

  /** A half now, and the other half, or a broken connection, later. */
  private stream(call: Call, mood: Mood): Readable {
    const bytes = Buffer.from(call.text);
    const half = bytes.byteLength >> 1;
    const timer = this.options.clock.after(STREAM_MS, () => {
      if (mood.how === 'truncate') {
        this.end(call, 'failed');
        body.destroy(new Failure('truncated'));
        return;
      }
      this.end(call, 'answered');
      body.push(bytes.subarray(half));
      body.push(null);
    });
    const body = new Readable({
      read: () => undefined,
      destroy: (failure, done) => {
        timer.cancel();
        this.end(call, 'given-up');
        done(failure);
      },
    });
    // Whoever is not there any more does not hear that it broke off.
    body.on('error', () => undefined);
    body.push(bytes.subarray(0, half));
    return body;
  }
}

export function openOrigin(options: OriginOptions): Origin {
  return new ScriptedOrigin(options);
}
