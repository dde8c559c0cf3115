/** The fast lane: answers a fresh hit before Express wakes up, never before `admit` has spoken. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Aliases } from '../cache/aliases.js';
import { freshEntry } from '../cache/flying.js';
import type { Entry } from '../cache/entry.js';
import { formForTag } from '../cache/form.js';
import { formNow } from '../cache/forms.js';
import { present } from '../cache/present.js';
import type { Rooms } from '../cache/rooms.js';
import { hit } from '../cache/outcomes.js';
import { countHit } from '../cache/tally.js';
import type { Outcome } from '../message.js';
import { sameName } from '../policy/headers.js';
import type { Admitted } from './gate.js';

/** Whose slot this request reads: identity's word, given at once and without waiting. */
export type Admit = (admitted: Admitted) => string;

export interface LaneOptions {
  readonly rooms: Rooms;
  readonly aliases: Aliases;
  readonly admit: Admit;
  readonly idOf: (rawHeaders: readonly string[]) => string;
  /** One answered request, for the access line. */
  readonly tell: (request: LaneRequest, outcome: Outcome & { kind: 'hit' }) => void;
}

export interface LaneRequest {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly peer: string;
  readonly status: number;
  readonly tookMs: number;
  readonly rawHeaders: readonly string[];
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

export function openLane(options: LaneOptions): Lane {
  const { rooms, aliases, admit, idOf, tell } = options;
  let credentials = rooms.credentials;
  let slow = slowNames(credentials);

  /** The one If-None-Match value, none, or a request that the lane does not decide. */
  const scan = (headers: readonly string[]): string | undefined | typeof UNDECIDED => {
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

  /** Most answers have one form: then nobody looks at what the caller takes. */
  const formAtOnce = (entry: Entry, method: string, headers: readonly string[]) =>
    entry.coded === undefined ? entry : formNow(rooms, entry, method, headers);

  return (req, res, admitted) => {
    const { method } = admitted;
    if ((method !== 'GET' && method !== 'HEAD') || admitted.hasBody) return false;
    const startedMs = rooms.clock.nowMs();
    const partition = admit(admitted);
    const alias = aliases.get(partition, admitted.host, req.url ?? '');
    if (alias === undefined) return false;
    if (rooms.credentials !== credentials) {
      credentials = rooms.credentials;
      slow = slowNames(credentials);
    }
    const ifNoneMatch = scan(req.rawHeaders);
    if (ifNoneMatch === UNDECIDED) return false;
    const entry = freshEntry(rooms, alias.key, alias.partition, startedMs);
    if (entry === undefined) return false;
    const form = formAtOnce(entry, method, req.rawHeaders);
    if (form === undefined) return false;

    const id = idOf(req.rawHeaders);
    const outcome = hit(entry, startedMs, form);
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
    const { rawHeaders } = req;
    tell({ id, method, path: admitted.path, peer, status, tookMs, rawHeaders }, outcome);
    return true;
  };
}
