/** The fast lane: answers a fresh hit before Express wakes up, never before `admit` has spoken. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Aliases } from '../cache/aliases.js';
import type { Entry } from '../cache/entry.js';
import { freshEntry } from '../cache/flying.js';
import { formForTag } from '../cache/form.js';
import { formNow } from '../cache/forms.js';
import { present } from '../cache/present.js';
import type { Rooms } from '../cache/rooms.js';
import { hit } from '../cache/outcomes.js';
import { countHit } from '../cache/tally.js';
import type { Outcome, Tier } from '../message.js';
import { sameName } from '../policy/headers.js';
import type { Admitted } from './gate.js';
import { openSecondLane, type Leave, type Passing } from './lane-second.js';

/** Whose slot this request reads: identity's word, given at once and without waiting. */
export type Admit = (admitted: Admitted) => string;

export interface LaneOptions {
  readonly rooms: Rooms;
  readonly aliases: Aliases;
  readonly admit: Admit;
  readonly idOf: (rawHeaders: readonly string[]) => string;
  /** One answered request, for the access line. */
  readonly tell: (request: LaneRequest, outcome: Outcome & { kind: 'hit' | 'failed' }) => void;
  /** Handles a request that the lane took, and found nothing for in the second tier. */
  readonly leave: Leave;
}

export interface LaneRequest {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly peer: string;
  readonly status: number;
  readonly tookMs: number;
  readonly rawHeaders: readonly string[];
  /** True when nobody was there any more. */
  readonly cut?: boolean;
}

export type Lane = (req: IncomingMessage, res: ServerResponse, admitted: Admitted) => boolean;

const LEFT_TO_THE_SLOW_PATH = [
  'cookie',
  'prefer',
  'range',
  'if-match',
  'if-modified-since',
  'if-unmodified-since',
];

/**
 * Fields that the lane leaves to the slow path, by their length so that most cost one comparison.
 */
function slowNames(credentials: ReadonlySet<string>): ReadonlyMap<number, readonly string[]> {
  const names = [...LEFT_TO_THE_SLOW_PATH, ...credentials];
  const byLength = new Map<number, string[]>();
  for (const name of names) {
    if (name === 'authorization') continue;
    byLength.set(name.length, [...(byLength.get(name.length) ?? []), name]);
  }
  return byLength;
}

/**
 * Node writes a head and a Buffer as two pieces, but a head and a string as one: for a small body
 * that saves more than making the string costs. Latin-1 maps each byte to itself.
 */
const SMALL_BODY_BYTES = 4096;
const IF_NONE_MATCH = 'if-none-match';
const UNDECIDED = Symbol('undecided');

/** The one If-None-Match value, none, or a request that the lane does not decide. */
function openScan(rooms: Rooms) {
  let credentials = rooms.credentials;
  let slow = slowNames(credentials);
  return (headers: readonly string[]): string | undefined | typeof UNDECIDED => {
    if (rooms.credentials !== credentials) {
      credentials = rooms.credentials;
      slow = slowNames(credentials);
    }
    let ifNoneMatch: string | undefined;
    for (let at = 0; at < headers.length; at += 2) {
      const name = headers[at] ?? '';
      const suspects = slow.get(name.length);
      if (suspects?.some((suspect) => sameName(name, suspect)) === true) return UNDECIDED;
      if (name.length !== IF_NONE_MATCH.length || !sameName(name, IF_NONE_MATCH)) continue;
      if (ifNoneMatch !== undefined) return UNDECIDED;
      ifNoneMatch = headers[at + 1];
    }
    return ifNoneMatch;
  };
}

export function openLane(options: LaneOptions): Lane {
  const { rooms, aliases, admit, idOf, tell } = options;
  const scan = openScan(rooms);

  /** Most answers have one form: then nobody looks at what the caller takes. */
  const formAtOnce = (entry: Entry, method: string, headers: readonly string[]) =>
    entry.coded === undefined ? entry : formNow(rooms, entry, method, headers);

  /** False where the answer must be opened for this caller first. */
  const answer = (passing: Passing, entry: Entry, nowMs: number, tier: Tier): boolean => {
    const { req, res, admitted, startedMs, alias, ifNoneMatch } = passing;
    const { method, path } = admitted;
    const { rawHeaders } = req;
    const form = formAtOnce(entry, method, rawHeaders);
    if (form === undefined) return false;

    const { id = idOf(rawHeaders) } = passing;
    const outcome = hit(entry, nowMs, form, tier);
    const { status, headers, body } = present(outcome, formForTag(form, ifNoneMatch), id);
    res.writeHead(status, headers);
    if (method === 'HEAD' || !Buffer.isBuffer(body)) res.end();
    else if (body.byteLength > SMALL_BODY_BYTES) res.end(body);
    else res.end(body.toString('latin1'), 'latin1');
    const tookMs = rooms.clock.nowMs() - startedMs;
    countHit(alias.tally, outcome, tookMs);
    if (entry.negative) alias.tally.negative += 1;
    if (status >= 500) alias.tally.errors += 1;
    const peer = req.socket.remoteAddress ?? '';
    tell({ id, method, path, peer, status, tookMs, rawHeaders }, outcome);
    return true;
  };
  const askSecond = openSecondLane(options, answer);

  return (req, res, admitted) => {
    const { method } = admitted;
    if ((method !== 'GET' && method !== 'HEAD') || admitted.hasBody) return false;
    const startedMs = rooms.clock.nowMs();
    const partition = admit(admitted);
    const alias = aliases.get(partition, admitted.host, req.url ?? '');
    if (alias === undefined) return false;
    const ifNoneMatch = scan(req.rawHeaders);
    if (ifNoneMatch === UNDECIDED) return false;
    const entry = freshEntry(rooms, alias.key, alias.partition, startedMs);
    const passing = { req, res, admitted, startedMs, alias, ifNoneMatch, id: undefined };
    if (entry === undefined) return askSecond(passing, partition);
    return answer(passing, entry, startedMs, 'l1');
  };
}
