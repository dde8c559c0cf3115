/** `leyden list`: what is stored, one line each, page after page. */
import { z } from 'zod';
import { OperatorError } from '../errors.js';
import { mustAnswer, type OperationsPlace } from './operations-client.js';

export interface ListWords {
  readonly tag: string | undefined;
  readonly route: string | undefined;
  readonly prefix: string | undefined;
}

const page = z.object({
  entries: z.array(
    z.object({
      key: z.string(),
      state: z.string(),
      host: z.string(),
      path: z.string(),
      query: z.string().nullable(),
      partition: z.string(),
      status: z.number(),
      ttl_seconds: z.number(),
      hits: z.number(),
    }),
  ),
  cursor: z.string().nullable(),
});

const PAGE_ENTRIES = '500';

/** Prints each page as it comes, so that a long list need not fit anywhere. */
export async function listCommand(
  place: OperationsPlace,
  words: ListWords,
  print: (line: string) => void,
): Promise<void> {
  let count = 0;
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: PAGE_ENTRIES });
    for (const [name, value] of Object.entries({ ...words, cursor: cursor ?? undefined })) {
      if (typeof value === 'string') query.set(name, value);
    }
    const path = `/admin/cache/entries?${query.toString()}`;
    const answer = page.safeParse(await mustAnswer(place, { method: 'GET', path }));
    if (!answer.success) throw new OperatorError(`${place.url} is not a gateway of this kind.`, 1);
    for (const entry of answer.data.entries) {
      const asked = `${entry.host}${entry.path}${entry.query === null ? '' : `?${entry.query}`}`;
      const ttl = `${entry.ttl_seconds} s`;
      const { key, state, status, hits, partition } = entry;
      print([key, state, ttl, status, `${hits} hits`, partition, asked].join('  '));
    }
    count += answer.data.entries.length;
    ({ cursor } = answer.data);
  } while (cursor !== null);
  print(`${count} stored`);
}
