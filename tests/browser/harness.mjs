// A small test runner around one browser: every page that a test opens is watched for requests to
// other hosts, violations of the content security policy, and uncaught errors.

import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const kBrowsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const kLimit = 180_000; // milliseconds for one test: generous, because a busy machine is no fault of the page

const tests = [];
export const test = (name, body) => tests.push({ name, body });

export function check(condition, message) {
  if (!condition) throw new Error(message);
}

export function equal(found, wanted, what) {
  if (found !== wanted) {
    throw new Error(`${what}: expected ${JSON.stringify(wanted)}, found ${JSON.stringify(found)}`);
  }
}

/** Waits until `condition` gives something truthy, and returns it. */
export async function eventually(condition, what, limit = 10_000) {
  const end = Date.now() + limit;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${limit} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

export class Browser {
  static async start(packages) {
    const { chromium } = createRequire(resolve(packages, 'package.json'))('playwright-core');
    const executablePath = process.env.CHROMIUM ?? kBrowsers.find((path) => existsSync(path));
    if (!executablePath) throw new Error('no chromium found: install the package chromium, or set CHROMIUM');
    const started = new Browser();
    started.chromium = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
    return started;
  }

  close() {
    return this.chromium.close();
  }

  /** Runs `body(page)` on a fresh page of a fresh profile, then asserts that nothing forbidden happened. */
  async visit(url, options, body) {
    const context = await this.chromium.newContext({
      viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
      colorScheme: options.scheme ?? 'light',
      reducedMotion: options.reducedMotion ?? 'no-preference',
    });
    if (options.cookies) await context.addCookies(options.cookies);
    const faults = [];
    const host = new URL(url).host;
    context.on('request', (request) => {
      const asked = new URL(request.url());
      if (asked.protocol !== 'data:' && asked.host !== host) faults.push(`request to ${asked.href}`);
    });
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(`uncaught: ${error.message}`));
    page.on('console', (message) => {
      if (/policy/i.test(message.text())) faults.push(message.text());
    });
    page.on('dialog', (dialog) => {
      faults.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    try {
      await page.goto(url);
      const result = await body(page);
      if (faults.length > 0) throw new Error(faults.join('; '));
      return result;
    } catch (error) {
      if (faults.length > 0 && !error.message.includes(faults[0])) {
        error.message += ` (also: ${faults.join('; ')})`;
      }
      throw error;
    } finally {
      await context.close();
    }
  }
}

/** Runs what test() collected and has `only` in its name, `beside` at a time; prints the sum and returns the
 *  exit code. */
export async function runTests(beside = 1, only = '') {
  let failed = 0;
  const chosen = tests.filter(({ name }) => name.includes(only));
  const waiting = chosen.values();
  const work = async () => {
    for (const { name, body } of waiting) {
      const started = Date.now();
      try {
        await Promise.race([body(), limit(name)]);
        console.log(`ok      ${name} (${Date.now() - started} ms)`);
      } catch (error) {
        failed++;
        console.log(`FAILED  ${name}\n        ${error.stack.split('\n').slice(0, 4).join('\n        ')}`);
      }
    }
  };
  await Promise.all(Array.from({ length: beside }, work));
  console.log(`${chosen.length - failed} passed, ${failed} failed`);
  return failed === 0 && chosen.length > 0 ? 0 : 1;
}

function limit(name) {
  return new Promise((_, fail) => {
    setTimeout(() => fail(new Error(`${name} took longer than ${kLimit} ms`)), kLimit).unref();
  });
}

const kLevels = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] };
export const kColours = { type: 'rule', values: ['color-contrast'] };

/** The accessibility rules of WCAG 2 A and AA that the page breaks, in words. */
export async function accessibilityFaults(page, packages, runOnly = kLevels) {
  await page.evaluate(createRequire(resolve(packages, 'package.json'))('axe-core').source);
  return page.evaluate(async (only) => {
    const { violations } = await window.axe.run(document, { runOnly: only, resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map((node) => `${id}: ${node.target.join(' ')} ${node.any[0]?.message ?? ''}`),
    );
  }, runOnly);
}

export function commandLine() {
  const options = {};
  for (let i = 2; i < process.argv.length; i += 2) options[process.argv[i].slice(2)] = process.argv[i + 1];
  return options;
}
