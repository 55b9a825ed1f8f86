// The dashboard of a running cluster, in a real browser. real.py starts one and calls this; by hand:
//   rmctl ui | node real.mjs --packages DIR [options]
// The address that rmctl prints, with its one-time code, comes on standard input or in a file.
//   --url-file FILE          read the address from FILE
//   --app ID                 the application to look at; without it the newest that runs, or has run
//   --expect-nodes N         so many nodes must be up
//   --expect-executors N     so many executors of the application must be up
//   --expect-name TEXT       some application has this name, shown as text
//   --gate DIR               the application is a held_job at this gate: let its tasks go, one by one
//   --submit-failing COMMAND submits a held_job that will fail, at the gate --failing-gate DIR
//   --gpu-node NAME --gpu-holder ID --gpu-waiter ID   a node whose two gpus the first has, the second wants one
//   --agent-pid PID --agent-name NAME   a node agent to kill
//   --screenshot FILE        writes a picture of the overview
// HEDDLE_SERVER, when set, must be where the address points.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

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

const live = (page) => page.waitForSelector('.connection.live');

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
    await live(page);
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
        await live(page);
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
          await live(page);
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

const letGo = (gate, task, word = 'go') => writeFileSync(join(gate, String(task)), `${word}\n`);

if (options['expect-executors']) {
  test('executors are shown, each with a way to its log', async () => {
    const app = await newest();
    await visit(`/apps/${app}?view=executors`, async (page) => {
      const wanted = Number(options['expect-executors']);
      const up = page.locator('tbody td .state', { hasText: /^up$/ });
      await eventually(async () => (await up.count()) === wanted, `${wanted} executors`, 30_000);
      await sound(page, 'executors');
    });
  });
}

