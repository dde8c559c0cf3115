/** The content of a request, read whole where it is part of the key. */
import { Failure } from '../errors.js';
import type { GatewayRequest } from '../message.js';
import { collect } from './collect.js';

/** What is larger stays a body that streams, and its request goes past the cache. */
export async function withContent(
  request: GatewayRequest,
  bytesMax: number,
): Promise<GatewayRequest> {
  const { body, ...rest } = request;
  // A body that breaks off has taken its caller along.
  const collected = await collect(body, bytesMax).catch((cause: unknown) => {
    throw new Failure('abandoned', { cause });
  });
  if (collected.kind === 'over') return { ...rest, body: collected.stream };
  return { ...rest, body: undefined, content: collected.body };
}
