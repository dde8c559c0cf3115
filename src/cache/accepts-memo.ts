/** What callers accept, remembered: they send the same few words again and again. */
import type { RawHeaders } from '../message.js';
import { acceptsOf, type Accepts } from '../policy/coding.js';
import { combinedValue } from '../policy/headers.js';

/** Few programs, few words; whoever invents others only makes us begin anew. */
const REMEMBERED_MAX = 128;
const WORDS_CHARS_MAX = 128;

const SILENT = acceptsOf(undefined);

export function openAcceptsMemo(): (headers: RawHeaders) => Accepts {
  const remembered = new Map<string, Accepts>();
  return (headers) => {
    const said = combinedValue(headers, 'accept-encoding');
    if (said === undefined) return SILENT;
    const known = remembered.get(said);
    if (known !== undefined) return known;
    const accepts = acceptsOf(said);
    if (said.length > WORDS_CHARS_MAX) return accepts;
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    remembered.set(said, accepts);
    return accepts;
  };
}
