/** What may be told of a stored answer: everything but its body and whoever asked for it. */
import { CODING, type PlainReason } from '../policy/coding.js';
import { firstValue } from '../policy/headers.js';
import { identityBytesOf } from './coding.js';
import { ageMs, pathOf, type Entry } from './entry.js';
import type { Rooms } from './rooms.js';

/** `gone`: a purge took it away, and it only waits to be cleared out. */
export type State = 'fresh' | 'stale' | 'expired' | 'gone';

export interface EntryDescription {
  readonly key: string;
  readonly state: State;
  readonly host: string;
  readonly path: string;
  readonly query: string | null;
  readonly route: string;
  readonly partition: string;
  readonly status: number;
  readonly content_type: string | null;
  readonly etag: string | null;
  readonly body_bytes: number;
  readonly charged_bytes: number;
  /** `gzip` where that is what is kept; `body_bytes` are then those of the coded body. */
  readonly coding: 'gzip' | 'identity';
  readonly identity_bytes: number;
  /** Why it is kept as it came; null where nothing stands against coding it. */
  readonly not_coded: PlainReason | null;
  readonly age_seconds: number;
  /** Below zero it is old. */
  readonly ttl_seconds: number;
  readonly compute_ms: number;
  readonly hits: number;
  readonly tags: readonly string[];
  readonly epoch: number;
}

const SHOWN = 4;

/** A slot's owner, recognisable and no more: the name of a slot is an HMAC of a credential. */
export function shownPartition(partition: string): string {
  if (partition === 'anon' || partition === 'shared') return partition;
  return `(hmac) ${partition.slice(0, SHOWN)}…`;
}

export function stateOf({ purges, clock }: Pick<Rooms, 'purges' | 'clock'>, entry: Entry): State {
  const standing = purges.judge(entry);
  const nowMs = clock.nowMs();
  if (standing === 'deleted') return 'gone';
  if (standing === 'live' && nowMs < entry.freshUntilMs) return 'fresh';
  return nowMs < Math.max(entry.staleUntilMs, entry.errorUntilMs) ? 'stale' : 'expired';
}

const tenths = (ms: number): number => Math.round(ms / 100) / 10;

export function describeEntry(
  rooms: Pick<Rooms, 'purges' | 'clock'>,
  entry: Entry,
): EntryDescription {
  const nowMs = rooms.clock.nowMs();
  const path = pathOf(entry.address);
  // First, for it brings the times up to date.
  const state = stateOf(rooms, entry);
  return {
    ...{ key: entry.key, state, path, host: entry.address.slice(0, -path.length) },
    query: entry.query ?? null,
    route: entry.route,
    partition: shownPartition(entry.partition),
    status: entry.status,
    content_type: firstValue(entry.headers, 'content-type') ?? null,
    etag: entry.etag ?? null,
    body_bytes: entry.body.byteLength,
    charged_bytes: entry.chargedBytes,
    coding: typeof entry.coded === 'object' ? CODING : 'identity',
    identity_bytes: identityBytesOf(entry),
    not_coded: entry.plainFor ?? null,
    age_seconds: tenths(ageMs(entry, nowMs)),
    ttl_seconds: tenths(entry.freshUntilMs - nowMs),
    compute_ms: Math.round(entry.costMs),
    hits: entry.hits,
    tags: entry.tags,
    epoch: entry.epoch,
  };
}
