/** As much of `fetch` as the suite's client uses, but every field goes out as it was given. */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';

/** Longer than anything in the suite takes; nothing may hang for ever. */
const ANSWER_MS_MAX = 20_000;

export interface FetchInit {
  readonly method?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
}

export interface FetchAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  text(): Promise<string>;
}

function pairsOf(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) pairs.push([raw[at] ?? '', raw[at + 1] ?? '']);
  return pairs;
}

/**
 * Node's own `fetch` will not do: by its standard it adds fields of its own (Accept, User-Agent,
 * Cache-Control beside a condition), and it follows redirects.
 */
export function plainFetch(url: string, init: FetchInit = {}): Promise<FetchAnswer> {
  const fields = (init.headers ?? []).map(([name, value]): [string, string] => [name, value]);
  const length =
    init.body === undefined ? [] : ['Content-Length', `${Buffer.byteLength(init.body)}`];
  const { host } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: init.method ?? 'GET',
        // A list is sent as it is: order, case and repeats.
        headers: ['Host', host, ...fields.flat().map(String), ...length, 'Connection', 'close'],
        agent: false,
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      },
      (incoming) => {
        // Read at once: an answer whose body nobody wants must not keep its socket.
        const body = text(incoming);
        body.catch(() => undefined);
        resolve({
          status: incoming.statusCode ?? 0,
          statusText: incoming.statusMessage ?? '',
          headers: new Headers(pairsOf(incoming.rawHeaders)),
          text: () => body,
        });
      },
    );
    outgoing.once('error', reject);
    outgoing.end(init.body);
  });
}
