/** The two forms of a coded answer: the bytes that are kept, and the plain ones made of them. */
import type { RawHeaders } from '../message.js';
import { codedFields, codedTag, plainFields } from '../policy/coding.js';
import type { Entry } from './entry.js';

/** Of an answer whose body is kept coded: what its plain form is like. */
export interface Coded {
  readonly headers: RawHeaders;
  readonly etag: string | undefined;
  readonly bytes: number;
  /** The plain form itself, while it is asked for. */
  plain: Entry | undefined;
  /** Whether it was asked for since somebody looked. */
  used: boolean;
}

/** The second list of fields, the fields that differ, the object that holds both. */
const CODED_OVERHEAD_BYTES = 600;

/** The same answer with other bytes: all that was learnt of the plain one goes along. */
export function codedEntry(entry: Entry, body: Buffer): Entry {
  const bytes = entry.body.byteLength;
  const headers = plainFields(entry.headers);
  const { etag } = entry;
  return {
    ...entry,
    headers: codedFields(headers, body.byteLength),
    etag: etag === undefined ? undefined : codedTag(etag),
    body,
    chargedBytes: entry.chargedBytes - bytes + body.byteLength + CODED_OVERHEAD_BYTES,
    coded: { headers, etag, bytes, plain: undefined, used: false },
  };
}

/** The plain form of a coded answer; for one that goes out without a body, any body does. */
export function plainEntry(entry: Entry, { headers, etag }: Coded, body: Buffer): Entry {
  return { ...entry, headers, etag, body, coded: undefined };
}

/** The size of the body before it was coded. */
export function identityBytesOf({ coded, body }: Pick<Entry, 'coded' | 'body'>): number {
  return typeof coded === 'object' ? coded.bytes : body.byteLength;
}

/** Bytes that coding spares; none where nothing is coded. */
export function savedBytesOf(entry: Pick<Entry, 'coded' | 'body'>): number {
  return identityBytesOf(entry) - entry.body.byteLength;
}
