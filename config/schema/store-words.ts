/** Words that Redis and the databases share: an address that may carry a password, a duration. */
import { duration, text, textThat } from '../setting.js';

/** An address with one of the schemes; it may carry a user and a password. */
export function address(schemes: readonly string[]) {
  return textThat(`an address that begins with ${schemes.join(' or ')}`, (value) => {
    if (!schemes.some((scheme) => value.startsWith(scheme))) return false;
    return URL.canParse(value) && !/\s/.test(value);
  });
}

export const password = () => text('a text without line breaks', /^[^\r\n\0]+$/, 4096);
export const seconds = (fallback: string) => duration('0s', '24h').prefault(fallback);
