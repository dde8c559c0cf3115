/** Where answers were asked for: the keys of each address, and the hosts of which any is held. */
import type { Entry } from './entry.js';

export interface AddressIndex {
  add(entry: Entry): void;
  remove(entry: Entry): void;
  keysAt(address: string): readonly string[];
  hosts(): readonly string[];
  clear(): void;
}

export function openAddressIndex(): AddressIndex {
  // Nearly every address has one key, and a set for each would weigh more than a small answer.
  const byAddress = new Map<string, string | Set<string>>();
  /** How many addresses of each host are held. */
  const byHost = new Map<string, number>();
  const countHost = (address: string, by: number): void => {
    const host = address.slice(0, address.indexOf('/'));
    const count = (byHost.get(host) ?? 0) + by;
    if (count === 0) byHost.delete(host);
    else byHost.set(host, count);
  };
  return {
    add({ address, key }) {
      const there = byAddress.get(address);
      if (there === undefined) {
        byAddress.set(address, key);
        countHost(address, 1);
      } else if (typeof there !== 'string') there.add(key);
      else if (there !== key) byAddress.set(address, new Set([there, key]));
    },
    remove({ address, key }) {
      const there = byAddress.get(address);
      if (there === undefined) return;
      if (typeof there === 'string') {
        if (there !== key) return;
      } else {
        there.delete(key);
        if (there.size > 0) return;
      }
      byAddress.delete(address);
      countHost(address, -1);
    },
    keysAt(address) {
      const there = byAddress.get(address);
      if (there === undefined) return [];
      return typeof there === 'string' ? [there] : [...there];
    },
    hosts: () => [...byHost.keys()],
    clear() {
      byAddress.clear();
      byHost.clear();
    },
  };
}
