/** A response of ours for a handler of somebody's app: Node's own, over a socket that is memory. */
import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Sink } from './detached-sink.js';

export function detachedResponse(
  req: IncomingMessage,
  sink: Sink,
  prototype: object,
): ServerResponse {
  const res = new ServerResponse(req);
  Object.setPrototypeOf(res, prototype);
  // The parts of a socket that messages use are there; the type asks for all of them.
  res.assignSocket(sink as unknown as Socket);
  Object.assign(res, { locals: Object.create(null) as object });
  // Node's server tells a response when its socket has room again; here there is no server.
  Object.defineProperty(res, 'writableNeedDrain', {
    get: () => sink.writableNeedDrain && !res.writableEnded,
  });
  sink.on('drain', () => {
    if (!res.writableEnded) res.emit('drain');
  });
  return res;
}
