/** How a refusal is answered: one problem document and `Connection: close`, whoever writes it. */
import { STATUS_CODES, type ServerResponse } from 'node:http';
import { httpDate, type Clock } from '../clock.js';
import { Failure, failures, problemJson, type FailureCode } from '../errors.js';

interface Prebuilt {
  readonly status: number;
  readonly headers: string[];
  readonly body: Buffer;
}

export interface Refuser {
  /** Answers in the order of the socket's requests, as any other answer. */
  answer(response: ServerResponse, code: FailureCode): void;
  /** The whole answer, for a request that never became one. */
  bytes(code: FailureCode): Buffer;
}

function prebuild(code: FailureCode, allow: string): Prebuilt {
  const body = Buffer.from(problemJson(new Failure(code)));
  return {
    status: failures[code].status,
    headers: [
      ...['Content-Type', 'application/problem+json'],
      ...['Content-Length', String(body.length)],
      ...['Cache-Control', 'no-store'],
      ...['X-Content-Type-Options', 'nosniff'],
      ...(code === 'method_refused' ? ['Allow', allow] : []),
      ...['Connection', 'close'],
    ],
    body,
  };
}

export function createRefuser(allow: string, clock: Clock): Refuser {
  const known = new Map<FailureCode, Prebuilt>();
  const refusalOf = (code: FailureCode): Prebuilt => {
    let refusal = known.get(code);
    if (refusal === undefined) known.set(code, (refusal = prebuild(code, allow)));
    return refusal;
  };
  return {
    answer(response, code) {
      const { status, headers, body } = refusalOf(code);
      response.shouldKeepAlive = false;
      response.writeHead(status, headers);
      response.end(body);
    },
    bytes(code) {
      const { status, headers, body } = refusalOf(code);
      let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
      head += `Date: ${httpDate(clock.wallMs())}\r\n`;
      for (let at = 0; at < headers.length; at += 2) {
        head += `${headers[at] ?? ''}: ${headers[at + 1] ?? ''}\r\n`;
      }
      return Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), body]);
    },
  };
}
