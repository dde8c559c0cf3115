/** A fleet without a journal: the nodes of one test agree because the test tells them all. */
import { Failure } from '../../src/errors.js';
import type { Fleet, Lead, Released } from '../../src/cache/fleet.js';
import type { FleetParts, OpenFleet } from '../../src/second-slice.js';

export interface StubFleet {
  readonly openFleet: OpenFleet;
  /** Every node has heard of all purges until now. */
  purged(): void;
  /** From now on it is another journal: nobody knows what the old marks meant. */
  lose(): void;
  /** Nobody knows where the fleet stands. */
  unknown(isUnknown: boolean): void;
  /** Families that somebody computes now. */
  readonly leads: ReadonlyMap<string, unknown>;
}

interface Holding {
  readonly over: Promise<Released>;
}

export function stubFleet(): StubFleet {
  const nodes: { readonly parts: FleetParts; readonly epochs: Map<number, number> }[] = [];
  const leads = new Map<string, Holding>();
  let journal = 1;
  let seq = 0;
  let isUnknown = false;

  const contend = async (key: string): Promise<Lead> => {
    const held = leads.get(key);
    if (held !== undefined) {
      const how = await held.over;
      return how === 'failed'
        ? { kind: 'failed', failure: new Failure('connect') }
        : { kind: 'landed' };
    }
    let end: (how: Released) => void = () => undefined;
    const over = new Promise<Released>((resolve) => {
      end = resolve;
    });
    leads.set(key, { over });
    return {
      kind: 'lead',
      release(how) {
        leads.delete(key);
        end(how);
        return Promise.resolve();
      },
    };
  };
  const openFleet: OpenFleet = (parts): Fleet => {
    const node = { parts, epochs: new Map([[seq, parts.rooms.purges.epoch()]]) };
    nodes.push(node);
    return {
      mark: () => (isUnknown ? undefined : { journal: `test ${journal}`, seq }),
      epochAt: (mark) =>
        mark.journal === `test ${journal}` ? node.epochs.get(mark.seq) : undefined,
      lead: contend,
    };
  };
  const remember = (): void => {
    for (const { parts, epochs } of nodes) epochs.set(seq, parts.rooms.purges.epoch());
  };
  return {
    ...{ openFleet, leads },
    purged() {
      seq += 1;
      remember();
    },
    lose() {
      journal += 1;
      seq = 0;
      for (const { epochs } of nodes) epochs.clear();
      remember();
    },
    unknown(next) {
      isUnknown = next;
    },
  };
}
