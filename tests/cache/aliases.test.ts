/** Aliases: what lets the lane find a key, and no more of them than there may be. */
import { describe, expect, it } from '@jest/globals';
import { openAliases } from '../../src/cache/aliases.js';
import { openTallies } from '../../src/cache/tally.js';

const tally = openTallies(() => ({ record: () => undefined })).of('/r');
const to = (key: string) => ({ key, partition: 'anon', tally, sought: undefined, lookFromMs: 0 });

describe('aliases', () => {
  it('belong to one caller, one host and one url', () => {
    const aliases = openAliases(10);
    aliases.set('p', 'h', '/u', to('k'));
    expect(aliases.get('p', 'h', '/u')?.key).toBe('k');
    expect(aliases.get('q', 'h', '/u')).toBeUndefined();
    expect(aliases.get('p', 'i', '/u')).toBeUndefined();
    expect(aliases.get('p', 'h', '/u?')).toBeUndefined();
    expect(aliases.get('p', '', 'h\n/u')).toBeUndefined();
  });

  it('case 86: are forgotten from the oldest on when a flood invents new ones', () => {
    const aliases = openAliases(100);
    for (let nth = 0; nth < 10_000; nth += 1) aliases.set('p', 'h', `/${nth}`, to(`k${nth}`));
    expect(aliases.stats()).toEqual({ entries: 100, entriesMax: 100 });
    expect(aliases.get('p', 'h', '/9899')).toBeUndefined();
    expect(aliases.get('p', 'h', '/9900')?.key).toBe('k9900');
    aliases.set('p', 'h', '/9900', to('newer'));
    expect(aliases.get('p', 'h', '/9900')?.key).toBe('newer');
    expect(aliases.stats().entries).toBe(100);
  });

  it('are all gone after the rules have changed, and come again', () => {
    const aliases = openAliases(2);
    for (let nth = 0; nth < 5; nth += 1) aliases.set('p', 'h', `/${nth}`, to('k'));
    aliases.clear();
    expect(aliases.stats().entries).toBe(0);
    for (let nth = 0; nth < 5; nth += 1) aliases.set('p', 'h', `/${nth}`, to('k'));
    expect(aliases.stats().entries).toBe(2);
    expect(aliases.get('p', 'h', '/4')).toBeDefined();
  });
});
