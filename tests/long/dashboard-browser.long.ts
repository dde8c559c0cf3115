/** The dashboard in a real browser: what an operator sees, does, and survives. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TOKEN } from '../fakes/gateway.js';
import { openHouse, says, unlock, unlocked, type DashboardHouse } from './dashboard-page.js';

let house: DashboardHouse;
beforeAll(async () => {
  house = await openHouse();
}, 300_000);
afterAll(() => house.close());
/** A minute later wrong tokens are forgiven. */
beforeEach(() => house.aMinuteLater());

describe('whoever opens the dashboard', () => {
  it('sees that nothing was asked yet, said kindly, and no zero that means nothing', async () => {
    const { page, complaints, urls } = await house.open();
    await says(page, 'health-sentence', /^Nothing was asked yet\.$/);
    await says(page, 'slow-sentence', /^Nothing was computed yet\.$/);
    await says(page, 'hit-rate', /^–$/);
    await says(page, 'change-sentence', /^Too little was asked/);
    expect(await page.locator('.locked:visible').count()).toBe(5);
    expect(complaints).toEqual([]);
    const strangers = urls.filter((url) => !url.startsWith(`${new URL(page.url()).origin}/`));
    expect([urls.length > 12, strangers]).toEqual([true, []]);
    await page.context().close();
  });

  it('sees the numbers move while requests come in, and hears nothing of it', async () => {
    const { page, complaints } = await house.open();
    await page.evaluate(`{
      window.spoken = [];
      const watch = new MutationObserver(() => window.spoken.push(1));
      watch.observe(document.getElementById('spoken'), { childList: true, subtree: true });
    }`);
    await house.kindOf('/c/one');
    for (let nth = 0; nth < 9; nth += 1) await house.kindOf('/c/one');
    await says(page, 'hit-rate', /^90 %$/);
    await says(page, 'requests-note', /^10 so far/);
    await says(page, 'health-sentence', /^90 % of 10 requests in five minutes/);
    await page.waitForSelector('#charts canvas');
    const row = page.locator('#routes tr').first();
    await row.filter({ hasText: '/c/**' }).filter({ hasText: '90 %' }).waitFor();
    await house.kindOf('/c/one');
    await says(page, 'requests-note', /^11 so far/);
    expect(await page.evaluate('window.spoken.length')).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('chooses the theme once', async () => {
    const { page, complaints } = await house.open({ colorScheme: 'light' });
    const paper = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const light = await paper();
    await page.click('#theme');
    const dark = await paper();
    expect(dark).not.toBe(light);
    await page.reload();
    await page.waitForSelector('[data-ready=yes]');
    expect([await paper(), await page.textContent('#theme')]).toEqual([dark, 'Light']);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it.each([360, 768, 1440])('never has to scroll sideways, at %d pixels', async (width) => {
    const { page } = await house.open({ viewport: { width, height: 800 } });
    await house.kindOf(`/c/${'long-'.repeat(60)}`);
    await house.kindOf(`/c/${'long-'.repeat(60)}`);
    const scrolls = () => page.evaluate<number>('document.documentElement.scrollWidth');
    expect(await scrolls()).toBeLessThanOrEqual(width);
    await unlocked(page);
    await page.locator('#top tr').first().waitFor();
    expect(await scrolls()).toBeLessThanOrEqual(width);
    await page.context().close();
  });
});

describe('the operator token', () => {
  it('opens the panels, lies in no storage or address, and is gone when locked', async () => {
    const { page, urls } = await house.open();
    await unlock(page, 'x'.repeat(40));
    await says(page, 'token-said', /^That is not the operator token of this gateway\.$/);
    expect(await page.locator('#flights:visible').count()).toBe(0);
    await unlocked(page);
    await says(page, 'link', /^live$/);
    expect(await page.locator('.locked:visible').count()).toBe(0);
    const kept = await page.evaluate<string>(
      `JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie,
        document.getElementById('token').value, document.documentElement.outerHTML])`,
    );
    expect(kept).not.toContain(TOKEN);
    expect(urls.filter((url) => url.includes(TOKEN))).toEqual([]);
    await page.click('#token-forget');
    await page.waitForSelector('[data-operator=no]');
    await page.waitForSelector('#token:visible');
    expect(await page.locator('#top tr').count()).toBe(0);
    await page.context().close();
  });
});

describe('an operator', () => {
  it('sees why an answer is a hit, purges it, and sees that it would be a miss', async () => {
    const { page, complaints } = await house.open();
    await unlocked(page);
    await house.kindOf('/d/one');
    expect(await house.kindOf('/d/one')).toBe('HIT');
    const explain = async (verdict: RegExp): Promise<void> => {
      await page.fill('#explain-url', `http://127.0.0.1:${house.running().port}/d/one`);
      await page.press('#explain-url', 'Enter');
      await says(page, 'explain-out', verdict);
    };
    await explain(/^hit A fresh answer is stored\./);
    await page.selectOption('#purge-type', 'tag');
    await page.fill('#purge-selector', 'd');
    await page.check('[data-mode=delete]');
    await page.click('#purge-go');
    await says(page, 'purge-said', /^Done: tag d\./);
    await explain(/^miss Nothing is stored for it/);
    expect(await house.kindOf('/d/one')).toBe('MISS');
    const order = page.locator('#orders li').first();
    await order
      .filter({ hasText: 'tag: d' })
      .filter({ hasText: /everywhere in [\d.]+ ms/ })
      .waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is asked before everything goes, and may keep it', async () => {
    const { page } = await house.open();
    await unlocked(page);
    await house.kindOf('/d/kept');
    await page.selectOption('#purge-type', 'all');
    await page.check('[data-mode=delete]');
    await page.click('#purge-go');
    await page.click('#sure-no');
    expect(await house.kindOf('/d/kept')).toBe('HIT');
    await page.click('#purge-go');
    await page.click('#sure-yes');
    await says(page, 'purge-said', /^Done: everything\./);
    expect(await house.kindOf('/d/kept')).toBe('MISS');
    await page.context().close();
  });

  it('sees a computation with its waiters until it is done', async () => {
    const { page } = await house.open();
    await unlocked(page);
    const held: (() => void)[] = [];
    house.origin.answer((_req, res) => held.push(() => res.end('late')));
    const callers = [1, 2, 3].map(() => house.kindOf('/c/slow'));
    const flight = page.locator('#flights li').filter({ hasText: '/c/slow' });
    await flight.filter({ hasText: '3 callers waiting' }).waitFor();
    for (const release of held) release();
    house.origin.answer(undefined);
    await Promise.all(callers);
    await flight.waitFor({ state: 'detached' });
    await page.context().close();
  });

  it('cases 112 and 116: sees markup as the text that it is', async () => {
    const { page, complaints } = await house.open();
    await unlocked(page);
    const evil = '<img/src=x/onerror=document.title=1>';
    await page.selectOption('#purge-type', 'tag');
    await page.fill('#purge-selector', evil);
    await page.click('#purge-go');
    await says(page, 'purge-said', /onerror/);
    await page.fill('#explain-url', `/c/${evil}`);
    await page.press('#explain-url', 'Enter');
    await says(page, 'explain-out', /./);
    await house.kindOf(`/c/one?x=${encodeURIComponent(evil)}`);
    expect(await page.locator('#page img[src=x]').count()).toBe(0);
    expect(await page.title()).toMatch(/Leyden/);
    expect(complaints.filter((one) => !one.startsWith('4') && !one.includes('422'))).toEqual([]);
    await page.context().close();
  });
});
