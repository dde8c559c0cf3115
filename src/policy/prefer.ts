/** What a caller prefers: to be answered later, and how long it would wait (RFC 7240). */
import type { RawHeaders } from '../message.js';
import { deltaSeconds } from './directives.js';
import { allValues } from './headers.js';
import { splitOutsideQuotes } from './weighted-list.js';

export interface Preferences {
  readonly respondAsync: boolean;
  /** Undefined when the caller does not say, or says no number. */
  readonly waitS: number | undefined;
}

const NONE: Preferences = { respondAsync: false, waitS: undefined };

const PREFERENCE =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*(?:=[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]*|"[^"]*"))?$/;

/**
 * A preference that is said twice counts the first time; what is unknown is ignored (section 2).
 */
export function preferencesOf(headers: RawHeaders): Preferences {
  const lines = allValues(headers, 'prefer');
  if (lines.length === 0) return NONE;
  const said = new Map<string, string>();
  for (const line of lines) {
    for (const member of splitOutsideQuotes(line, ',') ?? []) {
      const [preference = ''] = splitOutsideQuotes(member, ';') ?? [];
      const [, name, value = ''] = PREFERENCE.exec(preference) ?? [];
      if (name !== undefined && !said.has(name.toLowerCase())) {
        said.set(name.toLowerCase(), value.replaceAll('"', ''));
      }
    }
  }
  return {
    // An empty value is no value (section 2); any other is not the preference that we know.
    respondAsync: said.get('respond-async') === '',
    waitS: deltaSeconds(said.get('wait')),
  };
}
