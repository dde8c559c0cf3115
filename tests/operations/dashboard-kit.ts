/** Reads the dashboard's stream line by line, as its page does. */
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { createInterface } from 'node:readline';
import { head } from '../fakes/client.js';

export interface Line {
  readonly answers: Readonly<Record<'level' | 'health' | 'slow', string>>;
  readonly cache: Readonly<Record<'hits' | 'misses' | 'total_requests', number>>;
  readonly routes: { readonly list: readonly Readonly<Record<string, unknown>>[] };
  readonly alerts: readonly Readonly<Record<string, unknown>>[];
  readonly watchers: { readonly open: number; readonly max: number };
  readonly operator?: {
    readonly flights: { readonly list: readonly Readonly<Record<string, unknown>>[] };
    readonly top: readonly Readonly<Record<string, unknown>>[];
    readonly orders: readonly Readonly<Record<string, unknown>>[];
  };
}

export interface Watched {
  readonly answer: IncomingMessage;
  /** The next line; undefined when the stream has ended. */
  next(): Promise<Line | undefined>;
  /** Reads on until a line is as it should be. */
  until(wanted: (line: Line) => boolean): Promise<Line>;
  leave(): void;
}

export async function watchStream(
  port: number,
  path: string,
  headers: OutgoingHttpHeaders = {},
): Promise<Watched> {
  const answer = await head(port, path, { headers });
  const lines = createInterface({ input: answer })[Symbol.asyncIterator]();
  const next = async (): Promise<Line | undefined> => {
    const one = await lines.next();
    return one.done === true ? undefined : (JSON.parse(one.value) as Line);
  };
  return {
    answer,
    next,
    async until(wanted) {
      for (;;) {
        const line = await next();
        if (line === undefined) throw new Error('The stream ended before that line came.');
        if (wanted(line)) return line;
      }
    },
    leave() {
      answer.destroy();
    },
  };
}