if (options.gate) {
  let stage; // the address of the held job's stage

  test('a job moves when its tasks do, without a reload', async () => {
    const app = await newest();
    await visit(`/apps/${app}?view=work`, async (page) => {
      await live(page);
      const bar = page.getByRole('progressbar', { name: 'Tasks of job 0' });
      await bar.waitFor({ timeout: 30_000 });
      await page.evaluate(() => (window.sameDocument = true));
      const done = async (wanted) => (await bar.getAttribute('aria-valuenow')) === String(wanted);
      check(await done(0), 'no task has passed the gate');
      letGo(options.gate, 0);
      await eventually(() => done(1), 'one task done');
      letGo(options.gate, 1);
      letGo(options.gate, 2);
      await eventually(() => done(3), 'three tasks done');
      check(await page.evaluate(() => window.sameDocument), 'the document is the same');
      await page.locator('tbody a[href*="/stages/"]').first().click();
      await page.waitForURL(/\/stages\//);
      stage = new URL(page.url()).pathname;
      await page.locator('tbody .state', { hasText: 'running' }).first().waitFor();
      await sound(page, 'stage');
    });
  });

  test('the log of its master is shown live, and is known to have ended', async () => {
    const app = await newest();
    await visit(`/apps/${app}?view=containers`, async (page) => {
      await page.getByRole('link', { name: 'Logs of its master' }).click();
      const log = page.getByRole('log');
      await log.getByText('waiting at the gate').waitFor();
      await page.getByRole('button', { name: 'Pause' }).waitFor();
      for (const task of [3, 4, 5]) letGo(options.gate, task);
      await log.getByText('6 tasks passed').waitFor({ timeout: 20_000 });
      await eventually(
        async () => (await page.getByRole('button', { name: /Pause|Follow/ }).count()) === 0,
        'nothing to pause once the container has ended',
        20_000,
      );
    });
  });

  test('an application that succeeded looks so', async () => {
    const app = await newest();
    await visit(`/apps/${app}?view=containers`, async (page) => {
      await page.locator('.heading .state.good').getByText('succeeded').waitFor({ timeout: 20_000 });
      const rows = page.locator('tbody tr');
      await eventually(async () => (await rows.count()) > 1, 'its containers');
      equal(await page.locator('tbody .state.bad').count(), 0, 'containers that look failed');
      await sound(page, 'finished application');
      await page.goto(server + stage);
      await page.getByText('Stages are shown while an application runs').waitFor();
      await sound(page, 'a stage of it');
    });
  });
}

if (options['submit-failing']) {
  test('an application that failed says why and how long it ran', async () => {
    mkdirSync(options['failing-gate']);
    letGo(options['failing-gate'], 0, 'throw');
    for (let task = 1; task < 6; task++) letGo(options['failing-gate'], task);
    const [program, ...rest] = options['submit-failing'].split(' ');
    const told = execFileSync(program, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    const app = /application_\d+_\d+/.exec(told)?.[0];
    check(app, `no application in ${told}`);
    await visit(`/apps/${app}?view=containers`, async (page) => {
      await page.getByRole('heading', { name: 'Why it failed' }).waitFor({ timeout: 30_000 });
      await page.locator('.heading .state.bad').waitFor();
      const ran = page.locator('.life li', { hasText: 'Ran' });
      check(/\d (ms|s)/.test(await ran.textContent()), `it ran for some time: ${await ran.textContent()}`);
      await sound(page, 'failed application');
    });
  });
}

if (options['gpu-node']) {
  test('a node with gpus and an ask for one are shown with them', async () => {
    const bar = (within) => within.getByRole('meter', { name: /^gpu/ });
    const taken = async (meter, what) => equal(await meter.getAttribute('aria-valuetext'), '2 of 2 gpu', what);
    await visit('/', async (page) => taken(bar(page), 'of the cluster'));
    await visit('/nodes', async (page) => {
      await page.waitForSelector('tbody tr');
      equal(await bar(page).count(), 1, 'nodes with gpus');
      await page.locator('tbody tr', { has: bar(page) }).getByRole('link').click();
      await page.waitForURL(new RegExp(`/nodes/${options['gpu-node']}`));
      await taken(bar(page), 'of the node');
      await page.locator('tbody tr', { hasText: ', 2 gpu' }).waitFor();
      await sound(page, 'a node with gpus');
    });
    await visit(`/apps/${options['gpu-holder']}`, (page) => page.getByText(/^1 container, .*, 2 gpu$/).waitFor());
    await visit(`/apps/${options['gpu-waiter']}`, async (page) => {
      await page.locator('.diagnosis.wait').getByRole('heading', { name: /^1 container of .*, 1 gpu$/ }).waitFor();
      await sound(page, 'an application that waits for a gpu');
    });
  });
}

if (options['agent-pid']) {
  test('a lost node is said, shown, and found', () =>
    visit('/', async (page) => {
      await page.waitForSelector('.loom li');
      await live(page);
      process.kill(Number(options['agent-pid']), 'SIGKILL');
      await page.getByRole('link', { name: '1 node lost' }).waitFor({ timeout: 20_000 });
      await page.locator('.node-tile.bad').getByText(options['agent-name']).waitFor();
      equal(await page.locator('.node-tile').count(), Number(options['expect-nodes']), 'tiles');
      await page.getByRole('link', { name: '1 node lost' }).click();
      await page.waitForURL(/\/nodes\?state=LOST/);
      const rows = page.locator('tbody tr');
      await rows.first().waitFor();
      equal(await rows.count(), 1, 'lost nodes listed');
      await rows.getByRole('link', { name: options['agent-name'] }).click();
      await page.waitForURL(/\/nodes\/./);
      await page.locator('.heading .state.bad').getByText('lost').waitFor();
      await sound(page, 'lost node');
    }));
}

test('the policy is strict; an unknown page is a page for a browser and JSON for others', () =>
  visit('/', async (page) => {
    const path = `${server}/apps/x/y/z`;
    const answer = await page.goto(path);
    equal(answer.status(), 404, 'status of an unknown page');
    const policy = answer.headers()['content-security-policy'];
    check(policy.includes("default-src 'self'") || policy.includes("default-src 'none'"), policy);
    check(!/unsafe|\*|http:/.test(policy), policy);
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
    const plain = await page.request.get(path, { headers: { Accept: 'application/json' } });
    check('RemoteException' in (await plain.json()), 'JSON for a program');
  }));

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
