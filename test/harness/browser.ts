import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import type { Person } from './person.ts';

const PICTURES = fileURLToPath(new URL('../test-results/', import.meta.url));

export const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.WEIR_TEST_CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
}

export interface PageOptions extends BrowserContextOptions {
  /** Who is signed in. */
  readonly as?: Person;
  /** What the page may complain of, since the test provokes it. */
  readonly expects?: RegExp;
}

/**
 * A page of somebody's own browser at the hub, until the end of the test. The test fails when the page throws, logs an error or breaks its content
 * security policy; of a test that fails there is a picture in test-results.
 */
export async function openPage(
  browser: Browser,
  hubUrl: string,
  { as, expects, ...options }: PageOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ baseURL: hubUrl, ...options });
  context.setDefaultTimeout(60_000);
  if (as) {
    const { username: login, password } = as;
    const response = await context.request.post('/trpc/accounts.login', { data: { login, password } });
    if (!response.ok()) throw new Error(`signing in was answered with ${response.status()}`);
  }
  const page = await context.newPage();
  const complaints: string[] = [];
  const hear = (text: string) => {
    if (!expects?.test(text)) complaints.push(text);
  };
  page.on('pageerror', (error) => hear(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') hear(message.text());
  });
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') {
      await mkdir(PICTURES, { recursive: true });
      const name = `${task.name}-${as?.username ?? 'anonymous'}`.replaceAll(/[^\w-]+/g, '-');
      await page.screenshot({ path: `${PICTURES}${name}.png`, fullPage: true });
    }
    await context.close();
    if (complaints.length > 0) throw new Error(`the page complained:\n${complaints.join('\n')}`);
  });
  return page;
}

/** Pixels by which the page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}
