/** A real receiver of OTLP over HTTP that keeps what it was sent, byte by byte and span by span. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bytesOf, until } from './waiting.js';

interface Pair {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface Sent {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: number };
  readonly attributes: readonly Pair[];
  readonly events: readonly { readonly name: string; readonly attributes: readonly Pair[] }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

interface Envelope {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Pair[] };
    readonly scopeSpans: readonly { readonly spans: readonly Sent[] }[];
  }[];
}

type Values = Readonly<Record<string, unknown>>;

export interface ReceivedSpan extends Omit<Sent, 'attributes' | 'events'> {
  readonly attributes: Values;
  readonly events: readonly { readonly name: string; readonly attributes: Values }[];
}

export interface Collector {
  readonly url: string;
  readonly port: number;
  /** Everything that was sent, as it was sent. */
  readonly bodies: string[];
  readonly paths: string[];
  readonly headers: IncomingHttpHeaders[];
  readonly resources: Values[];
  spans(): readonly ReceivedSpan[];
  /** Waits until so many spans have come. */
  received(count: number): Promise<readonly ReceivedSpan[]>;
  /** What it answers from now on. */
  answer(status: number): void;
  close(): Promise<void>;
}

function valuesOf(pairs: readonly Pair[]): Values {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]));
}

function readable(span: Sent): ReceivedSpan {
  const events = span.events.map(({ name, attributes }) => ({
    ...{ name, attributes: valuesOf(attributes) },
  }));
  return { ...span, attributes: valuesOf(span.attributes), events };
}

export async function openCollector(port = 0): Promise<Collector> {
  const bodies: string[] = [];
  const paths: string[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const resources: Values[] = [];
  const spans: ReceivedSpan[] = [];
  let status = 200;
  const server = createServer((req, res) => {
    void bytesOf(req).then((bytes) => {
      const text = bytes.toString();
      bodies.push(text);
      paths.push(req.url ?? '');
      headers.push(req.headers);
      if (status === 200) {
        for (const { resource, scopeSpans } of (JSON.parse(text) as Envelope).resourceSpans) {
          resources.push(valuesOf(resource.attributes));
          spans.push(...scopeSpans.flatMap((scope) => scope.spans.map(readable)));
        }
      }
      res.writeHead(status, { 'Content-Type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  return {
    ...{ bodies, paths, headers, resources, port: address.port },
    url: `http://127.0.0.1:${address.port}`,
    spans: () => spans,
    async received(count) {
      await until(() => spans.length >= count);
      return spans;
    },
    answer(next) {
      status = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
