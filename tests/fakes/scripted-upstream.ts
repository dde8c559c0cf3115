/** An upstream that answers what a test tells it, when the test tells it. */
import type { Readable } from 'node:stream';
import { Failure, type FailureCode } from '../../src/errors.js';
import type { Fetch, RawHeaders, Reply, UpstreamRequest } from '../../src/message.js';
import { until } from './waiting.js';

export interface Call {
  readonly request: UpstreamRequest;
  answer(answer?: Answer): void;
  fail(code: FailureCode): void;
  /** True once whoever asked has given it up. */
  readonly aborted: boolean;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: RawHeaders;
  readonly body?: Buffer | Readable | string;
  readonly framed?: boolean;
}

export interface ScriptedUpstream {
  readonly fetch: Fetch;
  /** Every question so far, in order. */
  readonly calls: Call[];
  /** The nth question (from 0), once it has come. */
  call(nth: number): Promise<Call>;
  /** Answers each further question at once. */
  always(answer: (request: UpstreamRequest, nth: number) => Answer | FailureCode): void;
  /** Leaves each further question open until the test answers it. */
  byHand(): void;
}

export function replyOf({ status = 200, headers = [], body = '', framed }: Answer): Reply {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
  return { status, headers, body: bytes, ...(framed === undefined ? {} : { framed }) };
}

export function scriptedUpstream(): ScriptedUpstream {
  const calls: Call[] = [];
  let script: ((request: UpstreamRequest, nth: number) => Answer | FailureCode) | undefined;
  return {
    calls,
    fetch(request) {
      return new Promise<Reply>((resolve, reject) => {
        const call: Call = {
          request,
          answer: (answer = {}) => {
            resolve(replyOf(answer));
          },
          fail: (code) => {
            reject(new Failure(code));
          },
          get aborted() {
            return request.signal?.aborted === true;
          },
        };
        request.signal?.addEventListener('abort', () => {
          call.fail('abandoned');
        });
        const nth = calls.push(call) - 1;
        const said = script?.(request, nth);
        if (typeof said === 'string') call.fail(said);
        else if (said !== undefined) call.answer(said);
      });
    },
    async call(nth) {
      await until(() => calls.length > nth);
      const call = calls[nth];
      if (call === undefined) throw new Error('there is no such call');
      return call;
    },
    always(answer) {
      script = answer;
    },
    byHand() {
      script = undefined;
    },
  };
}
