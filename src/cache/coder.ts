/** The coder: keeps bodies coded where that pays, and opens them for whoever takes them plain. */
import { gunzip, gunzipSync, gzip } from 'node:zlib';
import { promisify } from 'node:util';
import { describeThrown, Failure } from '../errors.js';
import type { RawHeaders } from '../message.js';
import { CODED_SHARE_MAX, formFor, type PlainReason } from '../policy/coding.js';
import { openAcceptsMemo } from './accepts-memo.js';
import { codedEntry, plainEntry, type Coded } from './coding.js';
import type { Entry } from './entry.js';
import { ownBytes } from './own-bytes.js';
import { openPlainForms } from './plain-forms.js';
import type { Rooms } from './rooms.js';
import { countOne } from './tally.js';
import { openTurns } from './turns.js';

/** Why a body that was looked at is kept as it came. */
export type CodingRefusal =
  | PlainReason
  | 'busy' // too many wait for it
  | 'gone' // it was purged, replaced or evicted meanwhile
  | 'failed'; // zlib would not

export interface CoderOptions {
  readonly on: boolean;
  /** Answers that may wait to be coded, and as many to be opened. */
  readonly waitingMax: number;
  /** Bytes of plain forms that are kept beside coded answers. */
  readonly plainBytesMax: number;
}

export interface CoderStats {
  readonly coded: number;
  readonly refused: ReadonlyMap<CodingRefusal, number>;
  readonly waiting: number;
  readonly waitingMax: number;
  readonly opened: number;
  readonly opening: number;
  readonly openingMax: number;
  readonly openingRefused: number;
  readonly damaged: number;
  readonly plainBytes: number;
  readonly plainBytesMax: number;
}

export interface Coder {
  /** An answer has been stored for a caller who sent these fields. */
  stored(entry: Entry, old: Entry | undefined, asker: RawHeaders): void;
  /** The form that this request gets, where that needs no waiting. */
  atOnce(entry: Entry, method: string, headers: RawHeaders): Entry | undefined;
  /** The plain form of a coded answer. */
  open(entry: Entry, coded: Coded): Promise<Entry>;
  /** It is no longer stored. */
  left(entry: Entry): void;
  apply(options: Pick<CoderOptions, 'on' | 'plainBytesMax'>): void;
  stats(): CoderStats;
}

/** Of what took less, most is asked for once; it is coded when somebody comes again. */
const EAGER_COST_MS = 50;
/** From this part of the budget on, memory is short. */
const SHORT_SHARE = 0.75;
/** One thread that shrinks leaves the others to whatever else the program does. */
const CODING_MAX = 1;
const OPENING_MAX = 2;
/** Opening this much here takes less than handing it to a thread and back. */
const HERE_BYTES_MAX = 32 * 1024;
/** What zlib writes into at once; the smallest that it takes. */
const CHUNK_BYTES_MIN = 64;
const RETRY_AFTER_S = 1;
const NO_BODY = Buffer.alloc(0);

const gzipped = promisify(gzip);
const gunzipped = promisify(gunzip) as (
  body: Buffer,
  options: { readonly maxOutputLength: number; readonly chunkSize: number },
) => Promise<Buffer>;

/** Never more than was noted when it was coded, whatever the bytes say. */
function limits({ bytes }: Coded) {
  // One byte more, or zlib takes a second piece to find out that nothing is left.
  return { maxOutputLength: bytes, chunkSize: Math.max(CHUNK_BYTES_MIN, bytes + 1) };
}

type CoderRooms = Pick<Rooms, 'store' | 'purges' | 'log'>;

