/** One pass over the header fields of a request: finds what the gate judges, and only that. */
import type { FailureCode } from '../errors.js';
import { connectionMayStand } from './connection-field.js';
import { isInternalField } from './internal-fields.js';

type Kind = 'host' | 'expect' | 'connection' | 'length' | 'coding' | 'upgrade' | 'credential';

interface Watched {
  readonly kind: Kind;
  /** Lower case. */
  readonly name: string;
  /** As most clients write it; a match spares the lowering. */
  readonly usual: string;
  readonly first: number;
  /** One bit for each credential, to see the second of its name. */
  readonly bit: number;
}

/** Sees one request at a time; it is used again for the next, so that a hit allocates nothing. */
export class FieldScan {
  host: string | undefined;
  expect: string | undefined;
  authorization: string | undefined;
  contentLength: string | undefined;
  coding: string | undefined;
  upgrade = false;
  internal = false;
  private credentialsSeen = 0;
  private readonly watchedByLength: (readonly Watched[] | undefined)[] = [];
  private readonly endToEnd: ReadonlySet<string>;

  /** Names in lower case: `credentials` come once at most, `endToEnd` never stand in Connection. */
  constructor(credentials: readonly string[], endToEnd: readonly string[]) {
    this.endToEnd = new Set([...credentials, ...endToEnd]);
    this.watch('host', 'host', 0);
    this.watch('expect', 'expect', 0);
    this.watch('connection', 'connection', 0);
    this.watch('content-length', 'length', 0);
    this.watch('transfer-encoding', 'coding', 0);
    this.watch('upgrade', 'upgrade', 0);
    const names = [...new Set(['authorization', ...credentials])].slice(0, 31);
    for (const [index, name] of names.entries()) this.watch(name, 'credential', 1 << index);
  }

  private watch(name: string, kind: Kind, bit: number): void {
    const usual = name.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
    const watched: Watched = { kind, name, usual, first: name.charCodeAt(0), bit };
    while (this.watchedByLength.length <= name.length) this.watchedByLength.push(undefined);
    this.watchedByLength[name.length] = [...(this.watchedByLength[name.length] ?? []), watched];
  }

  /** Why the fields are refused, or undefined when each of them may stand by itself. */
  scan(rawHeaders: readonly string[]): FailureCode | undefined {
    this.host = undefined;
    this.expect = undefined;
    this.authorization = undefined;
    this.contentLength = undefined;
    this.coding = undefined;
    this.upgrade = false;
    this.internal = false;
    this.credentialsSeen = 0;
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const name = rawHeaders[at] ?? '';
      const watchedHere = this.watchedByLength[name.length];
      if (watchedHere !== undefined) {
        const first = name.charCodeAt(0) | 0x20;
        for (const watched of watchedHere) {
          if (watched.first !== first) continue;
          if (name !== watched.usual && name.toLowerCase() !== watched.name) continue;
          const refused = this.take(watched, rawHeaders[at + 1] ?? '');
          if (refused !== undefined) return refused;
        }
      }
      if (isInternalField(name)) this.internal = true;
    }
    return undefined;
  }

  private take(watched: Watched, value: string): FailureCode | undefined {
    switch (watched.kind) {
      case 'host':
        if (this.host !== undefined) return 'bad_host';
        this.host = value;
        return undefined;
      case 'expect':
        // Two of them make a list, and no list is the one expectation that we meet.
        this.expect = this.expect === undefined ? value : `${this.expect}, ${value}`;
        return undefined;
      case 'connection':
        return connectionMayStand(value, this.endToEnd) ? undefined : 'bad_connection';
      case 'length':
        if (this.contentLength !== undefined) return 'bad_framing';
        this.contentLength = value;
        return undefined;
      case 'coding':
        if (this.coding !== undefined) return 'bad_framing';
        this.coding = value;
        return undefined;
      case 'upgrade':
        this.upgrade = true;
        return undefined;
      case 'credential':
        // An empty credential is not an absent one, and of two nobody knows which one counts.
        if (value === '' || (this.credentialsSeen & watched.bit) !== 0) return 'bad_credentials';
        this.credentialsSeen |= watched.bit;
        if (watched.name === 'authorization') this.authorization = value;
        return undefined;
    }
  }
}
