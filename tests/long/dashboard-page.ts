/** A gateway with an origin behind it, and its dashboard open in a real browser. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { ask } from '../fakes/client.js';
import { openGateway, TOKEN, type RunningGateway } from '../fakes/gateway.js';
import { openOrigin, type Origin } from '../fakes/origin.js';
import { settle } from '../fakes/waiting.js';
import { openChromium } from '../servers/chromium.js';

/** For what the page shows within a second or two; far more than it ever needs. */
const SHOWN_MS_MAX = 20_000;
/** A history that has a point. */
const A_POINT = '"points":[[';

export interface Opened {
  readonly page: Page;
  /** What the browser complained of: errors, warnings, violations of the policy, bad answers. */
  readonly complaints: string[];
  readonly urls: string[];
}

export interface DashboardHouse {
  readonly origin: Origin;
  running(): RunningGateway;
  open(options?: BrowserContextOptions): Promise<Opened>;
  /** What X-Cache says. */
  kindOf(path: string): Promise<string | undefined>;
  stop(): Promise<void>;
  /** The clock is turned, and the gateway has looked at its numbers since. */
  aMinuteLater(): Promise<void>;
  /** On the same ports as before. */
  startAgain(): Promise<void>;
  close(): Promise<void>;
}

function yamlFor(origin: Origin): string {
  return `
upstreams: { some: { url: "${origin.url}" } }
routes:
  - { path: /c/**, upstream: some, cache: { ttl: 300s, tags: [c] } }
  - { path: /d/**, upstream: some, cache: { ttl: 300s, tags: [d] } }
`;
}

async function openPage(
  browser: Browser,
  port: number,
  options: BrowserContextOptions,
): Promise<Opened> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(SHOWN_MS_MAX);
  const complaints: string[] = [];
  const urls: string[] = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('request', (request) => urls.push(request.url()));
  page.on('response', (answer) => {
    if (answer.status() >= 400) complaints.push(`${answer.status()}: ${answer.url()}`);
  });
  await page.goto(`http://127.0.0.1:${port}/dashboard`);
  await page.waitForSelector('[data-ready=yes]');
  return { page, complaints, urls };
}

export async function openHouse(): Promise<DashboardHouse> {
  const origin = await openOrigin();
  const browser = await openChromium();
  const environment = { OPERATIONS_TOKEN: TOKEN };
  let running = await openGateway(yamlFor(origin), { environment });
  const { operationsPort } = running;
  return {
    origin,
    running: () => running,
    open: (options = {}) => openPage(browser, operationsPort, options),
    kindOf: async (path) => (await ask(running.port, path)).headers['x-cache'],
    stop: () => running.close(),
    async aMinuteLater() {
      running.clock.turn(70_000);
      // It looks once a second; what comes before the first look since then belongs to no window.
      const path = '/api/performance/history?series=entries&span=1m';
      const hasLooked = async () => (await ask(operationsPort, path)).body.includes(A_POINT);
      while (!(await hasLooked())) await settle();
    },
    async startAgain() {
      const again = { ...environment, OPERATIONS_PORT: String(operationsPort) };
      running = await openGateway(yamlFor(origin), { environment: again });
    },
    async close() {
      await browser.close();
      await running.close();
      await origin.close();
    },
  };
}

export async function unlock(page: Page, token = TOKEN): Promise<void> {
  await page.fill('#token', token);
  await page.press('#token', 'Enter');
}

export async function unlocked(page: Page): Promise<void> {
  await unlock(page);
  await page.waitForSelector('[data-operator=yes]');
}

/** Waits until an element says something like this. */
export async function says(page: Page, id: string, pattern: RegExp): Promise<void> {
  await page.locator(`#${id}`).filter({ hasText: pattern }).waitFor();
}
