import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';

/** What a page did that it must not do. */
export interface Watch {
  /** Fails when a script from outside ran, a policy was broken, anything was fetched from elsewhere, or an error was thrown. */
  check(): Promise<void>;
}

export interface WatchedPageOptions {
  readonly width?: number; // pixels
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly reducedMotion?: 'reduce' | 'no-preference';
}

/** The name that hostile texts try to set on the window. */
export const HOOK = '__ran';

/** How long a page may take for one thing that is waited for, milliseconds. */
const STEP = 40_000;

/** A page of its own context that is watched: scripts, dialogs, requests, policy violations, errors. */
export async function watchedPage(
  test: TestContext,
  browser: Browser,
  origin: string,
  { width = 1360, height = 860, colorScheme = 'light', reducedMotion = 'reduce' }: WatchedPageOptions = {},
): Promise<{ readonly page: Page; readonly watch: Watch }> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion });
  test.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(STEP);
  const wrong: string[] = [];
  await page.addInitScript((hook) => {
    Object.defineProperty(window, hook, {
      get: () => () => {
        document.documentElement.dataset.ran = 'yes';
      },
      set: () => {
        document.documentElement.dataset.ran = 'yes';
      },
    });
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => {
      const before = document.documentElement.dataset.violations ?? '';
      document.documentElement.dataset.violations = `${before}${violatedDirective} ${blockedURI} ${sample}; `;
    });
  }, HOOK);
  page.on('dialog', (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
  page.on('popup', () => wrong.push('another window'));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/^Failed to load resource/.test(message.text()))
      wrong.push(`console: ${message.text()}`);
  });
  await page.route('**/*', (route) => {
    const url = route.request().url();
    if (url.startsWith(origin)) return route.continue();
    wrong.push(`request: ${url}`);
    return route.abort();
  });
  const watch: Watch = {
    async check() {
      const marks: DOMStringMap = await page
        .evaluate(() => ({ ...document.documentElement.dataset }))
        .catch(() => ({})); // it has been led away, which is among the wrongs
      const all = [
        ...wrong,
        ...(marks.ran === undefined ? [] : ['a script from outside ran']),
        ...(marks.violations === undefined ? [] : [`the policy was broken: ${marks.violations}`]),
        ...(page.url().startsWith(origin) ? [] : [`it went to ${page.url()}`]),
      ];
      assert.deepEqual(all, []);
    },
  };
  return { page, watch };
}
