/** A socket that ends in memory: what a response writes to it becomes a head and a stream. */
import { Duplex, Readable } from 'node:stream';
import { Failure } from '../src/errors.js';
import { openChunks } from './detached-chunks.js';
import { readWrittenHead, type WrittenHead } from './detached-head.js';

const HEAD_END = '\r\n\r\n';
/** A handler sets its own fields; more than this is a mistake in it. */
const HEAD_BYTES_MAX = 2 ** 20;

export interface SinkEvents {
  /** Called once, with the head of the final answer. */
  head(head: WrittenHead): void;
  /** Bytes of the content have come, or were taken by the reader. */
  moved(contentBytes: number): void;
  /** What was written cannot be passed on. */
  broken(failure: Failure): void;
}

export class Sink extends Duplex {
  /** The content; reading it slowly slows the handler down. */
  readonly body: Readable;
  /** True for an answer whose Content-Length speaks of a body that does not come. */
  isBodiless = false;
  private headBytes = Buffer.alloc(0);
  private written: WrittenHead | undefined;
  private unframe: (bytes: Buffer) => readonly Buffer[] = (bytes) => [bytes];
  private contentBytes = 0;
  private proceed: (() => void) | undefined;

  constructor(private readonly events: SinkEvents) {
    super();
    this.body = new Readable({
      read: () => {
        const next = this.proceed;
        this.proceed = undefined;
        this.events.moved(this.contentBytes);
        next?.();
      },
      destroy: (thrown, done) => {
        // A reader who leaves takes the response along; after the end there is nothing to take.
        this.destroy();
        done(thrown);
      },
    });
    // Whoever reads hears of it; where nobody reads yet, it must not end the process.
    this.body.on('error', () => undefined);
    this.on('error', () => undefined);
  }

  /** The response has ended by itself. */
  finish(): void {
    const promised = this.isBodiless ? undefined : this.written?.lengthBytes;
    if (promised === undefined || promised === this.contentBytes) this.body.push(null);
    // Whoever gets the head and another number of bytes would take the next answer for its rest.
    else this.events.broken(new Failure('protocol'));
  }

  override _read(): void {
    // Nothing is ever said to the handler but its request.
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.written !== undefined) this.passOn(bytes, done);
    else {
      this.headBytes = Buffer.concat([this.headBytes, bytes]);
      this.readHead(done);
    }
  }

  private readHead(done: () => void): void {
    const end = this.headBytes.indexOf(HEAD_END);
    if (end < 0) {
      if (this.headBytes.length > HEAD_BYTES_MAX) this.events.broken(new Failure('headers'));
      done();
      return;
    }
    const head = readWrittenHead(this.headBytes.toString('latin1', 0, end));
    const rest = this.headBytes.subarray(end + HEAD_END.length);
    this.headBytes = rest;
    // Interim answers are for one caller who waits, and here nobody in particular does.
    if (head.status < 200) {
      this.readHead(done);
      return;
    }
    this.written = head;
    if (head.isChunked) this.unframe = openChunks();
    this.events.head(head);
    this.passOn(rest, done);
  }

  private passOn(bytes: Buffer, done: () => void): void {
    let mayGoOn = true;
    for (const part of this.unframe(bytes)) {
      if (part.length === 0) continue;
      this.contentBytes += part.length;
      // A handler may use its buffer again as soon as it is told that it was written.
      mayGoOn = this.body.push(Buffer.from(part));
    }
    this.events.moved(this.contentBytes);
    if (mayGoOn) done();
    else this.proceed = done;
  }

  // What handlers and libraries ask of any socket, and what has no meaning here.
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
