/** The content of a request, read whole where it is part of the key. */
import type { GatewayRequest } from '../message.js';
import { collect } from './collect.js';

/** What is larger stays a body that streams, and its request goes past the cache. */
export async function withContent(
  request: GatewayRequest,
  bytesMax: number,
): Promise<GatewayRequest> {
  const { body, ...rest } = request;
  const collected = await collect(body, bytesMax);
  if (collected.kind === 'over') return { ...rest, body: collected.stream };
  return { ...rest, body: undefined, content: collected.body };
}
