/** A house that keeps bodies coded, and what tests want to know of its answers. */
import { gunzipSync } from 'node:zlib';
import { openCoder, type Coder, type CoderOptions } from '../../src/cache/coder.js';
import type { Entry } from '../../src/cache/entry.js';
import type { Outcome, RawHeaders } from '../../src/message.js';
import { firstValue } from '../../src/policy/headers.js';
import type { CacheOptions } from '../../src/policy/rules.js';
import { cached, openHouse, type House, type HouseOptions } from '../fakes/rooms.js';
import type { Answer } from '../fakes/scripted-upstream.js';
import { until } from '../fakes/waiting.js';

export const GZIP: RawHeaders = ['Accept-Encoding', 'gzip'];

export interface CodingHouse extends House {
  readonly coder: Coder;
  /** Whatever is stored. */
  readonly stored: () => readonly Entry[];
  /** Asks until the answer is kept coded. */
  readonly coded: (path: string) => Promise<Entry>;
}

export const ROOMY: CoderOptions = { on: true, waitingMax: 100, plainBytesMax: 1_000_000 };

export function json(text: string, more: Partial<Answer> = {}): Answer {
  return { headers: ['Content-Type', 'application/json', 'ETag', '"v1"'], body: text, ...more };
}

/** What repeats shrinks; the length says which one it is. */
export const longText = (seed: string, times = 300): string => `[${`"${seed}",`.repeat(times)}0]`;

export function openCodingHouse(
  options: Partial<CoderOptions> = {},
  rule: Partial<CacheOptions> = {},
  house: Partial<HouseOptions> = {},
): CodingHouse {
  const routes = [cached('/**', { maxBytes: 4_000_000, ...rule })];
  const made = openHouse({ routes, bytesMax: 32_000_000, ...house });
  const { rooms } = made;
  const coder = openCoder(rooms, { ...ROOMY, ...options });
  rooms.coder = coder;
  const stored = (): readonly Entry[] => {
    const all: Entry[] = [];
    const entries = rooms.store.entries();
    for (let one = entries.next(); one.done !== true; one = entries.next()) all.push(one.value);
    return all;
  };
  const isCoded = ({ address, coded }: Entry, path: string): boolean =>
    address === `here${path}` && typeof coded === 'object';
  return {
    ...made,
    ...{ coder, stored },
    async coded(path) {
      await made.ask(path);
      await made.ask(path, { headers: GZIP });
      await until(() => stored().some((entry) => isCoded(entry, path)));
      const found = stored().find((entry) => isCoded(entry, path));
      if (found === undefined) throw new Error('it is not coded');
      return found;
    },
  };
}

export interface Told {
  readonly coding: string;
  readonly etag: string | undefined;
  readonly text: string;
}

/** What the caller reads in the end; throws unless length and coding are what they say. */
export function told(outcome: Outcome): Told {
  if (!('reply' in outcome)) throw new Error(`no answer: ${outcome.kind}`);
  const { headers, body } = outcome.reply;
  if (!Buffer.isBuffer(body)) throw new Error('not whole');
  if (firstValue(headers, 'content-length') !== String(body.byteLength)) throw new Error('length');
  const coding = firstValue(headers, 'content-encoding') ?? 'identity';
  const bytes = coding === 'gzip' ? gunzipSync(body) : body;
  return { coding, etag: firstValue(headers, 'etag'), text: bytes.toString('latin1') };
}
