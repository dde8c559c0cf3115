/** The owner echo: an upstream repeats whose answer it computes, so that a mix-up is caught. */
import { Failure } from '../errors.js';
import type { RawHeaders, UpstreamRequest } from '../message.js';
import type { UpstreamReply } from './exchange.js';
import { eachField } from './hop.js';

/** Sent with each question, and expected in its answer word for word. */
const FIELD = 'X-Owner-Tag';
const NAME = FIELD.toLowerCase();

function without(headers: RawHeaders): string[] {
  const kept: string[] = [];
  eachField(headers, (name, value, at) => {
    if (name !== NAME) kept.push(headers[at] ?? '', value);
  });
  return kept;
}

function tagsIn(headers: RawHeaders): string[] {
  const tags: string[] = [];
  eachField(headers, (name, value) => {
    if (name === NAME) tags.push(value);
  });
  return tags;
}

/** What the upstream goes by: the credential that is sent to it, which is the keyed one. */
export function authorizationIn(headers: RawHeaders): string | undefined {
  let found: string | undefined;
  eachField(headers, (name, value) => {
    if (name === 'authorization') found ??= value;
  });
  return found;
}

/** The question with our tag; one that a caller sent means nothing. */
export function tagged(request: UpstreamRequest, owner: string): UpstreamRequest {
  return { ...request, headers: [...without(request.headers), FIELD, owner] };
}

/** The answer without its tag, or a failure where the tag is missing or somebody else's. */
export function checked(reply: UpstreamReply, owner: string): UpstreamReply {
  const tags = tagsIn(reply.headers);
  if (tags.length === 1 && tags[0] === owner) return { ...reply, headers: without(reply.headers) };
  if (reply.body !== undefined && !Buffer.isBuffer(reply.body)) reply.body.destroy();
  throw new Failure('owner');
}
