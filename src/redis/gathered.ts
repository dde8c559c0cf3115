/** What is sent within one turn of the loop: it leaves in one write, its texts as one text. */
import type { Redis } from 'ioredis';

/** To the library it looks like one of its own pipelines. */
export class Gathered {
  readonly isPipeline = true;
  /** About so many bytes wait for the end of the turn. */
  bytes = 0;
  #text = '';
  #isDue = false;

  constructor(private readonly client: Redis) {}

  get destination(): { readonly redis: Redis } {
    return { redis: this.client };
  }

  /** The library gives each command here. */
  write(part: string | Buffer): boolean {
    if (!this.#isDue) {
      this.#isDue = true;
      const { stream } = this.client;
      // Values among the commands keep their place.
      stream.cork();
      setImmediate(() => {
        this.#isDue = false;
        this.#pass();
        stream.uncork();
      });
    }
    this.bytes += part.length;
    if (typeof part === 'string') this.#text += part;
    else {
      this.#pass();
      this.client.stream.write(part);
    }
    return true;
  }

  #pass(): void {
    const text = this.#text;
    this.#text = '';
    this.bytes = 0;
    if (text !== '') this.client.stream.write(text);
  }
}
