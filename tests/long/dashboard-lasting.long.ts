/** The dashboard that stays open: through a restart, and with a keyboard alone. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { TOKEN } from '../fakes/gateway.js';
import { openHouse, says, unlocked, type DashboardHouse } from './dashboard-page.js';

let house: DashboardHouse;
beforeAll(async () => {
  house = await openHouse();
}, 300_000);
afterAll(() => house.close());

interface Focused {
  readonly id: string;
  readonly name: string;
  readonly seen: boolean;
}

/** Who has the focus: what it is called, and whether one can see that it has it. */
const FOCUSED = `(() => {
  const one = document.activeElement;
  const labels = [...(one.labels ?? [])].map((label) => label.textContent.trim()).join(' ');
  const ref = document.getElementById(one.getAttribute('aria-labelledby') ?? '')?.textContent;
  const name = one.getAttribute('aria-label') ?? ref ?? (labels || one.textContent.trim());
  const mark = one.matches('.spans input') ? one.nextElementSibling : one;
  const { outlineStyle, outlineWidth } = getComputedStyle(mark);
  const seen = outlineStyle !== 'none' && outlineWidth !== '0px';
  return { id: one.id || one.dataset.span || one.dataset.mode || one.tagName, name, seen };
})()`;

async function walk(page: Page, untilId: string, stepsMax = 80): Promise<Focused[]> {
  const steps: Focused[] = [];
  for (let nth = 0; nth < stepsMax; nth += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate<Focused>(FOCUSED);
    steps.push(focused);
    if (focused.id === untilId) return steps;
  }
  throw new Error(`${untilId} was never reached: ${steps.map(({ id }) => id).join(' ')}`);
}

describe('with the keyboard alone', () => {
  it('an operator unlocks, changes the charts, purges, and always sees where he is', async () => {
    await house.kindOf('/c/one');
    const { page } = await house.open();
    const first = await walk(page, 'token');
    expect(first[0]?.name).toBe('Skip to the numbers');
    await page.keyboard.type(TOKEN);
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-operator=yes]');
    await page.waitForSelector('#token-forget:focus');
    const charts = await walk(page, '5m');
    await page.keyboard.press('ArrowLeft');
    expect(await page.locator('[data-span="1m"]').isChecked()).toBe(true);
    const purge = await walk(page, 'purge-selector');
    await page.keyboard.type('c');
    const mode = await walk(page, 'stale');
    await page.keyboard.press('ArrowRight');
    const go = await walk(page, 'purge-go');
    await page.keyboard.press('Enter');
    await says(page, 'purge-said', /^Done: tag c\./);
    expect(await house.kindOf('/c/one')).toBe('MISS');
    const all = [...first, ...charts, ...purge, ...mode, ...go];
    expect(all.filter(({ name, seen }) => name === '' || !seen)).toEqual([]);
    await page.context().close();
  });

  it('the focus stays on a row while its numbers change', async () => {
    const { page } = await house.open();
    await unlocked(page);
    const row = page.locator('#routes tr', { hasText: '/d/**' });
    await row.locator('button').focus();
    await house.kindOf('/d/one');
    await house.kindOf('/d/one');
    await row.filter({ hasText: '50 %' }).waitFor();
    expect(await row.locator('button:focus').count()).toBe(1);
    await page.context().close();
  });
});

describe('when the gateway is started anew', () => {
  it('the page says that it reconnects, comes back by itself, and keeps its token', async () => {
    const { page } = await house.open();
    await unlocked(page);
    await house.kindOf('/c/before');
    await house.stop();
    await says(page, 'link', /^reconnecting…/);
    await says(page, 'spoken', /reconnecting/);
    await house.startAgain();
    await says(page, 'link', /^live$/);
    await says(page, 'spoken', /Connected again/);
    await says(page, 'requests-note', /^0 so far/);
    await house.kindOf('/c/after');
    await says(page, 'requests-note', /^1 so far/);
    await page.waitForSelector('[data-operator=yes]');
    await page.context().close();
  });
});
