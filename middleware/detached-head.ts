/** The head of an answer as a response of Node wrote it: its status, its fields, its framing. */
import type { RawHeaders } from '../src/message.js';
import { firstValue, hasField, storableFields } from '../src/policy/headers.js';

export interface WrittenHead {
  readonly status: number;
  /** End-to-end fields only, in their order and case. */
  readonly headers: RawHeaders;
  readonly isChunked: boolean;
  /** What Content-Length promises; undefined where nothing is promised. */
  readonly lengthBytes: number | undefined;
}

/** `text` ends before the empty line behind the head. */
export function readWrittenHead(text: string): WrittenHead {
  const [start = '', ...lines] = text.split('\r\n');
  const all = lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const length = firstValue(all, 'content-length');
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(start)?.[1] ?? 0),
    headers: storableFields(all),
    isChunked: hasField(all, 'transfer-encoding'),
    lengthBytes: length === undefined ? undefined : Number(length),
  };
}
