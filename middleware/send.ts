/** Writes a presented answer to the client, at the client's own pace. */
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Presented } from '../src/cache/present.js';

/**
 * A body that breaks off breaks the client's connection too: it must never look like a clean end.
 */
function stream(body: Readable, res: ServerResponse): void {
  body.on('data', (chunk: Buffer) => {
    if (!res.write(chunk)) body.pause();
  });
  res.on('drain', () => {
    body.resume();
  });
  body.once('end', () => {
    res.end();
  });
  body.once('error', () => {
    res.destroy();
  });
  // Who leaves early lets go of the upstream's connection as well.
  res.once('close', () => {
    body.destroy();
  });
}

export function send(res: ServerResponse, method: string, answer: Presented): void {
  const { status, headers, body } = answer;
  res.writeHead(status, headers);
  if (body === undefined || Buffer.isBuffer(body) || method === 'HEAD') {
    if (body !== undefined && !Buffer.isBuffer(body)) body.destroy();
    res.end(body === undefined || method === 'HEAD' ? undefined : body);
    return;
  }
  stream(body, res);
}
