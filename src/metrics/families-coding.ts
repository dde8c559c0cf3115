/** The families of coded answers: what is kept coded, what that spares, and what it costs. */
import { each, single, type Family } from './family.js';

/** What the coder did, and what it holds; all zero where nothing is coded. */
export interface CodingReading {
  readonly entries: number;
  readonly savedBytes: number;
  readonly coded: number;
  readonly refused: ReadonlyMap<string, number>;
  readonly opened: number;
  readonly openingRefused: number;
  readonly damaged: number;
}

export const codingFamilies: readonly Family[] = [
  single(
    'gauge',
    'leyden_memory_coded_entries',
    'Answers in memory whose body is kept coded.',
    (r) => r.coding.entries,
  ),
  single(
    'gauge',
    'leyden_memory_saved_bytes',
    'Bytes that their bodies would take besides.',
    (r) => r.coding.savedBytes,
  ),
  single('counter', 'leyden_coded_total', 'Answers that were coded.', (r) => r.coding.coded),
  each(
    'counter',
    'leyden_coding_refused_total',
    'Answers that were looked at and are kept as they came.',
    'reason',
    (r) => Object.fromEntries(r.coding.refused),
    (count) => count,
  ),
  single(
    'counter',
    'leyden_coded_opened_total',
    'Coded answers that were opened for callers who take them plain.',
    (r) => r.coding.opened,
  ),
  single(
    'counter',
    'leyden_coded_opening_refused_total',
    'Callers refused because too many coded answers waited to be opened.',
    (r) => r.coding.openingRefused,
  ),
  single(
    'counter',
    'leyden_coded_damaged_total',
    'Coded answers that could not be opened; each is computed again.',
    (r) => r.coding.damaged,
  ),
];
