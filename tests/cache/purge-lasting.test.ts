/** Purges that must hold for answers elsewhere: their fences stay when memory has no need. */
import { describe, expect, it } from '@jest/globals';
import { openPurges } from '../../src/cache/purge.js';
import { entryOf } from '../fakes/entries.js';
import { handClock } from '../fakes/hand-clock.js';

const elsewhere = (epoch: number) => entryOf('k', { epoch, address: 'here/a', tags: [] });

describe('purges that outlast', () => {
  it('keep the fence of a path although nothing is being computed', () => {
    const purges = openPurges(100, handClock());
    purges.fenceFlights(['/a'], 'delete', 0);
    expect(purges.judgeArrival(elsewhere(1))).toBe('live');
    purges.outlast();
    purges.fenceFlights(['/a'], 'delete', 0);
    expect(purges.judgeArrival(elsewhere(1))).toBe('deleted');
    purges.fenceFlights(['/b'], 'delete', 0);
    expect(purges.judgeArrival(elsewhere(1))).toBe('deleted');
    expect(purges.judgeArrival(elsewhere(purges.epoch()))).toBe('live');
  });

  it('keep patterns until half the list is used, then say how far they are forgotten', () => {
    const purges = openPurges(100, handClock(), 10);
    purges.outlast();
    purges.ban(['/a'], 'delete');
    purges.forgetBans(purges.epoch());
    expect(purges.judgeArrival(elsewhere(1))).toBe('deleted');
    expect(purges.forgottenEpoch()).toBe(0);
    for (let nth = 0; nth < 6; nth += 1) purges.ban([`/other/${nth}`], 'delete');
    const upTo = purges.epoch();
    purges.forgetBans(upTo);
    expect(purges.stats().bans).toBe(0);
    expect(purges.forgottenEpoch()).toBe(upTo);
  });
});
