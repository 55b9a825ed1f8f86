// The dashboard of a running cluster, in a real browser. For the integration tests.
//   rmctl ui --show-url | node real.mjs --packages DIR [options]
// The address that rmctl prints, with its one-time code, comes on standard input or in a file.
//   --url-file FILE      read the address from FILE
//   --app ID             the application to look at; without it the newest that runs, or has run
//   --expect-nodes N     so many nodes must be up
//   --expect-live 1      a progress bar of the application must move without a reload
//   --expect-name TEXT   some application has this name, shown as text
//   --screenshot FILE    writes a picture of the overview
// HEDDLE_SERVER, when set, must be where the address points.

import { readFileSync } from 'node:fs';

import { accessibilityFaults, Browser, check, commandLine, equal, eventually, runTests, test } from './harness.mjs';

const options = commandLine();
const input = readFileSync(options['url-file'] ?? 0, 'utf8');
const address = /https?:\/\/\S+/.exec(input)?.[0];
if (!address) throw new Error('no address with a one-time code on standard input');
const server = new URL(address).origin;
if (process.env.HEDDLE_SERVER && new URL(process.env.HEDDLE_SERVER).host !== new URL(server).host) {
  throw new Error(`the address is of ${server}, HEDDLE_SERVER is ${process.env.HEDDLE_SERVER}`);
}

const browser = await Browser.start(options.packages);
let session; // the cookies that the one-time code gave

/** A page with the session. */
const visit = (path, body, width = 1280, scheme = 'light') =>
  browser.visit(`${server}${path}`, { width, scheme, cookies: session }, body);

const ready = (page) => page.waitForSelector('.connection.live');

async function sound(page, what) {
  equal(await page.locator('h1').count(), 1, `${what}: headings`);
  equal(await page.locator('.failure').count(), 0, `${what}: failures shown`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(over <= 0, `${what} is ${over} pixels wider than the window`);
}

test('the one-time code gives a strict session, once', async () => {
  session = await browser.visit(address, {}, async (page) => {
    await page.waitForSelector('.health');
    check(!page.url().includes('code='), `the code is still in the address ${page.url()}`);
    const cookies = await page.context().cookies();
    check(cookies.length > 0, 'a cookie is set');
    for (const cookie of cookies) {
      check(cookie.httpOnly, `${cookie.name} is HttpOnly`);
      equal(cookie.sameSite, 'Strict', `SameSite of ${cookie.name}`);
    }
    return cookies;
  });
  await browser.visit(address, {}, (page) =>
    page.getByRole('heading', { name: 'This browser is not signed in' }).waitFor(),
  );
});

test('the overview shows the cluster live', () =>
  visit('/', async (page) => {
    await page.waitForSelector('.loom li');
    await ready(page);
    await sound(page, 'overview');
    if (options['expect-nodes']) {
      equal(await page.locator('.node-tile.up').count(), Number(options['expect-nodes']), 'nodes up');
    }
    const faults = await accessibilityFaults(page, options.packages);
    check(faults.length === 0, faults.join('; '));
    if (options.screenshot) await page.screenshot({ path: options.screenshot, fullPage: true });
  }));

test('every page opens, wide and narrow', async () => {
  for (const [width, scheme] of [[1280, 'light'], [360, 'dark']]) {
    await visit(
      '/nodes',
      async (page) => {
        await page.locator('tbody tr a').first().click();
        await page.waitForURL(/\/nodes\/./);
        await page.getByRole('heading', { name: 'Resources' }).waitFor();
        await ready(page);
        await sound(page, 'node');
      },
      width,
      scheme,
    );
    const app = await newest();
    for (const view of ['work', 'executors', 'storage', 'containers']) {
      await visit(
        `/apps/${app}?view=${view}`,
        async (page) => {
          await page.waitForSelector('.life');
          await ready(page);
          await eventually(async () => (await page.locator('.loading').count()) === 0, `${view} is loaded`);
          await sound(page, `application, ${view}`);
        },
        width,
        scheme,
      );
    }
  }
});

test('the log of a container is shown', async () => {
  const app = await newest();
  await visit(`/apps/${app}?view=containers`, async (page) => {
    await page.getByRole('link', { name: /^Logs/ }).first().click();
    await page.waitForURL(/\/containers\/.+\/logs/);
    await page.waitForSelector('.log, .empty');
    await sound(page, 'logs');
  });
});

if (options['expect-live']) {
  test('a progress bar moves without a reload', async () => {
    const app = await newest();
    await visit(`/apps/${app}?view=work`, async (page) => {
      const sum = () =>
        page
          .getByRole('progressbar')
          .evaluateAll((bars) => bars.reduce((all, bar) => all + Number(bar.ariaValueNow ?? bar.getAttribute('aria-valuenow')), 0));
      await page.getByRole('progressbar').first().waitFor({ timeout: 30_000 });
      await page.evaluate(() => (window.sameDocument = true));
      const before = await sum();
      await eventually(async () => (await sum()) > before, 'progress', 30_000);
      check(await page.evaluate(() => window.sameDocument), 'the document is the same');
    });
  });
}

if (options['expect-name']) {
  test('a given name is shown as text', () =>
    visit('/apps', async (page) => {
      await page.waitForSelector('tbody tr');
      const names = await page.locator('tbody th .name').allTextContents();
      check(names.includes(options['expect-name']), `not among ${JSON.stringify(names)}`);
      equal(await page.evaluate(() => window.pwned), undefined, 'window.pwned');
    }));
}

/** The application to look at. */
async function newest() {
  if (options.app) return options.app;
  return visit('/apps?state=RUNNING', async (page) => {
    await page.waitForSelector('tbody tr, .empty');
    if ((await page.locator('tbody tr').count()) === 0) await page.goto(`${server}/apps`);
    const link = page.locator('tbody th a').first();
    await link.waitFor();
    return decodeURIComponent(new URL(await link.getAttribute('href'), server).pathname.split('/')[2]);
  });
}

const code = await runTests();
await browser.close();
process.exit(code);
