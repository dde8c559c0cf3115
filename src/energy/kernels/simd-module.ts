/** The inner loop of the matrix product as WebAssembly with 128-bit vectors, by hand. */

/** Rows of the left matrix that one pass works on, and columns of the right one in a panel. */
export const TILE_ROWS = 4;
export const PANEL_COLUMNS = 4;

const DOUBLE_BYTES = 8;
const VECTOR_BYTES = 16;
const PANEL_BYTES = PANEL_COLUMNS * DOUBLE_BYTES;
const VECTORS = PANEL_BYTES / VECTOR_BYTES;

type Code = readonly number[];

/** Unsigned LEB128, the way this format writes all its numbers. */
function leb(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

const get = (local: number): Code => [0x20, ...leb(local)];
const set = (local: number): Code => [0x21, ...leb(local)];
/** Only for numbers up to 63: a signed LEB128 of one byte. */
const constant = (value: number): Code => [0x41, value];
const add = [0x6a];
const lessThan = [0x49];
const end = [0x0b];
/** Repeats `body` for as long as it leaves a number that is not zero. */
const loop = (body: Code): Code => [0x03, 0x40, ...body, 0x0d, 0x00, ...end];
const vector = (operation: number, ...more: number[]): Code => [0xfd, ...leb(operation), ...more];
const load = (offset: number): Code => vector(0x00, 3, ...leb(offset));
const loadToBoth = vector(0x0a, 3, 0);
const store = (offset: number): Code => vector(0x0b, 3, ...leb(offset));
const zero = vector(0x0c, ...new Array<number>(VECTOR_BYTES).fill(0));
const addVectors = vector(0xf0);
const multiplyVectors = vector(0xf2);
const advance = (local: number, bytes: Code): Code => [
  ...get(local),
  ...bytes,
  ...add,
  ...set(local),
];

// Parameters: where the tile, the panels and the result are; the inner length and the lengths of a
// row of the tile and of the result in bytes; where the panels end.
const [TILE, PANEL, OUT, ROW_BYTES, OUT_ROW_BYTES, PANELS_END] = [0, 1, 2, 3, 4, 5];
const PARAMETERS = 6;
/** One pointer for each row of the tile, then where the first row ends, then a store pointer. */
const ROW = PARAMETERS;
const ROW_END = ROW + TILE_ROWS;
const STORE = ROW_END + 1;
const SUM = STORE + 1;
const RIGHT = SUM + TILE_ROWS * VECTORS;
const LEFT = RIGHT + VECTORS;

const rows = Array.from({ length: TILE_ROWS }, (_, row) => row);
const lanes = Array.from({ length: VECTORS }, (_, lane) => lane);
const sum = (row: number, lane: number): number => SUM + row * VECTORS + lane;

/** Every sum adds its products in the order of the plain loop, so the results are the same bits. */
function panelBody(): Code {
  const start = rows.flatMap((row) => [
    ...(row === 0 ? get(TILE) : [...get(ROW + row - 1), ...get(ROW_BYTES), ...add]),
    ...set(ROW + row),
    ...lanes.flatMap((lane) => [...zero, ...set(sum(row, lane))]),
  ]);
  const step = [
    ...lanes.flatMap((lane) => [...get(PANEL), ...load(lane * VECTOR_BYTES), ...set(RIGHT + lane)]),
    ...rows.flatMap((row) => [
      ...[...get(ROW + row), ...loadToBoth, ...set(LEFT)],
      ...lanes.flatMap((lane) => [
        ...[...get(LEFT), ...get(RIGHT + lane), ...multiplyVectors],
        ...[...get(sum(row, lane)), ...addVectors, ...set(sum(row, lane))],
      ]),
      ...advance(ROW + row, constant(DOUBLE_BYTES)),
    ]),
    ...advance(PANEL, constant(PANEL_BYTES)),
    ...[...get(ROW), ...get(ROW_END), ...lessThan],
  ];
  const finish = [
    ...[...get(OUT), ...set(STORE)],
    ...rows.flatMap((row) => [
      ...lanes.flatMap((lane) => [
        ...get(STORE),
        ...get(sum(row, lane)),
        ...store(lane * VECTOR_BYTES),
      ]),
      ...advance(STORE, get(OUT_ROW_BYTES)),
    ]),
    ...advance(OUT, constant(PANEL_BYTES)),
    ...[...get(PANEL), ...get(PANELS_END), ...lessThan],
  ];
  const rowEnd = [...get(TILE), ...get(ROW_BYTES), ...add, ...set(ROW_END)];
  return [...rowEnd, ...start, ...loop(step), ...finish];
}

function section(id: number, content: Code): Code {
  return [id, ...leb(content.length), ...content];
}

function name(text: string): Code {
  return [text.length, ...Buffer.from(text)];
}

/** A module with a memory and the function `multiply`. */
export function simdModule(): Uint8Array {
  const INT = 0x7f;
  const VECTOR = 0x7b;
  const integers = TILE_ROWS + 2;
  const vectors = TILE_ROWS * VECTORS + VECTORS + 1;
  const locals = [2, integers, INT, vectors, VECTOR];
  const body = [...locals, ...loop(panelBody()), ...end];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, PARAMETERS, ...new Array<number>(PARAMETERS).fill(INT), 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0x00, 1]),
    ...section(7, [2, ...name('memory'), 0x02, 0, ...name('multiply'), 0x00, 0]),
    ...section(10, [1, ...leb(body.length), ...body]),
  ]);
}
