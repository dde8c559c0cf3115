/** Words: how a place of the journal is written, with or without the node that stands there. */
import type { Place } from '../redis/journal.js';

export interface Word extends Place {
  readonly node: string;
}

const WORD = /^([0-9a-f]{32}) ([0-9]{1,15}) ([A-Za-z0-9._:-]{1,128})$/;

export function encodeWord({ journal, seq, node }: Word): Buffer {
  return Buffer.from(`${journal} ${seq} ${node}`, 'latin1');
}

export function decodeWord(bytes: Buffer): Word | undefined {
  const match = WORD.exec(bytes.toString('latin1'));
  if (match === null) return undefined;
  const [, journal = '', seq = '', node = ''] = match;
  return { journal, seq: Number(seq), node };
}
