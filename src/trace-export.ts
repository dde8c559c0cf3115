/** Export: ended spans in OpenTelemetry's words, as JSON over HTTP; loaded only when it is on. */
import { SpanKind, SpanStatusCode, TraceFlags, type HrTime } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { TraceContext } from './trace-context.js';
import type { SpanExporter } from './trace-queue.js';
import type { Attributes, SpanRecord } from './trace-spans.js';

export interface ExportOptions {
  /** The whole address, with its path. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly version: string;
  readonly timeoutMs: number;
}

const kinds = {
  server: SpanKind.SERVER,
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
} as const;

function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

function spanContext({ traceId, spanId, sampled }: TraceContext) {
  return { traceId, spanId, traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE };
}

function known(attributes: Attributes): Record<string, string | number | boolean> {
  const entries = Object.entries(attributes).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(entries);
}

type Whose = Pick<ReadableSpan, 'resource' | 'instrumentationScope'>;

function readable(span: SpanRecord, whose: Whose): ReadableSpan {
  const { context, parentId, startMs, endMs } = span;
  const own = spanContext(context);
  return {
    ...whose,
    name: span.name,
    kind: kinds[span.kind],
    spanContext: () => own,
    ...(parentId === undefined ? {} : { parentSpanContext: { ...own, spanId: parentId } }),
    startTime: hrTime(startMs),
    endTime: hrTime(endMs),
    duration: hrTime(endMs - startMs),
    status: { code: span.failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: known(span.attributes),
    links: span.links.map((link) => ({ context: spanContext(link) })),
    events: span.events.map(({ name, atMs, attributes }) => ({
      ...{ name, time: hrTime(atMs), attributes: known(attributes) },
    })),
    ended: true,
    ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
  };
}

export function openExporter(options: ExportOptions): SpanExporter {
  const { url, headers, serviceName, version, timeoutMs: timeoutMillis } = options;
  const httpAgentOptions = { keepAlive: true, maxSockets: 1 };
  const exporter = new OTLPTraceExporter({ url, headers, timeoutMillis, httpAgentOptions });
  const whose: Whose = {
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.version': version }),
    instrumentationScope: { name: 'leyden', version },
  };
  return {
    send: (batch) =>
      new Promise((resolve, reject) => {
        const spans = batch.map((span) => readable(span, whose));
        exporter.export(spans, ({ error }) => {
          if (error === undefined) resolve();
          else reject(error);
        });
      }),
    close() {
      exporter.shutdown().catch(() => undefined);
    },
  };
}
