/** The word of one node of a Cluster: who has which slots, and how new that knowledge is. */
import type { Argument, RedisReply } from './connection.js';
import { kindOf, RedisFailure } from './failure.js';
import { SLOTS } from './key-slot.js';
import type { Address } from './target.js';

export interface SlotRange {
  readonly first: number;
  readonly last: number;
  readonly master: Address;
}

export interface ClusterWord {
  /** Each change of who leads raises it; 0 when the node did not say. */
  readonly epoch: number;
  /** False when the node finds itself cut off from most of the others. */
  readonly isWell: boolean;
  readonly ranges: readonly SlotRange[];
  readonly replicas: readonly Address[];
}

export type Ask = (name: string, args: readonly Argument[]) => Promise<RedisReply>;

function listIn(reply: RedisReply | undefined): readonly RedisReply[] {
  return Array.isArray(reply) ? (reply as readonly RedisReply[]) : [];
}

function textIn(reply: RedisReply | undefined): string {
  return Buffer.isBuffer(reply) ? reply.toString('latin1') : '';
}

/** A node may say nothing of its host (then it is the one that was asked), or `?` and its IP. */
function addressIn(reply: RedisReply | undefined, asked: Address): Address | undefined {
  const [name, port, , more] = listIn(reply);
  const words = listIn(more).map(textIn);
  const at = words.indexOf('ip');
  const ip = at < 0 ? undefined : words[at + 1];
  const said = textIn(name);
  const host = said === '?' ? (ip ?? '') : said;
  if (typeof port !== 'number' || port < 1 || port > 65_535) return undefined;
  return { host: host === '' || host === '?' ? asked.host : host, port };
}

function isSlot(reply: RedisReply | undefined): reply is number {
  return typeof reply === 'number' && reply >= 0 && reply < SLOTS;
}

function numberIn(info: string, field: string): number {
  const value = new RegExp(`^${field}:(\\d{1,15})`, 'm').exec(info)?.[1];
  return value === undefined ? 0 : Number(value);
}

/** Throws what it was told, and `cluster` when the node has no slots to tell of. */
export async function readWord(ask: Ask, asked: Address): Promise<ClusterWord> {
  const [slots, told] = await Promise.all([
    ask('cluster', ['slots']),
    ask('cluster', ['info']).catch((thrown: unknown) => {
      // Not ours to ask: then every word counts as equally new.
      if (kindOf(thrown) === 'auth') return null;
      throw thrown;
    }),
  ]);
  const info = textIn(told);
  const ranges: SlotRange[] = [];
  const replicas: Address[] = [];
  for (const range of listIn(slots)) {
    const [first, last, ...places] = listIn(range);
    const [master, ...others] = places.map((place) => addressIn(place, asked));
    if (!isSlot(first) || !isSlot(last) || last < first || master === undefined) continue;
    ranges.push({ first, last, master });
    for (const other of others) if (other !== undefined) replicas.push(other);
  }
  if (ranges.length === 0) throw new RedisFailure('cluster');
  const isWell = !/^cluster_state:fail/m.test(info);
  return { epoch: numberIn(info, 'cluster_current_epoch'), isWell, ranges, replicas };
}
