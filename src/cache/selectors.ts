/** Selectors: what an operator may name when he invalidates, read exactly and in one way only. */

export const SELECTOR_TYPES = ['key', 'path', 'pattern', 'tag', 'route', 'all'] as const;
export type SelectorType = (typeof SELECTOR_TYPES)[number];

export const SELECTORS_MAX = 1_000;
export const SELECTOR_LENGTH_MAX = 2_048;

/** One address; without a host it is meant on every host, without a query with every query. */
export interface PathSelector {
  readonly host: string | undefined;
  readonly path: string;
  readonly query: string | undefined;
}

/** What the gate lets through: all else was never stored, so that naming it is a mistake. */
const TARGET = /^(\/(?!\/)[^?#\\]*)(?:\?([^#]*))?$/;
const VISIBLE = /^[!-~]+$/;
const ABSOLUTE = /^(https?):\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?(?=[/?]|$)/i;
/** RFC 3986 section 3.3. */
const SEGMENT = /^(?:[A-Za-z0-9\-._~!$&'()+,;=:@]|%[0-9A-Fa-f]{2})*$/;

/** `/path`, `/path?query` or a whole URL; undefined when it is neither. */
export function pathSelector(text: string): PathSelector | undefined {
  if (!VISIBLE.test(text)) return undefined;
  const absolute = ABSOLUTE.exec(text);
  const rest = absolute === null ? text : text.slice(absolute[0].length);
  const target = TARGET.exec(absolute !== null && !rest.startsWith('/') ? `/${rest}` : rest);
  if (target === null) return undefined;
  const [, path = '', query] = target;
  if (absolute === null) return { host: undefined, path, query };
  const [, scheme = '', name = '', port] = absolute;
  const usual = scheme.toLowerCase() === 'https' ? '443' : '80';
  const host = name.toLowerCase();
  return { host: port === undefined || port === usual ? host : `${host}:${port}`, path, query };
}

/** A pattern as routes have it: whole segments only, `**` as the last one. */
function isPattern(text: string): boolean {
  if (!text.startsWith('/')) return false;
  const segments = text.slice(1).split('/');
  return segments.every((segment, at) => {
    if (segment === '*') return true;
    if (segment === '**') return at === segments.length - 1;
    if (segment === '' && at < segments.length - 1) return false;
    return segment !== '.' && segment !== '..' && SEGMENT.test(segment);
  });
}

/** What is wrong with a selector, as the end of a sentence; undefined when nothing is. */
export function selectorFault(type: SelectorType, text: string): string | undefined {
  if (text.length > SELECTOR_LENGTH_MAX) return `must be ${SELECTOR_LENGTH_MAX} characters or less`;
  switch (type) {
    case 'path':
      return pathSelector(text) === undefined
        ? 'must be a path that begins with one slash, or a URL, as a client would send it'
        : undefined;
    case 'pattern':
      return isPattern(text)
        ? undefined
        : 'must be a path pattern: whole segments, * for one of them, ** for the rest';
    case 'key':
      return /^[A-Za-z0-9_-]+$/.test(text) ? undefined : 'must be the key of a stored answer';
    case 'tag':
    case 'route':
      return /^[ -~]+$/.test(text) ? undefined : 'must be visible ASCII characters';
    case 'all':
      return 'must be left out: all takes none';
  }
}
