/** The grammar that the directives of Cache-Control share (RFC 9111 section 5.2). */
import { isToken, listMembers } from './headers.js';

/** The greatest number of seconds (RFC 9111 section 1.2.2). */
export const SECONDS_MAX = 2 ** 31;

export interface Directive {
  readonly name: string;
  readonly value: string | undefined;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = '"((?:[\\t !#-[\\]-~\\x80-\\uffff]|\\\\[\\t -~\\x80-\\uffff])*)"';
// Each part is known by its first letter, so reading takes time linear in the length of the line.
const DIRECTIVE = new RegExp(`(${TOKEN})(?:=(?:(${TOKEN})|${QUOTED}))?[ \\t]*(?=,|$)`, 'y');
const SEPARATORS = /[ \t,]*/y;

/** The directives of all lines, names in lower case; undefined as soon as the grammar is broken. */
export function readDirectives(lines: readonly string[]): Directive[] | undefined {
  const directives: Directive[] = [];
  for (const line of lines) {
    let at = 0;
    for (;;) {
      SEPARATORS.lastIndex = at;
      SEPARATORS.exec(line);
      at = SEPARATORS.lastIndex;
      if (at === line.length) break;
      DIRECTIVE.lastIndex = at;
      const found = DIRECTIVE.exec(line);
      if (found === null) return undefined;
      at = DIRECTIVE.lastIndex;
      const value = found[2] ?? found[3]?.replace(/\\(.)/g, '$1');
      directives.push({ name: (found[1] ?? '').toLowerCase(), value });
    }
  }
  return directives;
}

/** Whole seconds up to 2^31 (RFC 9111 section 1.2.2); undefined for anything else. */
export function deltaSeconds(value: string | undefined): number | undefined {
  return value !== undefined && /^[0-9]+$/.test(value)
    ? Math.min(Number(value), SECONDS_MAX)
    : undefined;
}

/** The names in `private="…"`; undefined when they do not limit it, and then it means it all. */
export function fieldNames(value: string | undefined): string[] | undefined {
  if (value === undefined) return undefined;
  const names = listMembers([value]);
  return names.length > 0 && names.every(isToken)
    ? names.map((name) => name.toLowerCase())
    : undefined;
}

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };
