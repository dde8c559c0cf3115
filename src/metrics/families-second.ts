/** The families of the second tier: what was read and written there, and what was not believed. */
import { labeller, single, type Family } from './family.js';
import type { Reading, SecondReading } from './reading.js';

const byOutcome = labeller('outcome');
const byReason = labeller('reason');

type Counts = readonly (readonly [string, number])[];

/** Absent while there is no second tier. */
function labelled(
  name: string,
  help: string,
  labels: ReturnType<typeof labeller>,
  of: (second: SecondReading) => Counts,
): Family {
  return {
    ...{ kind: 'counter', name, help, labels: labels.names },
    samples: ({ second }: Reading) =>
      second === undefined
        ? []
        : of(second).map(([label, value]) => ({ labels: labels.of(label), value })),
  };
}

export const secondFamilies: readonly Family[] = [
  labelled(
    'leyden_second_tier_reads_total',
    'Looks into the second tier, by what they found.',
    byOutcome,
    ({ reads }) => Object.entries(reads),
  ),
  labelled(
    'leyden_second_tier_rejected_total',
    'Values there that were not believed, by the reason.',
    byReason,
    ({ rejected }) => [...rejected],
  ),
  single(
    'counter',
    'leyden_second_tier_too_old_total',
    'Values there that are older than what is known of purges.',
    ({ second }) => second?.tooOld ?? 0,
  ),
  single(
    'counter',
    'leyden_second_tier_written_total',
    'Answers that were written there.',
    ({ second }) => second?.written ?? 0,
  ),
  labelled(
    'leyden_second_tier_dropped_total',
    'Answers that were not written there, by the reason.',
    byReason,
    ({ notWritten }) => [...notWritten],
  ),
  labelled(
    'leyden_second_tier_leads_total',
    'Computations that were to be done once in the fleet, by what came of it.',
    byOutcome,
    ({ leads }) => Object.entries(leads),
  ),
];
