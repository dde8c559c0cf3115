/** Request ids: the caller's own when it is harmless, else one of ours. */
import { randomBytes } from 'node:crypto';
import type { RawHeaders } from '../message.js';

export interface RequestIds {
  next(): string;
  /** The id that the caller sent, if it sent exactly one and it is harmless; else a new one. */
  of(headers: RawHeaders): string;
}

/** Nothing that a log line, a header field or a terminal could read as more than text. */
const harmless = /^[A-Za-z0-9._-]{1,64}$/;
const NAME = 'x-request-id';

/** A random start for each process and a count: two never meet, and an id costs little. */
export function requestIds(prefix: string = randomBytes(16).toString('base64url')): RequestIds {
  let count = 0;
  const next = (): string => {
    count += 1;
    return `${prefix}.${count.toString(36)}`;
  };
  return {
    next,
    of(headers) {
      let found: string | undefined;
      for (let at = 0; at < headers.length; at += 2) {
        const name = headers[at] ?? '';
        if (name.length !== NAME.length || name.toLowerCase() !== NAME) continue;
        if (found !== undefined) return next();
        found = headers[at + 1] ?? '';
      }
      return found !== undefined && harmless.test(found) ? found : next();
    },
  };
}
