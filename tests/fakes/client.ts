/** A plain HTTP client that shows the answer as it came: raw fields, whole or broken body. */
import { Agent, request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { bytesOf } from './waiting.js';

export interface ClientAnswer {
  readonly status: number;
  readonly rawHeaders: readonly string[];
  /** Lower-case names; the last line of a name wins. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders | readonly string[];
  readonly body?: string | Buffer;
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
}

/** Node frames the body of no method that usually has none, so the length is always said. */
function withLength(headers: Ask['headers'], body: Ask['body']): OutgoingHttpHeaders {
  // An array is sent as it is: names in their spelling, order and number.
  if (Array.isArray(headers)) return headers as unknown as OutgoingHttpHeaders;
  const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
  return { ...(headers as OutgoingHttpHeaders), ...length };
}

/** Resolves with the head; its body is still on the way. */
export function head(port: number, path: string, ask: Ask = {}): Promise<IncomingMessage> {
  const { method = 'GET', headers = {}, body, agent, signal } = ask;
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...{ port, path, method, agent: agent ?? false },
        host: '127.0.0.1',
        headers: withLength(headers, body),
        ...(signal === undefined ? {} : { signal }),
      },
      resolve,
    );
    sent.once('error', reject);
    sent.end(body);
  });
}

/** Rejects when the connection breaks before the answer is whole. */
export async function ask(port: number, path: string, more: Ask = {}): Promise<ClientAnswer> {
  const answer = await head(port, path, more);
  const body = (await bytesOf(answer)).toString('latin1');
  const headers: Record<string, string> = {};
  for (let at = 0; at < answer.rawHeaders.length; at += 2) {
    headers[(answer.rawHeaders[at] ?? '').toLowerCase()] = answer.rawHeaders[at + 1] ?? '';
  }
  return { status: answer.statusCode ?? 0, rawHeaders: answer.rawHeaders, headers, body };
}

/** Many at once over connections that are kept. */
export function keptAgent(maxSockets: number): Agent {
  return new Agent({ keepAlive: true, maxSockets });
}
