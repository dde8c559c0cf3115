/** Answers for later: a place for each caller who would not wait, until he has come back. */
import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { asFailure, type Failure } from '../errors.js';
import type { Answered, BoardedFlight, Outcome, RawHeaders } from '../message.js';
import { collect } from './collect.js';
import type { Entry } from './entry.js';
import { inPlainForm } from './forms.js';
import type { Rooms } from './rooms.js';

export interface AnswersOptions {
  readonly max: number;
  readonly bytesMax: number;
  /** How long an answer can be fetched once it is there. */
  readonly keepMs: number;
  /** The longest that a caller may want to wait before he is told where the answer will be. */
  readonly waitMaxMs: number;
}

/** Who asks; a place answers nobody else. For `anon` its name is the key to it. */
export interface Asker {
  readonly partition: string;
  readonly host: string;
}

export interface Promised extends Asker {
  readonly method: string;
  /** Path and query as they were asked for. */
  readonly target: string;
  /** The computation that is waited for now. */
  readonly flight: () => BoardedFlight;
}

/** A complete answer, as the caller would have got it. */
export interface Held {
  readonly outcome: Answered;
  readonly sinceMs: number;
}

export type Found =
  /** Never promised, over, or promised to somebody else: nobody learns which. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'computing'; readonly flight: BoardedFlight }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** Asked for again it is there; or it was lost here, and has to be. */
  | { readonly kind: 'ask-again'; readonly target: string }
  | { readonly kind: 'held'; readonly held: Held; readonly target: string | undefined }
  /** It was lost, and its address alone does not say what was asked. */
  | { readonly kind: 'lost' };

export interface Place {
  /** `<node>.<128 random bits>` */
  readonly name: string;
  /** Told once, when the computation has ended. */
  settle(outcome: Outcome): Promise<void>;
}

export interface Answers {
  readonly waitMaxMs: number;
  /** Undefined when there is no place. */
  open(promised: Promised): Place | undefined;
  find(name: string, asker: Asker): Found;
  /** Resolves when all that was promised has come, or with the number of those that have not. */
  whenAllCame(limitMs: number): Promise<number>;
  stats(): AnswersStats;
}

export interface AnswersStats {
  readonly open: number;
  readonly max: number;
  readonly bytes: number;
  readonly bytesMax: number;
  readonly refused: number;
  readonly notHeld: number;
}

type State =
  | { readonly kind: 'computing' }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'answered'; readonly held: Held | undefined; readonly stored?: Entry };

interface Kept {
  readonly promised: Promised;
  chargedBytes: number;
  state: State;
}

const NODE_BYTES = 6;
const ID_BYTES = 16;
const NAME = /^([A-Za-z0-9_-]{8})\.([A-Za-z0-9_-]{22})$/;
/** Map slots and the objects themselves. */
const OVERHEAD_BYTES = 600;
/** One answer takes at most this share of what all may take. */
const SHARE_MAX = 1 / 8;

const UNKNOWN: Found = { kind: 'unknown' };

function fieldBytes(headers: RawHeaders): number {
  let characters = 0;
  for (const text of headers) characters += text.length;
  return 2 * characters;
}

/** The stored answer that this outcome is, where asking again would give the very same. */
function storedBy(outcome: Answered): Entry | undefined {
  const isKept = outcome.kind !== 'bypass' && !('refused' in outcome && outcome.refused);
  return isKept && 'chargedBytes' in outcome.reply ? (outcome.reply as Entry) : undefined;
}

/** The address alone selects what GET and HEAD ask for; what has content needs it again. */
function isByAddress({ method }: Promised): boolean {
  return method === 'GET' || method === 'HEAD';
}

