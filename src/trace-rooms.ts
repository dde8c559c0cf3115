/** Traces of the rooms: a span for each computation and each question to an upstream. */
import type { AsyncLocalStorage } from 'node:async_hooks';
import { asFailure } from './errors.js';
import type { Aboard, Flights } from './guards/flights.js';
import type { Fetch, Reply } from './message.js';
import { withContext } from './trace-context.js';
import type { Span, SpanKind, Spans } from './trace-spans.js';

export interface TraceParts {
  readonly spans: Spans;
  /** The span in which this piece of work runs. */
  readonly current: AsyncLocalStorage<Span>;
  /** For work that nobody asked for, such as a scheduled refresh. */
  readonly drawn: () => boolean;
}

function childOf({ spans, current, drawn }: TraceParts, name: string, kind: SpanKind): Span {
  const parent = current.getStore();
  const sampled = parent?.context.sampled ?? drawn();
  const span = spans.start({ name, kind, parent: parent?.context, sampled });
  if (parent !== undefined) parent.childMs ??= span.startMs;
  return span;
}

function whenOver({ body }: Reply, over: (failed: boolean) => void): void {
  if (body === undefined || Buffer.isBuffer(body)) {
    over(false);
    return;
  }
  // Also where its reader left: then it has not ended by itself.
  body.once('close', () => {
    over(body.errored !== null || !body.readableEnded);
  });
}

const FAILING = 500;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE']);

/** Methods are a closed set, as the conventions of OpenTelemetry want it. */
export function methodWord(method: string): string {
  return METHODS.has(method) || method === 'QUERY' ? method : '_OTHER';
}

/** The upstream's own spans hang below ours, whatever the caller said of his. */
export function tracedFetch(parts: TraceParts, fetch: Fetch): Fetch {
  return async (request) => {
    const { method, upstream } = request;
    const word = methodWord(method);
    const span = childOf(parts, word, 'client');
    const known = { 'http.request.method': word, 'leyden.upstream': upstream };
    try {
      const headers = withContext(request.headers, span.context);
      const reply = await fetch({ ...request, headers });
      const { status } = reply;
      whenOver(reply, (cut) => {
        const failed = status >= FAILING || cut;
        span.end({
          attributes: {
            ...known,
            'http.response.status_code': status,
            'error.type': cut ? 'cut' : failed ? String(status) : undefined,
          },
          failed,
        });
      });
      return reply;
    } catch (thrown) {
      const { code } = asFailure(thrown);
      span.end({ attributes: { ...known, 'error.type': code }, failed: true });
      throw thrown;
    }
  };
}

interface Flying {
  readonly span: Span;
  callers: number;
}

/** A computation belongs to whoever began it; those who join it point to its span. */
export function tracedFlights<T>(parts: TraceParts, flights: Flights<T>): Flights<T> {
  // As many as there are flights under way, which have a ceiling.
  const underway = new Map<string, Flying>();
  const flown =
    (key: string, start: (aboard: Aboard) => Promise<T>) =>
    async (aboard: Aboard): Promise<T> => {
      const span = childOf(parts, 'compute', 'internal');
      const flying: Flying = { span, callers: 0 };
      underway.set(key, flying);
      let error: string | undefined;
      try {
        return await parts.current.run(span, () => start(aboard));
      } catch (thrown) {
        error = asFailure(thrown).code;
        throw thrown;
      } finally {
        if (underway.get(key) === flying) underway.delete(key);
        span.end({
          attributes: {
            'leyden.callers': flying.callers,
            'leyden.behind': aboard.behind,
            'error.type': error,
          },
          failed: error !== undefined,
        });
      }
    };
  return {
    join(key, start, caller) {
      const one = flights.join(key, flown(key, start), caller);
      const flying = underway.get(key);
      if (flying === undefined) return one;
      flying.callers += 1;
      const own = parts.current.getStore();
      if (one.joined && own !== undefined) {
        own.childMs ??= parts.spans.nowMs();
        if (flying.span.context.sampled) own.link(flying.span.context);
      }
      return one;
    },
    launch: (key, start) => flights.launch(key, flown(key, start)),
    stats: () => flights.stats(),
  };
}
