/** Rewrites for Redis replies: one is lost, two are swapped, one says something else. */
import type { Rewrite } from './faults.js';

const CARRIAGE_RETURN_LINE_FEED = '\r\n';
/** Types that have a length in bytes and then a body; types that have a number of elements. */
const WITH_BODY = '$=!';
const WITH_ELEMENTS = '*~>%|';

/** The first reply that fits never comes. */
export function loseReply(fits: (reply: string) => boolean): Rewrite {
  return onceFor(fits, () => []);
}

/** The first reply that fits says this instead, such as `-READONLY ...\r\n`. */
export function replaceReply(fits: (reply: string) => boolean, by: string): Rewrite {
  return onceFor(fits, () => [Buffer.from(by)]);
}

/** The first reply that fits comes after the one that follows it. */
export function swapReplies(fits: (reply: string) => boolean): Rewrite {
  let held: Buffer | undefined;
  let isDone = false;
  return (chunk) =>
    splitReplies(chunk).flatMap((reply) => {
      if (held !== undefined) {
        const pair = [reply, held];
        held = undefined;
        return pair;
      }
      if (isDone || !fits(reply.toString('latin1'))) return [reply];
      isDone = true;
      held = reply;
      return [];
    });
}

export const disorders = [
  'lost', // it never comes
  'doubled', // it comes twice
  'swapped', // it comes after the next one that fits, in its place
  'repeated', // the one before it comes in its place
] as const;
export type Disorder = (typeof disorders)[number];

/** Again and again, as the dice fall, one of the replies that fit is not where it belongs. */
export function disorderReplies(
  disorder: Disorder,
  fits: (reply: string) => boolean,
  strikes: () => boolean,
): Rewrite {
  let last: Buffer | undefined;
  let held: Buffer | undefined;
  const strike = (reply: Buffer): Buffer[] => {
    const before = last;
    last = reply;
    if (held !== undefined) {
      const pair = [reply, held];
      held = undefined;
      return pair;
    }
    if (!strikes()) return [reply];
    switch (disorder) {
      case 'lost':
        return [];
      case 'doubled':
        return [reply, reply];
      case 'repeated':
        return [before ?? reply];
      case 'swapped':
        held = reply;
        return [];
    }
  };
  return (chunk) =>
    splitReplies(chunk).flatMap((reply) =>
      fits(reply.toString('latin1')) ? strike(reply) : [reply],
    );
}

function onceFor(fits: (reply: string) => boolean, act: (reply: Buffer) => Buffer[]): Rewrite {
  let isDone = false;
  return (chunk) =>
    splitReplies(chunk).flatMap((reply) => {
      if (isDone || !fits(reply.toString('latin1'))) return [reply];
      isDone = true;
      return act(reply);
    });
}

/** The replies in a chunk; one that goes on in the next chunk stays as it is, in pieces. */
export function splitReplies(chunk: Buffer): Buffer[] {
  const text = chunk.toString('latin1');
  const replies: Buffer[] = [];
  for (let at = 0; at < text.length;) {
    const end = Math.min(replyEnd(text, at), text.length);
    replies.push(chunk.subarray(at, end));
    at = end;
  }
  return replies;
}

/** Where the reply that begins at `start` ends; beyond the text when it goes on. */
function replyEnd(text: string, start: number): number {
  const lineEnd = text.indexOf(CARRIAGE_RETURN_LINE_FEED, start);
  if (lineEnd < 0) return text.length;
  const type = text.charAt(start);
  const length = Number(text.slice(start + 1, lineEnd));
  let at = lineEnd + CARRIAGE_RETURN_LINE_FEED.length;
  if (WITH_BODY.includes(type) && length >= 0) at += length + CARRIAGE_RETURN_LINE_FEED.length;
  if (WITH_ELEMENTS.includes(type)) {
    const elements = type === '%' || type === '|' ? 2 * length : length;
    for (let seen = 0; seen < elements && at < text.length; seen++) at = replyEnd(text, at);
  }
  return at;
}
