/** The two bodies of an exchange, each with back-pressure and neither owning the other's socket. */
import { Readable } from 'node:stream';
import { Failure } from '../errors.js';

const BUFFERED_BYTES = 64 * 1024;
const ignore = (): void => undefined;

/**
 * The caller's body on its way to the upstream. The library destroys a body when its exchange ends
 * early; were that the caller's own stream, the caller's socket would die before it was answered.
 */
export class RequestBody extends Readable {
  /** The upstream would take more, but the caller has not sent it yet. */
  hungry = false;
  private attached = false;
  private bytes = 0;

  constructor(
    private readonly source: Readable,
    private readonly bytesMax: number,
    private readonly moved: () => void,
  ) {
    super({ highWaterMark: BUFFERED_BYTES });
    this.on('error', ignore);
  }

  override _read(): void {
    this.hungry = true;
    if (!this.attached) this.attach();
    this.source.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.attached) {
      this.source.off('data', this.onData).off('end', this.onEnd);
      this.source.off('close', this.onClose).off('error', this.onClose);
      this.source.pause();
    }
    done(error);
  }

  private attach(): void {
    this.attached = true;
    // It stays: a source that fails after the exchange is over must not end the process.
    this.source.on('error', ignore);
    if (this.source.readableEnded) {
      this.push(null);
      return;
    }
    if (this.source.destroyed) {
      this.onClose();
      return;
    }
    this.source.on('data', this.onData).on('end', this.onEnd);
    this.source.on('close', this.onClose).on('error', this.onClose);
  }

  private readonly onData = (chunk: Buffer): void => {
    this.hungry = false;
    this.moved();
    this.bytes += chunk.byteLength;
    if (this.bytes > this.bytesMax) this.destroy(new Failure('body_too_large'));
    else if (!this.push(chunk)) this.source.pause();
  };

  private readonly onEnd = (): void => {
    this.hungry = false;
    this.moved();
    this.push(null);
  };

  private readonly onClose = (): void => {
    if (!this.source.readableEnded) this.destroy(new Failure('abandoned'));
  };
}

export interface AnswerFlow {
  /** The reader wants more. */
  resume(): void;
  /** The reader has gone, or has read to the end. */
  leave(): void;
}

/** The upstream's body on its way to whoever asked. Destroying it destroys that socket. */
export class AnswerBody extends Readable {
  constructor(private readonly flow: AnswerFlow) {
    super({ highWaterMark: BUFFERED_BYTES });
    // A body that breaks before its reader has come must not end the process.
    this.on('error', ignore);
  }

  override _read(): void {
    this.flow.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.flow.leave();
    done(error);
  }
}