export function openAnswers(
  options: AnswersOptions,
  rooms: Pick<Rooms, 'clock' | 'store' | 'purges' | 'coder'>,
): Answers {
  const { max, bytesMax, keepMs } = options;
  const { clock } = rooms;
  const node = randomBytes(NODE_BYTES).toString('base64url');
  const byId = new Map<string, Kept>();
  const answerBytesMax = Math.floor(bytesMax * SHARE_MAX);
  let bytes = 0;
  let refused = 0;
  let notHeld = 0;
  let computing = 0;
  const awaited = new Set<() => void>();

  const charge = (kept: Kept, moreBytes: number): boolean => {
    if (bytes + moreBytes > bytesMax) return false;
    kept.chargedBytes += moreBytes;
    bytes += moreBytes;
    return true;
  };
  const release = (kept: Kept, fewerBytes = kept.chargedBytes): void => {
    kept.chargedBytes -= fewerBytes;
    bytes -= fewerBytes;
  };

  /** The bytes of a body that still streams; undefined when they are too many. */
  const drained = async (kept: Kept, body: Readable): Promise<Buffer | undefined> => {
    const roomBytes = Math.min(answerBytesMax, bytesMax - bytes);
    // Taken before the first byte comes: others who collect at the same time see less room.
    charge(kept, roomBytes);
    try {
      const collected = await collect(body, roomBytes);
      if (collected.kind === 'whole') return collected.body;
      collected.stream.destroy();
      return undefined;
    } finally {
      release(kept, roomBytes);
    }
  };

  const hold = async (kept: Kept, given: Answered): Promise<Held | undefined> => {
    const outcome = await inPlainForm(rooms, given);
    const { reply } = outcome;
    const isWhole = reply.body === undefined || Buffer.isBuffer(reply.body);
    const body = isWhole ? reply.body : await drained(kept, reply.body);
    const bodyBytes = Buffer.isBuffer(body) ? body.byteLength : 0;
    const isLost = (!isWhole && body === undefined) || bodyBytes > answerBytesMax;
    if (isLost || !charge(kept, bodyBytes + fieldBytes(reply.headers))) {
      notHeld += 1;
      return undefined;
    }
    const whole = isWhole ? outcome : { ...outcome, reply: { ...reply, body } };
    return { outcome: whole, sinceMs: clock.nowMs() };
  };

  const end = async (kept: Kept, outcome: Outcome): Promise<State> => {
    if (outcome.kind === 'failed') return { kind: 'failed', failure: outcome.failure };
    if (outcome.kind === 'no-route') return { kind: 'answered', held: undefined };
    try {
      const stored = storedBy(outcome);
      const held = await hold(kept, outcome);
      return { kind: 'answered', held, ...(stored === undefined ? {} : { stored }) };
    } catch (thrown) {
      return { kind: 'failed', failure: asFailure(thrown) };
    }
  };

  const look = ({ promised, state }: Kept): Found => {
    if (state.kind === 'computing') return { kind: 'computing', flight: promised.flight() };
    if (state.kind === 'failed') return state;
    const { held, stored } = state;
    const target = isByAddress(promised) ? promised.target : undefined;
    const again: Found = target === undefined ? { kind: 'lost' } : { kind: 'ask-again', target };
    if (stored !== undefined) {
      const there = rooms.store.peek(stored.key);
      // Purged, replaced or evicted: what the cache would not give, this place does not give.
      if (there?.epoch !== stored.epoch || there.storedAtMs !== stored.storedAtMs) return again;
      const standing = rooms.purges.judge(there);
      if (standing === 'deleted') return again;
      const isHit = standing === 'live' && clock.nowMs() < there.freshUntilMs;
      if (isHit && target !== undefined) return again;
    }
    return held === undefined ? again : { kind: 'held', held, target };
  };

  return {
    waitMaxMs: options.waitMaxMs,
    open(promised) {
      const kept: Kept = { promised, chargedBytes: 0, state: { kind: 'computing' } };
      if (byId.size >= max || !charge(kept, OVERHEAD_BYTES + 2 * promised.target.length)) {
        refused += 1;
        return undefined;
      }
      const id = randomBytes(ID_BYTES).toString('base64url');
      byId.set(id, kept);
      computing += 1;
      return {
        name: `${node}.${id}`,
        async settle(outcome) {
          kept.state = await end(kept, outcome);
          computing -= 1;
          if (computing === 0) for (const tell of [...awaited]) tell();
          clock.after(keepMs, () => {
            byId.delete(id);
            release(kept);
          });
        },
      };
    },
    find(name, { partition, host }) {
      const [, of, id = ''] = NAME.exec(name) ?? [];
      if (of === undefined) return UNKNOWN;
      if (of !== node) return { kind: 'elsewhere' };
      const kept = byId.get(id);
      if (kept?.promised.partition !== partition || kept.promised.host !== host) return UNKNOWN;
      return look(kept);
    },
    whenAllCame(limitMs) {
      return new Promise((resolve) => {
        const tell = (): void => {
          awaited.delete(tell);
          timer.cancel();
          resolve(computing);
        };
        const timer = clock.after(Math.max(0, limitMs), tell);
        awaited.add(tell);
        if (computing === 0) tell();
      });
    },
    stats: () => ({ open: byId.size, max, bytes, bytesMax, refused, notHeld }),
  };
}
