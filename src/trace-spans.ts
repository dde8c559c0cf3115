/** Spans: what is noted of one piece of work, as plain values until they are exported. */
import type { Clock } from './clock.js';
import { newSpanId, newTraceId, type TraceContext } from './trace-context.js';

export type SpanKind = 'server' | 'internal' | 'client';
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanEvent {
  readonly name: string;
  readonly atMs: number;
  readonly attributes: Attributes;
}

/** A span that has ended. Times are those of the wall clock, with fractions. */
export interface SpanRecord {
  readonly name: string;
  readonly kind: SpanKind;
  readonly context: TraceContext;
  readonly parentId: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly links: readonly TraceContext[];
  readonly failed: boolean;
}

export interface SpanEnd {
  readonly name?: string;
  readonly attributes: Attributes;
  readonly failed: boolean;
  readonly events?: readonly SpanEvent[];
}

/** A span that is under way. */
export interface Span {
  readonly context: TraceContext;
  readonly startMs: number;
  /** When its first child began. */
  childMs: number | undefined;
  link(context: TraceContext): void;
  /** Counts once; what comes after the first end is not heard. */
  end(end: SpanEnd): void;
}

export interface SpanStart {
  readonly name: string;
  readonly kind: SpanKind;
  readonly parent: TraceContext | undefined;
  readonly sampled: boolean;
  readonly startMs?: number;
}

export interface Spans {
  readonly start: (start: SpanStart) => Span;
  readonly nowMs: () => number;
  /** The same moment of the clock that never jumps, on the wall clock. */
  readonly at: (clockMs: number) => number;
}

/** One span is not there to be filled without end. */
const LINKS_MAX = 16;
/** When the wall clock was set: the steady clock is laid against it anew. */
const JUMP_MS = 1000;

/** Wall time with the fractions of the steady clock, so that short spans have a length. */
function openTimeline(clock: Clock): (clockMs: number) => number {
  let offsetMs = clock.wallMs() - clock.nowMs();
  return (clockMs) => {
    const measuredMs = clock.wallMs() - clock.nowMs();
    if (Math.abs(measuredMs - offsetMs) > JUMP_MS) offsetMs = measuredMs;
    return offsetMs + clockMs;
  };
}

export function openSpans(clock: Clock, record: (span: SpanRecord) => void): Spans {
  const at = openTimeline(clock);
  const nowMs = (): number => at(clock.nowMs());
  return {
    at,
    nowMs,
    start({ name, kind, parent, sampled, startMs = nowMs() }) {
      const traceId = parent?.traceId ?? newTraceId();
      const context: TraceContext = { traceId, spanId: newSpanId(), sampled };
      const links: TraceContext[] = [];
      let ended = !sampled;
      return {
        context,
        startMs,
        childMs: undefined,
        link(other) {
          if (links.length < LINKS_MAX) links.push(other);
        },
        end({ name: endName = name, attributes, failed, events = [] }) {
          if (ended) return;
          ended = true;
          record({
            ...{ name: endName, kind, context, parentId: parent?.spanId, startMs, links },
            ...{ endMs: Math.max(startMs, nowMs()), attributes, failed, events },
          });
        },
      };
    },
  };
}
