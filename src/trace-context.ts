/** Trace context: the ids of a trace and its spans, as W3C Trace Context writes them. */
import { randomFillSync } from 'node:crypto';
import type { RawHeaders } from './message.js';
import { sameName } from './policy/headers.js';

export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  /** Whether its spans are recorded. */
  readonly sampled: boolean;
}

const TRACEPARENT = 'traceparent';
const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NOTHING = /^0+$/;
const SAMPLED = 1;

/** W3C Trace Context section 3.2: a later version may have more at its end, ours may not. */
function parsed(text: string): TraceContext | undefined {
  const [, version = '', traceId = '', spanId = '', flags = '', more] = FORM.exec(text) ?? [];
  if (version === '' || version === 'ff' || (version === '00' && more !== undefined)) {
    return undefined;
  }
  if (NOTHING.test(traceId) || NOTHING.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}

/** What the caller says of the trace that it stands in; said twice, it says nothing. */
export function contextIn(headers: RawHeaders): TraceContext | undefined {
  let found: string | undefined;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    if (name.length !== TRACEPARENT.length || !sameName(name, TRACEPARENT)) continue;
    if (found !== undefined) return undefined;
    found = headers[at + 1] ?? '';
  }
  return found === undefined ? undefined : parsed(found);
}

/** The fields with this context in place of whatever they said of a trace. */
export function withContext(headers: RawHeaders, context: TraceContext): RawHeaders {
  const kept = headers.filter((_, at, all) => {
    const name = all[at - (at % 2)] ?? '';
    return name.length !== TRACEPARENT.length || !sameName(name, TRACEPARENT);
  });
  const { traceId, spanId, sampled } = context;
  return [...kept, TRACEPARENT, `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`];
}

const POOL_BYTES = 4096;
const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;

/** Random bytes are drawn many at a time: one draw each would cost more than the span. */
function randomHex(bytes: number): string {
  if (used + bytes > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}

export function newTraceId(): string {
  return randomHex(16);
}

export function newSpanId(): string {
  return randomHex(8);
}
