/** `leyden top`: the stored answers that have saved the most computing, one line each. */
import { z } from 'zod';
import { OperatorError } from '../errors.js';
import { mustAnswer, type OperationsPlace } from './operations-client.js';

const page = z.object({
  entries: z.array(
    z.object({
      state: z.string(),
      host: z.string(),
      path: z.string(),
      query: z.string().nullable(),
      route: z.string(),
      age_seconds: z.number(),
      compute_ms: z.number(),
      hits: z.number(),
      seconds_saved: z.number(),
    }),
  ),
});

const HEAD = ['saved', 'hits', 'cost', 'age', 'state', 'route', 'address'];

/** Columns as wide as their widest cell; the last one is not filled up. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = HEAD.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, at) => (at < HEAD.length - 1 ? cell.padEnd(widths[at] ?? 0) : cell)).join('  '),
  );
}

export async function topCommand(
  place: OperationsPlace,
  limit: string | undefined,
): Promise<string[]> {
  const query = limit === undefined ? '' : `?${new URLSearchParams({ limit }).toString()}`;
  const call = { method: 'GET', path: `/admin/cache/top${query}` } as const;
  const answer = page.safeParse(await mustAnswer(place, call));
  if (!answer.success) throw new OperatorError(`${place.url} is not a gateway of this kind.`, 1);
  const rows = answer.data.entries.map((entry) => {
    const asked = `${entry.host}${entry.path}${entry.query === null ? '' : `?${entry.query}`}`;
    const { state, route, hits } = entry;
    const [saved, age] = [entry.seconds_saved, entry.age_seconds].map((one) => `${one} s`);
    const row = [saved, hits, `${entry.compute_ms} ms`, age, state, route, asked];
    return row.map((cell) => String(cell));
  });
  return rows.length === 0
    ? ['Nothing stored has been asked for again yet.']
    : table([HEAD, ...rows]);
}