export function openCoder(rooms: CoderRooms, options: CoderOptions): Coder {
  const { store, purges, log } = rooms;
  const coding = openTurns(CODING_MAX, options.waitingMax);
  const opening = openTurns(OPENING_MAX, options.waitingMax);
  const plains = openPlainForms(options.plainBytesMax);
  const acceptsOf = openAcceptsMemo();
  const refused = new Map<CodingRefusal, number>();
  const underway = new WeakMap<Coded, Promise<Entry>>();
  let { on } = options;
  let coded = 0;
  let opened = 0;
  let openingRefused = 0;
  let damaged = 0;

  const isThere = (entry: Entry): boolean =>
    store.peek(entry.key) === entry && purges.judge(entry) !== 'deleted';
  const settle = (entry: Entry, why: CodingRefusal): void => {
    entry.coded = undefined;
    if (why === 'saves-little') entry.plainFor = why;
    countOne(refused, why);
  };
  /*
   * 1. An answer is stored, and its body is on the way through zlib.
   * 2. A purge takes it, or a newer answer takes its place.
   * 3. The coded body arrives: only where the very same answer still lies, it takes its place.
   */
  const code = async (entry: Entry): Promise<void> => {
    if (!isThere(entry)) {
      settle(entry, 'gone');
      return;
    }
    const body = ownBytes(await gzipped(entry.body));
    if (body.byteLength > entry.body.byteLength * CODED_SHARE_MAX) settle(entry, 'saves-little');
    else if (!isThere(entry)) settle(entry, 'gone');
    else {
      const recoded = codedEntry(entry, body);
      if (!store.recode(entry, recoded)) {
        settle(entry, 'gone');
        return;
      }
      entry.movedTo = recoded;
      // What becomes of it is settled where it lies now.
      entry.behind = undefined;
      coded += 1;
    }
  };
  const want = (entry: Entry): void => {
    if (!on || entry.coded !== 'open') return;
    const turn = coding.take();
    if (turn === undefined) {
      countOne(refused, 'busy');
      return;
    }
    entry.coded = 'queued';
    turn
      .run(() => code(entry))
      .catch((thrown: unknown) => {
        settle(entry, 'failed');
        log.error('coding_failed', describeThrown(thrown));
      });
  };
  const isShort = (): boolean => {
    const { bytes, bytesMax } = store.stats();
    return bytes > bytesMax * SHORT_SHARE;
  };

  const opens = async (entry: Entry, form: Coded): Promise<Entry> => {
    try {
      const isSmall = form.bytes <= HERE_BYTES_MAX;
      const turn = isSmall ? undefined : opening.take();
      if (!isSmall && turn === undefined) {
        openingRefused += 1;
        throw new Failure('busy', { retryAfterS: RETRY_AFTER_S });
      }
      const bytes =
        turn === undefined
          ? gunzipSync(entry.body, limits(form))
          : await turn.run(() => gunzipped(entry.body, limits(form)));
      if (bytes.byteLength !== form.bytes) throw new Error('It is not what was coded.');
      const plain = plainEntry(entry, form, ownBytes(bytes));
      opened += 1;
      if (store.peek(entry.key) === entry) plains.keep(form, plain);
      return plain;
    } catch (thrown) {
      if (thrown instanceof Failure) throw thrown;
      damaged += 1;
      log.error('opening_failed', describeThrown(thrown));
      // Any doubt is a miss: whoever asks next has it computed.
      if (store.peek(entry.key) === entry) store.delete(entry.key);
      throw new Failure('internal', { cause: thrown });
    } finally {
      underway.delete(form);
    }
  };

  return {
    stored(entry, old, asker) {
      if (!on) return;
      if (entry.plainFor !== undefined) countOne(refused, entry.plainFor);
      if (entry.coded !== 'open') return;
      const before = old?.movedTo ?? old;
      const isEager =
        typeof before?.coded === 'object' ||
        (entry.costMs >= EAGER_COST_MS && acceptsOf(asker).likesCoded);
      if (isEager || isShort()) want(entry);
    },
    atOnce(entry, method, headers) {
      const form = entry.coded;
      if (typeof form !== 'object') {
        if (form === 'open' && on && acceptsOf(headers).likesCoded) want(entry);
        return entry;
      }
      const forms = { coded: entry.headers, plain: form.headers };
      if (formFor(acceptsOf(headers), headers, forms) === 'coded') return entry;
      form.used = true;
      if (form.plain !== undefined) return form.plain;
      return method === 'HEAD' ? plainEntry(entry, form, NO_BODY) : undefined;
    },
    open(entry, form) {
      if (form.plain !== undefined) return Promise.resolve(form.plain);
      const found = underway.get(form);
      if (found !== undefined) return found;
      const plain = opens(entry, form);
      underway.set(form, plain);
      return plain;
    },
    left({ coded: form }) {
      if (typeof form === 'object') plains.drop(form);
    },
    apply(next) {
      ({ on } = next);
      plains.resize(next.plainBytesMax);
    },
    stats: () => ({
      ...{ coded, refused, opened, openingRefused, damaged },
      ...{ waiting: coding.waiting(), waitingMax: options.waitingMax },
      ...{ opening: opening.waiting(), openingMax: options.waitingMax },
      ...{ plainBytes: plains.stats().bytes, plainBytesMax: plains.stats().bytesMax },
    }),
  };
}
