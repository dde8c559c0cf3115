/** Bytes of a frame: numbers and texts, written one after the other and read within bounds. */

/** Thrown by a reader whose bytes are not what they should be, and caught where frames are read. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

export class ByteWriter {
  #bytes: Buffer;
  #at = 0;

  constructor(bytesExpected: number) {
    this.#bytes = Buffer.alloc(bytesExpected);
  }

  #room(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#bytes.byteLength) return;
    const larger = Buffer.alloc(Math.max(needed, 2 * this.#bytes.byteLength));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }

  u8(value: number): void {
    this.#room(1);
    this.#bytes[this.#at++] = value;
  }

  u32(value: number): void {
    this.#room(4);
    this.#at = this.#bytes.writeUInt32LE(value, this.#at);
  }

  /** Seven bits a byte, the lowest first; the highest bit says that more follow. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.u8((rest & 0x7f) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.u8(rest);
  }

  numbers(values: readonly number[]): void {
    this.#room(8 * values.length);
    for (const value of values) this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  bytes(value: Uint8Array): void {
    this.#room(value.byteLength);
    this.#bytes.set(value, this.#at);
    this.#at += value.byteLength;
  }

  /** Their number, their lengths, then all of them as one text: that is decoded in one go. */
  texts(values: readonly string[]): void {
    this.varint(values.length);
    for (const value of values) this.varint(value.length);
    const joined = values.join('');
    // A UTF-16 unit takes three bytes of UTF-8 at most.
    this.#room(3 * joined.length);
    this.#at += this.#bytes.write(joined, this.#at, 'utf8');
  }

  /** A field: its tag, its length, and what `write` puts there. */
  field(tag: number, write: () => void): void {
    this.u8(tag);
    const lengthAt = this.#at;
    this.u32(0);
    write();
    this.#bytes.writeUInt32LE(this.#at - lengthAt - 4, lengthAt);
  }

  textField(tag: number, values: readonly string[]): void {
    this.field(tag, () => {
      this.texts(values);
    });
  }

  numberField(tag: number, values: readonly number[]): void {
    this.field(tag, () => {
      this.numbers(values);
    });
  }

  /** Puts a number where four bytes were written before. */
  patch(at: number, value: number): void {
    this.#bytes.writeUInt32LE(value, at);
  }

  /** What has been written; the next write may move it. */
  written(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }
}

export class ByteReader {
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;

  constructor(bytes: Buffer, start = 0, end = bytes.byteLength) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  #take(bytes: number): number {
    const at = this.#at;
    if (bytes > this.#end - at) throw new Malformed('cut short');
    this.#at = at + bytes;
    return at;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  u8(): number {
    return this.#bytes[this.#take(1)] ?? 0;
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 42; scale *= 0x80) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new Malformed('a number without end');
  }

  /** As many as are there, at most `max`: what a later writer adds is left alone. */
  numbers(max = Number.POSITIVE_INFINITY): number[] {
    const count = Math.min(max, Math.floor(this.left / 8));
    const at = this.#take(8 * count);
    const values: number[] = [];
    for (let n = 0; n < count; n += 1) values.push(this.#bytes.readDoubleLE(at + 8 * n));
    return values;
  }

  /** A view; whoever keeps it copies it. */
  bytes(count: number): Buffer {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  /** The rest of what is to be read. */
  texts(): string[] {
    const count = this.varint();
    if (count > this.left) throw new Malformed('more texts than bytes');
    const lengths: number[] = [];
    for (let n = 0; n < count; n += 1) lengths.push(this.varint());
    const joined = this.bytes(this.left).toString('utf8');
    let at = 0;
    const texts = lengths.map((length) => joined.slice(at, (at += length)));
    if (at !== joined.length) throw new Malformed('texts of other lengths');
    return texts;
  }

  sub(count: number): ByteReader {
    const at = this.#take(count);
    return new ByteReader(this.#bytes, at, at + count);
  }
}

/** Absent and empty are two different things. */
export function optional(text: string | undefined): string {
  return text === undefined ? '-' : `+${text}`;
}

export function fromOptional(text: string | undefined): string | undefined {
  return text?.startsWith('+') === true ? text.slice(1) : undefined;
}

export type Fields = ReadonlyMap<number, ByteReader>;

export function fieldsOf(reader: ByteReader): Fields {
  const fields = new Map<number, ByteReader>();
  while (reader.left > 0) {
    const tag = reader.u8();
    fields.set(tag, reader.sub(reader.u32()));
  }
  return fields;
}

export function needed(fields: Fields, tag: number): ByteReader {
  const field = fields.get(tag);
  if (field === undefined) throw new Malformed('a field is missing');
  return field;
}

/** Exactly so many numbers, all of them finite. */
export function finite(reader: ByteReader, count: number): number[] {
  const values = reader.numbers(count);
  if (values.length < count || !values.every(Number.isFinite)) throw new Malformed('no number');
  return values;
}

export const textsOf = (fields: Fields, tag: number): string[] => fields.get(tag)?.texts() ?? [];
