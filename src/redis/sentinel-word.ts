/** The word of one sentinel: where the master is, and how new that knowledge is. */
import type { Connection, RedisReply } from './connection.js';
import { kindOf } from './failure.js';
import { addressOf, type Address } from './target.js';

export interface SentinelWord extends Address {
  /** The number of the configuration: each failover raises it. */
  readonly epoch: number;
}

function textsOf(reply: RedisReply): readonly string[] {
  if (!Array.isArray(reply)) return [];
  return (reply as readonly RedisReply[]).map((part) =>
    Buffer.isBuffer(part) ? part.toString('latin1') : '',
  );
}

/** Fields come in pairs: name, value. */
function epochIn(reply: RedisReply): number {
  const fields = textsOf(reply);
  const at = fields.findIndex((field, nth) => nth % 2 === 0 && field === 'config-epoch');
  const epoch = Number(at < 0 ? 0 : fields[at + 1]);
  return Number.isSafeInteger(epoch) && epoch >= 0 ? epoch : 0;
}

/** Undefined when this sentinel knows no master of that name. */
export async function readWord(
  connection: Connection,
  name: string,
  waitMs: number,
): Promise<SentinelWord | undefined> {
  // The first names the promoted server while a failover is under way; the second does not yet.
  const [place, described] = await Promise.all([
    connection.call('sentinel', ['get-master-addr-by-name', name], { waitMs }),
    connection.call('sentinel', ['master', name], { waitMs }).catch((thrown: unknown) => {
      // Unknown, or not ours to ask: then every word counts as equally new.
      if (['rejected', 'auth'].includes(kindOf(thrown))) return null;
      throw thrown;
    }),
  ]);
  const [host = '', port = ''] = textsOf(place);
  const address = addressOf(host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
  return address === undefined ? undefined : { ...address, epoch: epochIn(described) };
}
