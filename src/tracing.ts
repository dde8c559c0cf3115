/** Tracing: a span for each request, and those of the work behind it; nothing at all when off. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from './clock.js';
import type { Flights } from './guards/flights.js';
import type { Log } from './log.js';
import type { Fetch, RawHeaders } from './message.js';
import type { Answered, Fate } from './operations/access-log.js';
import { contextIn } from './trace-context.js';
import type { ExportOptions } from './trace-export.js';
import { openSpanQueue, type SpanQueueOptions, type TraceStats } from './trace-queue.js';
import { methodWord, tracedFetch, tracedFlights, type TraceParts } from './trace-rooms.js';
import { openSpans, type Span, type SpanEvent } from './trace-spans.js';

export interface TracingOptions extends SpanQueueOptions, ExportOptions {
  /** The part of all requests that is recorded, from 0 to 1. */
  readonly ratio: number;
  /** Whether spans carry the path that was asked for; else only the route's pattern. */
  readonly paths: boolean;
}

export interface TracingDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/** A request whose span is open. */
export type EndRequest = (answered: Answered, fate: Fate) => void;

export interface Tracing {
  /** Runs the handling of a request in a span of its own; call what it returns at its end. */
  request(headers: RawHeaders, trusted: boolean, action: (end: EndRequest) => void): void;
  /** A hit that has been answered already: most of them cost one random number. */
  hit(headers: RawHeaders, trusted: () => boolean, answered: Answered, fate: Fate): void;
  readonly fetch: (fetch: Fetch) => Fetch;
  readonly flights: <T>(flights: Flights<T>) => Flights<T>;
  readonly stats: () => TraceStats;
  readonly close: (deadlineMs: number) => Promise<void>;
}

const FAILING = 500;
/** What no cache was asked for. */
const OWN_PAGE = 'page';

interface Ending {
  readonly paths: boolean;
  readonly nowMs: number;
}

function endOf(span: Span, answered: Answered, fate: Fate, { paths, nowMs }: Ending) {
  const { outcome, detail, route } = fate;
  const { status, cut = false } = answered;
  const method = methodWord(answered.method);
  const words = { 'leyden.outcome': outcome, 'leyden.detail': detail };
  const looked: SpanEvent = {
    name: 'cache.lookup',
    atMs: span.childMs ?? nowMs,
    attributes: { 'leyden.found': outcome === 'hit' || outcome === 'stale', ...words },
  };
  const failed = status >= FAILING;
  span.end({
    name: route === undefined ? method : `${method} ${route}`,
    attributes: {
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
      'url.path': paths ? answered.path : undefined,
      ...words,
      'leyden.request_id': answered.id,
      'leyden.cut': cut || undefined,
      'error.type': failed ? String(status) : undefined,
    },
    failed,
    events: route === undefined || outcome === OWN_PAGE ? [] : [looked],
  });
}

/** Opens the tracer; the packages that it needs are loaded here and nowhere else. */
export async function openTracing(
  options: TracingOptions | undefined,
  { clock, log, random }: TracingDeps,
): Promise<Tracing | undefined> {
  if (options === undefined) return undefined;
  const { openExporter } = await import('./trace-export.js');
  const queue = openSpanQueue(options, { clock, log, exporter: openExporter(options) });
  const spans = openSpans(clock, queue.add);
  const drawn = (): boolean => random() < options.ratio;
  const parts: TraceParts = { spans, current: new AsyncLocalStorage<Span>(), drawn };
  const { paths } = options;
  const ending = (): Ending => ({ paths, nowMs: spans.nowMs() });

  return {
    request(headers, trusted, action) {
      const parent = contextIn(headers);
      // A stranger may name the trace that he stands in, but not have us record it.
      const sampled = parent !== undefined && trusted ? parent.sampled : drawn();
      const span = spans.start({ name: 'request', kind: 'server', parent, sampled });
      parts.current.run(span, () => {
        action((answered, fate) => {
          if (sampled) endOf(span, answered, fate, ending());
        });
      });
    },
    hit(headers, trusted, answered, fate) {
      const wanted = drawn();
      const parent = contextIn(headers);
      if (parent === undefined ? !wanted : !(trusted() ? parent.sampled : wanted)) return;
      const startMs = spans.nowMs() - answered.tookMs;
      const start = { name: 'request', kind: 'server', parent, sampled: true, startMs } as const;
      endOf(spans.start(start), answered, fate, ending());
    },
    fetch: (fetch) => tracedFetch(parts, fetch),
    flights: (flights) => tracedFlights(parts, flights),
    stats: queue.stats,
    close: queue.close,
  };
}
