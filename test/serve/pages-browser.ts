/** A browser for the pages of `fettle serve`. */

import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { TOKENS } from './pages-project.ts';

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}

/** A browser window of a caller, who has typed the token as the password. */
export function windowOf(
  browser: Browser,
  caller: keyof typeof TOKENS,
  more: { readonly width?: number; readonly dark?: boolean } = {},
): Promise<BrowserContext> {
  return browser.newContext({
    httpCredentials: { username: 'me', password: TOKENS[caller] },
    viewport: { width: more.width ?? 1100, height: 800 },
    colorScheme: more.dark === true ? 'dark' : 'light',
  });
}
