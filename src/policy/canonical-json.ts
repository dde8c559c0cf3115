/** One spelling for all JSON texts of the same value, so that they share a key (RFC 8785). */

export interface JsonLimits {
  readonly bytesMax: number;
  readonly depthMax: number;
  /** A number of more characters is not looked into. */
  readonly numberCharsMax: number;
}

export const JSON_LIMITS: JsonLimits = {
  bytesMax: 2 ** 20,
  depthMax: 64,
  numberCharsMax: 64,
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

// RFC 8259 to the letter. Each pattern is linear, and none can match the empty text but SPACES.
const SPACES = /[ \t\n\r]*/y;
const STRING = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[ !#-[\]-\uffff]*)*"/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** A decimal number as its digits, without zeros at either end, and the power of ten behind. */
function decimalOf(token: string): string {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^-?([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(token) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const zeros = digits.length - significant.length;
  return `${significant}e${Number(exponent) - fraction.length + zeros}`;
}

/** Reads one text from its beginning; each method returns undefined once something is wrong. */
class Reader {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly limits: JsonLimits,
  ) {}

  whole(): string | undefined {
    const value = this.value(0);
    this.take(SPACES);
    return this.at === this.text.length ? value : undefined;
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  /** The next character, if it is the wanted one, with the spaces before it. */
  private skip(character: string): boolean {
    this.take(SPACES);
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private value(depth: number): string | undefined {
    if (this.skip('{')) return depth < this.limits.depthMax ? this.object(depth + 1) : undefined;
    if (this.skip('[')) return depth < this.limits.depthMax ? this.array(depth + 1) : undefined;
    if (this.text[this.at] === '"') return this.string();
    return this.take(WORD) ?? this.number();
  }

  private array(depth: number): string | undefined {
    const items: string[] = [];
    if (this.skip(']')) return '[]';
    do {
      const item = this.value(depth);
      if (item === undefined) return undefined;
      items.push(item);
    } while (this.skip(','));
    return this.skip(']') ? `[${items.join(',')}]` : undefined;
  }

  private object(depth: number): string | undefined {
    const members = new Map<string, string>();
    if (this.skip('}')) return '{}';
    do {
      this.take(SPACES);
      const name = this.string();
      // Of two members with one name each reader takes another one (RFC 8259 section 4).
      if (name === undefined || members.has(name) || !this.skip(':')) return undefined;
      const value = this.value(depth);
      if (value === undefined) return undefined;
      members.set(name, value);
    } while (this.skip(','));
    if (!this.skip('}')) return undefined;
    return `{${sorted(members).join(',')}}`;
  }

  /** In the spelling of RFC 8785 section 3.2.2.2, which is that of JSON.stringify. */
  private string(): string | undefined {
    const token = this.take(STRING);
    if (token === undefined) return undefined;
    const value = JSON.parse(token) as string;
    // What half a character means is for each reader to guess (RFC 8259 section 8.2).
    return LONE_SURROGATE.test(value) ? undefined : JSON.stringify(value);
  }

  /**
   * In the spelling of RFC 8785 section 3.2.2.3, but only where it says the very same number: of
   * 9007199254740992 and …993 a double makes one, and the origin's reader may not.
   */
  private number(): string | undefined {
    const token = this.take(NUMBER);
    if (token === undefined || token.length > this.limits.numberCharsMax) return undefined;
    const value = Number(token);
    // Some readers tell minus zero from zero.
    if (!Number.isFinite(value) || Object.is(value, -0)) return undefined;
    const spelled = String(value);
    return spelled === token || decimalOf(spelled) === decimalOf(token) ? spelled : undefined;
  }
}

/** By the UTF-16 code units of the names themselves, not of their spelling (section 3.2.3). */
function sorted(members: ReadonlyMap<string, string>): string[] {
  return [...members]
    .map(([name, value]) => ({ name: JSON.parse(name) as string, text: `${name}:${value}` }))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map(({ text }) => text);
}

/**
 * The canonical text; undefined for what is not JSON, is too large or too deep, or could mean two
 * things to two readers, and is therefore to be keyed by its exact bytes.
 */
export function canonicalJson(content: Uint8Array, limits = JSON_LIMITS): string | undefined {
  if (content.byteLength > limits.bytesMax) return undefined;
  try {
    return new Reader(utf8.decode(content), limits).whole();
  } catch {
    // It is not UTF-8 (RFC 8259 section 8.1).
    return undefined;
  }
}
