/** `leyden purge`: takes back what is stored for a URL or a path. */
import { linesOf } from './lines.js';
import { mustAnswer, type OperationsPlace } from './operations-client.js';

export interface PurgeWords {
  readonly url: string;
  readonly mode: string | undefined;
}

export async function purgeCommand(
  place: OperationsPlace,
  { url, mode = 'delete' }: PurgeWords,
): Promise<string[]> {
  const body = await mustAnswer(place, {
    method: 'POST',
    path: '/admin/cache/invalidate',
    body: { type: 'path', selectors: [url], mode },
  });
  return linesOf(typeof body === 'object' && body !== null ? body : {});
}
