/** The keys of a command, and the slot of a Cluster that a key lies in. */
import hashSlot from 'cluster-key-slot';
import type { Argument } from './connection.js';

export const SLOTS = 16_384;

/** The whole name, braces and all: the library would look for others behind empty ones. */
function wholeSlot(name: string | Buffer): number {
  let sum = 0;
  for (const byte of Buffer.from(name)) {
    sum ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 0x8000 ? (sum << 1) ^ 0x1021 : sum << 1;
  }
  return sum & (SLOTS - 1);
}

/** What stands in the first braces decides, unless there is nothing in them. */
export function slotOf(key: Argument): number {
  const name = typeof key === 'number' ? String(key) : key;
  const open = name.indexOf('{');
  const close = open < 0 ? -1 : name.indexOf('}', open + 1);
  if (close < 0) return hashSlot(name);
  if (close === open + 1) return wholeSlot(name);
  return hashSlot(
    typeof name === 'string' ? name.slice(open + 1, close) : name.subarray(open + 1, close),
  );
}

/** Any node may answer these. */
const KEYLESS = new Set([
  ...['publish', 'ping', 'echo', 'time', 'info', 'client', 'cluster', 'command', 'script'],
  ...['acl', 'config', 'function', 'latency', 'slowlog', 'wait'],
]);

/** They mean what one server holds; in a Cluster that is a part of it, and an accident. */
const WHOLE_SERVER = new Set([
  ...['scan', 'keys', 'randomkey', 'dbsize', 'flushdb', 'flushall', 'swapdb', 'select', 'move'],
  ...['multi', 'exec', 'watch', 'subscribe', 'psubscribe', 'monitor', 'shutdown'],
]);

/** Where the number of keys stands; they follow it. */
const COUNTED: Readonly<Record<string, number>> = {
  ...{ eval: 1, evalsha: 1, eval_ro: 1, evalsha_ro: 1, fcall: 1, fcall_ro: 1 },
  ...{ zunion: 0, zinter: 0, zdiff: 0, zintercard: 0, sintercard: 0, lmpop: 0, zmpop: 0 },
  ...{ blmpop: 1, bzmpop: 1 },
};

const SECOND = new Set(['object', 'memory', 'xinfo', 'xgroup', 'bitop', 'debug']);

export type KeyPlace =
  | { readonly kind: 'key'; readonly key: Argument }
  | { readonly kind: 'none' }
  | { readonly kind: 'whole-server' };

function at(args: readonly Argument[], place: number): KeyPlace {
  const key = args[place];
  return key === undefined ? { kind: 'none' } : { kind: 'key', key };
}

/** The first key: a Cluster wants all of them in one slot anyway. */
export function keyOf(command: string, args: readonly Argument[]): KeyPlace {
  const name = command.toLowerCase();
  if (KEYLESS.has(name)) return { kind: 'none' };
  if (WHOLE_SERVER.has(name)) return { kind: 'whole-server' };
  const counted = COUNTED[name];
  if (counted !== undefined) {
    return Number(args[counted]) > 0 ? at(args, counted + 1) : { kind: 'none' };
  }
  if (name === 'xread' || name === 'xreadgroup') {
    return at(args, 1 + args.findIndex((arg) => /^streams$/i.test(String(arg))));
  }
  return at(args, SECOND.has(name) ? 1 : 0);
}

/** What the replies of the parts make together. */
export type Joining = 'sum' | 'list';

const SPLITTING: Readonly<Record<string, Joining>> = {
  ...{ unlink: 'sum', del: 'sum', exists: 'sum', touch: 'sum', mget: 'list' },
};

export interface Split {
  readonly joining: Joining;
  /** The places of the keys of each part among all keys. */
  readonly parts: readonly (readonly number[])[];
}

/** Undefined when all keys lie in one slot, or when the command cannot be split. */
export function splitOf(command: string, args: readonly Argument[]): Split | undefined {
  if (args.length < 2) return undefined;
  const joining = SPLITTING[command.toLowerCase()];
  if (joining === undefined) return undefined;
  const parts = new Map<number, number[]>();
  for (const [place, key] of args.entries()) {
    const slot = slotOf(key);
    const part = parts.get(slot);
    if (part === undefined) parts.set(slot, [place]);
    else part.push(place);
  }
  return parts.size < 2 ? undefined : { joining, parts: [...parts.values()] };
}
