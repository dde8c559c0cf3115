/** Acts: purges as they stand in the journal, read strictly, for whoever writes there is not us. */
import type { Address } from '../policy/invalidation.js';
import { MODES, type Mode, type Order } from './invalidate.js';
import { selectorFault, SELECTOR_TYPES, type SelectorType } from './selectors.js';
import type { Act } from './spread.js';

/** What one node did in one go. */
export interface ActRecord {
  readonly node: string;
  /** Counts the records of that node: what it sent twice is told apart from what it did twice. */
  readonly nth: number;
  /** By the clock of that node; for people. */
  readonly wallMs: number;
  readonly acts: readonly Act[];
}

/** Everything, where what exactly was meant cannot be said or cannot be read. */
export const ALL_OF_IT: Act = {
  kind: 'order',
  order: { type: 'all', selectors: [], mode: 'delete' },
};

export function encodeRecord(record: ActRecord): Buffer {
  return Buffer.from(JSON.stringify(record));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textsIn(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const list: readonly unknown[] = value;
  return list.every((one) => typeof one === 'string') ? list : undefined;
}

function orderIn(value: unknown): Order | undefined {
  if (!isObject(value)) return undefined;
  const type = SELECTOR_TYPES.find((one) => one === value['type']);
  const mode = MODES.find((one) => one === value['mode']);
  const selectors = textsIn(value['selectors']);
  if (type === undefined || mode === undefined || selectors === undefined) return undefined;
  return isWellFormed(type, selectors) ? { type, mode: quietly(mode), selectors } : undefined;
}

function isWellFormed(type: SelectorType, selectors: readonly string[]): boolean {
  return selectors.every((text) => selectorFault(type, text) === undefined);
}

/** The node that was asked computes again for all; the others would only do the same once more. */
function quietly(mode: Mode): Mode {
  return mode === 'refresh' ? 'stale' : mode;
}

function addressIn(value: unknown): Address | undefined {
  if (!isObject(value)) return undefined;
  const { host, path, query } = value;
  if (typeof host !== 'string' || typeof path !== 'string') return undefined;
  if (query !== undefined && typeof query !== 'string') return undefined;
  return { host, path, query };
}

function changeIn(value: Readonly<Record<string, unknown>>): Act | undefined {
  const { partition, addresses: list } = value;
  const tags = textsIn(value['tags']);
  if (tags === undefined || typeof partition !== 'string' || !Array.isArray(list)) return undefined;
  const addresses = list.map(addressIn);
  const isWhole = addresses.every((address) => address !== undefined);
  return isWhole ? { kind: 'change', addresses, partition, tags } : undefined;
}

function actIn(value: unknown): Act | undefined {
  if (!isObject(value)) return undefined;
  if (value['kind'] === 'change') return changeIn(value);
  if (value['kind'] !== 'order') return undefined;
  const order = orderIn(value['order']);
  return order === undefined ? undefined : { kind: 'order', order };
}

/** Undefined for what this version does not understand in every part. */
export function decodeRecord(bytes: Buffer): ActRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { node, nth, wallMs, acts: list } = value;
  if (typeof node !== 'string' || !Number.isSafeInteger(nth) || typeof wallMs !== 'number') {
    return undefined;
  }
  if (!Array.isArray(list)) return undefined;
  const acts = list.map(actIn);
  const isWhole = acts.every((act) => act !== undefined);
  return isWhole ? { node, nth: Number(nth), wallMs, acts } : undefined;
}
