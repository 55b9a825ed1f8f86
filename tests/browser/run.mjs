// The dashboard in a real browser against the development server with invented data.
//   node run.mjs --packages DIR --site DIR --sources DIR    (what ctest calls)

import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';

import {
  accessibilityFaults,
  Browser,
  check,
  commandLine,
  equal,
  eventually,
  runTests,
  test,
} from './harness.mjs';
import { payloads } from './payloads.mjs';

const options = commandLine();
const load = (file) => import(pathToFileURL(resolve(options.sources, 'dev', file)));
const { startServer } = await load('server.mjs');
const { Cluster, publicApp } = await load('model.mjs');
const { site, packages } = options;

const browser = await Browser.start(packages);

/** Runs `body` with a server of its own. */
async function withServer(setup, body) {
  const server = await startServer({ site, ...setup });
  try {
    return await body(server);
  } finally {
    await server.close();
  }
}

/** Every page of the dashboard, with something that is only there once its data is. */
function pagesOf({ app, apps, nodes, containers }) {
  const container = containers.get(app.attempt.appAttemptId)[0].containerId;
  const part = encodeURIComponent;
  return {
    overview: ['/', '.loom li'],
    nodes: ['/nodes', 'tbody tr'],
    node: [`/nodes/${part(nodes[0].id)}`, 'tbody tr'],
    applications: ['/apps', 'tbody tr'],
    application: [`/apps/${part(app.id)}`, 'tbody tr'],
    executors: [`/apps/${part(app.id)}?view=executors`, 'tbody tr'],
    storage: [`/apps/${part(app.id)}?view=storage`, 'tbody tr'],
    containers: [`/apps/${part(app.id)}?view=containers`, 'tbody tr'],
    failed: [`/apps/${part(apps.find((one) => one.state === 'FAILED').id)}`, '.diagnosis'],
    pending: [`/apps/${part(apps.find((one) => one.state === 'ACCEPTED').id)}`, '.diagnosis'],
    job: [`/apps/${part(app.id)}/jobs/2`, 'tbody tr'],
    stage: [`/apps/${part(app.id)}/stages/3.0`, 'tbody tr'],
    logs: [`/containers/${part(container)}/logs`, '.log pre'],
  };
}

const live = (page) => page.waitForSelector('.connection.live');

for (const scheme of ['light', 'dark']) {
  for (const width of [1280, 360]) {
    test(`every page fits ${width} pixels and keeps WCAG AA, ${scheme}`, () =>
      withServer({}, (server) =>
        browser.visit(server.url, { width, scheme }, async (page) => {
          for (const [name, [path, ready]] of Object.entries(pagesOf(server.cluster))) {
            await page.goto(server.url + path);
            await page.waitForSelector(ready);
            await live(page);
            const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            check(over <= 0, `${name} is ${over} pixels wider than the window`);
            equal(await page.locator('[role=alert]').count(), 0, `${name}: failures shown`);
            equal(await page.locator('h1').count(), 1, `${name}: headings`);
            const faults = await accessibilityFaults(page, packages);
            check(faults.length === 0, `${name}: ${faults.join('; ')}`);
          }
        }),
      ));
  }
}

// What must hold on a page whatever the names on it are.
async function checkNothingRan(page, what) {
  const found = await page.evaluate(() => ({
    pwned: window.pwned,
    scripts: document.querySelectorAll('script').length,
    foreign: document.querySelectorAll('img, iframe, base, object, embed, form, math').length,
    handlers: [...document.querySelectorAll('*')].filter((element) =>
      element.getAttributeNames().some((attribute) => attribute.startsWith('on')),
    ).length,
    links: [...document.querySelectorAll('a')].filter((link) => link.protocol !== 'http:').length,
    wide: document.documentElement.scrollWidth > innerWidth,
  }));
  const wanted = { scripts: 1, foreign: 0, handlers: 0, links: 0, wide: false };
  equal(JSON.stringify(found), JSON.stringify(wanted), what);
}

const kTurns = 4; // clusters in which the fields trade payloads

for (let turn = 0; turn < kTurns; turn++) {
  test(`hostile names are text on every page, turn ${turn + 1}`, () => {
    let next = turn * 5;
    const cluster = new Cluster({
      name: (_kind, plain) => (plain === '' ? plain : payloads[next++ % payloads.length]),
    });
    return withServer({ cluster }, (server) =>
      browser.visit(server.url, { width: turn % 2 === 0 ? 1280 : 360 }, async (page) => {
        for (const [name, [path, ready]] of Object.entries(pagesOf(cluster))) {
          await page.goto(server.url + path);
          await page.waitForSelector(ready);
          await checkNothingRan(page, name);
        }
      }),
    );
  });
}

test('every hostile name is shown as it was given', () => {
  const cluster = new Cluster({ applications: payloads.length + 4 });
  payloads.forEach((payload, index) => (cluster.apps[index].name = payload));
  return withServer({ cluster }, (server) =>
    browser.visit(`${server.url}/apps`, {}, async (page) => {
      await page.waitForSelector('tbody tr');
      const shown = new Set(await page.locator('tbody th .name').allTextContents());
      for (const payload of payloads) check(shown.has(payload), `not shown: ${payload}`);
      await checkNothingRan(page, 'applications');
      cluster.app.name = payloads[1];
      server.send('apps', 'app', publicApp(cluster.app));
      await page.waitForSelector(`tbody tr:has-text("${cluster.app.id}") >> text=onerror`);
      await checkNothingRan(page, 'after an event');
    }),
  );
});

test('an event moves the progress bar without a reload', () =>
  withServer({}, (server) =>
    browser.visit(`${server.url}/apps/${server.cluster.app.id}`, {}, async (page) => {
      const bar = page.getByRole('progressbar', { name: 'Tasks of job 2' });
      await bar.waitFor();
      await live(page);
      await page.evaluate(() => (window.sameDocument = true));
      const before = Number(await bar.getAttribute('aria-valuenow'));
      const asked = server.requests.length;
      server.cluster.tick();
      await eventually(
        async () => Number(await bar.getAttribute('aria-valuenow')) === before + 3,
        'three more tasks',
      );
      const width = await page.evaluate(
        () => document.querySelector('[aria-label="Tasks of job 2"] .done').style.width,
      );
      check(width !== '', 'the bar has a width');
      check(await page.evaluate(() => window.sameDocument), 'the document is the same');
      const jobs = server.requests.slice(asked).filter((path) => path.includes('/jobs'));
      equal(jobs.length, 0, 'requests for jobs');
    }),
  ));

test('jobs appear on a page that was opened before the driver answered', () =>
  withServer({}, async (server) => {
    server.answerWith((path) => path.startsWith('/api/v1/'), 404);
    await browser.visit(`${server.url}/apps/${server.cluster.app.id}`, {}, async (page) => {
      await page.getByText('Attempt 1').waitFor();
      await live(page);
      server.answerAgain();
      server.cluster.tick();
      await page.getByRole('progressbar', { name: 'Tasks of job 2' }).waitFor();
    });
  }));

test('a tab has one stream whatever page it shows', () =>
  withServer({}, (server) =>
    browser.visit(server.url, {}, async (page) => {
      await live(page);
      equal(server.streams(), 1, 'streams on the overview');
      for (const name of ['Nodes', 'Applications', 'Overview']) {
        await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
        await page.waitForSelector('main .panel, main table');
        await live(page);
        await eventually(() => server.streams() === 1, `one stream on ${name}`);
      }
    }),
  ));

test('a broken stream is shown, resumed, and misses nothing', () =>
  withServer({}, (server) =>
    browser.visit(`${server.url}/nodes`, {}, async (page) => {
      await page.waitForSelector('tbody tr');
      await live(page);
      server.cluster.tick(); // gives the browser an event id to come back with
      server.dropStreams();
      await page.waitForSelector('.connection.retrying');
      const [node] = server.cluster.nodes;
      node.numContainers = 77;
      server.send('nodes', 'node', node);
      await page.waitForSelector('.connection.live', { timeout: 15_000 });
      await page.waitForSelector('tbody td.number:text-is("77")');
    }),
  ));

test('resync loads again; a removed node leaves the list', () =>
  withServer({}, (server) =>
    browser.visit(`${server.url}/nodes`, {}, async (page) => {
      await page.waitForSelector('tbody tr');
      await live(page);
      server.send('nodes', 'node', { id: server.cluster.nodes[2].id, removed: true });
      await eventually(async () => (await page.locator('tbody tr').count()) === 2, 'two nodes');
      server.send('nodes', 'resync', {});
      await eventually(async () => (await page.locator('tbody tr').count()) === 3, 'three nodes');
    }),
  ));

test('a hidden tab closes its stream and catches up on return', () =>
  withServer({}, (server) =>
    browser.visit(`${server.url}/nodes`, {}, async (page) => {
      await page.waitForSelector('tbody tr');
      await live(page);
      const hide = (hidden) =>
        page.evaluate((value) => {
          Object.defineProperty(document, 'hidden', { value, configurable: true });
          document.dispatchEvent(new Event('visibilitychange'));
        }, hidden);
      await hide(true);
      await eventually(() => server.streams() === 0, 'no stream while hidden');
      server.cluster.nodes[0].numContainers = 55;
      await hide(false);
      await live(page);
      await page.waitForSelector('tbody td.number:text-is("55")');
      equal(server.streams(), 1, 'streams after return');
    }),
  ));

const logsPage = (server) => {
  const container = server.cluster.containers.get(server.cluster.app.attempt.appAttemptId)[0].containerId;
  return { container, url: `${server.url}/containers/${container}/logs` };
};

test('a log is followed, paused, and loaded backwards to its beginning', () =>
  withServer({}, async (server) => {
    const { container, url } = logsPage(server);
    await browser.visit(url, {}, async (page) => {
      const log = page.getByRole('log');
      await log.waitFor();
      const text = () => log.textContent();
      check(!(await text()).includes('task 0 of stage 0'), 'only the last part is loaded first');
      const first = server.requests.find((path) => path.includes('/logs/stdout'));
      check(first.includes('size=-65536'), `the first request asks for the tail: ${first}`);
      await eventually(() => server.requests.some((path) => path.includes('follow=true')), 'following');
      server.cluster.appendLog(container, 'stdout', 'a new line with ünïcödé 🧵\n');
      await eventually(async () => (await text()).includes('a new line with ünïcödé 🧵'), 'the new line');
      const atEnd = () =>
        log.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 30);
      check(await atEnd(), 'the end is in view');

      await log.evaluate((box) => (box.scrollTop -= 400));
      await page.getByRole('button', { name: 'Follow' }).waitFor();
      server.cluster.appendLog(container, 'stdout', 'written while paused\n');
      for (let tries = 0; tries < 200 && !(await text()).includes('task 0 of stage 0'); tries++) {
        await log.evaluate((box) => {
          box.scrollTop = 300;
          box.scrollTop = 0;
        });
        await new Promise((done) => setTimeout(done, 120));
      }
      const whole = await text();
      check(whole.includes('Beginning of stdout'), 'the beginning is marked');
      const numbers = [...whole.matchAll(/master: task (\d+) of stage/g)].map((match) => Number(match[1]));
      equal(numbers.length, 2600, 'lines of the whole log');
      check(numbers.every((number, index) => number === index), 'every line is there once, in order');

      await page.getByRole('button', { name: 'Follow' }).click();
      await eventually(async () => (await text()).includes('written while paused'), 'caught up');
      await eventually(atEnd, 'back at the end');
      const download = page.getByRole('link', { name: 'Download' });
      equal(await download.getAttribute('download'), `${container}-stdout.log`, 'name of the download');
    });
  }));

test('escape sequences and progress lines of a log are shown as text', () =>
  withServer({}, async (server) => {
    const { container, url } = logsPage(server);
    server.cluster.logs.get(container).set('stdout', Buffer.from('10 %\r20 %\rdone\n\x1b[31mred\x1b[0m <b>x</b>\r\n'));
    await browser.visit(url, {}, async (page) => {
      await eventually(
        async () => (await page.textContent('.log pre').catch(() => '')) === 'done\nred <b>x</b>\n',
        'the lines as text',
      );
    });
  }));

test('without a session the page says how to get one; the code gives it', () =>
  withServer({ code: 'one-time' }, (server) =>
    browser.visit(server.url, {}, async (page) => {
      await page.getByRole('heading', { name: 'This browser is not signed in' }).waitFor();
      await page.getByText('rmctl ui').first().waitFor();
      await page.goto(`${server.url}/?code=one-time`);
      await page.waitForSelector('.loom li');
      check(!page.url().includes('code'), `the code is gone from the address: ${page.url()}`);
    }),
  ));

test('filters and sort are in the address', () =>
  withServer({}, (server) =>
    browser.visit(`${server.url}/apps`, {}, async (page) => {
      await page.waitForSelector('tbody tr');
      await page.getByRole('searchbox').fill('user:ann');
      await page.waitForURL(/q=user%3Aann/);
      await page.getByRole('button', { name: /^failed/ }).click();
      await page.getByRole('button', { name: 'Took' }).click();
      await page.waitForURL(/sort=-ran/);
      const rows = await page.locator('tbody tr').allTextContents();
      check(rows.length > 0 && rows.every((row) => /failed/.test(row) && /ann/.test(row)), rows.join());
      await page.reload();
      await page.waitForSelector('tbody tr');
      equal(await page.locator('tbody tr').count(), rows.length, 'rows after a reload');
      equal(await page.locator('[aria-sort]').textContent(), 'Took', 'sorted column after a reload');
      equal(await page.getByRole('searchbox').inputValue(), 'user:ann', 'filter after a reload');
    }),
  ));

test('keys lead to pages, to the filter and to the list of keys', () =>
  withServer({}, (server) =>
    browser.visit(server.url, {}, async (page) => {
      await page.waitForSelector('.loom li');
      await page.keyboard.press('g');
      await page.keyboard.press('n');
      await page.waitForURL(/\/nodes$/);
      await page.waitForSelector('.search input');
      await page.keyboard.press('/');
      equal(await page.evaluate(() => document.activeElement.type), 'search', 'focus');
      await page.keyboard.press('Tab');
      equal(await page.evaluate(() => document.activeElement.getAttribute('aria-pressed')), 'true', 'next');
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      equal(await page.getByRole('dialog').count(), 0, 'dialogs left');
    }),
  ));

test('a failed load says so and can be tried again', () =>
  withServer({}, async (server) => {
    server.answerWith((path) => path === '/ws/v1/cluster/nodes', 503);
    await browser.visit(`${server.url}/nodes`, {}, async (page) => {
      await page.getByRole('alert').getByText('made to fail').waitFor();
      server.answerAgain();
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.waitForSelector('tbody tr');
      equal(await page.getByRole('alert').count(), 0, 'alerts left');
    });
  }));

test('empty lists of every shape say what to do next', () =>
  withServer({}, async (server) => {
    for (const [list, page, words] of [
      ['nodes', '/nodes', 'No node has registered yet'],
      ['apps', '/apps', 'Nothing has been submitted yet'],
    ]) {
      for (const body of [{ [list]: {} }, { [list]: null }, {}]) {
        server.answerWith((path) => path === `/ws/v1/cluster/${list}`, 200, body);
        await browser.visit(server.url + page, {}, (opened) => opened.getByText(words).waitFor());
      }
    }
  }));

test('containers are read in both shapes, and as one object', () =>
  withServer({}, async (server) => {
    const [one] = server.cluster.containers.get(server.cluster.app.attempt.appAttemptId);
    for (const body of [{ container: one }, { containers: { container: [one] } }, { container: [one] }]) {
      server.answerWith((path) => path.endsWith('/containers'), 200, body);
      await browser.visit(`${server.url}/apps/${server.cluster.app.id}?view=containers`, {}, (page) =>
        page.locator('tbody tr').getByText(one.containerId).waitFor(),
      );
    }
  }));

test('motion stops when the system asks for it', () =>
  withServer({}, (server) =>
    browser.visit(`${server.url}/apps/${server.cluster.app.id}`, { reducedMotion: 'reduce' }, async (page) => {
      await page.waitForSelector('.fill.active');
      const names = await page.evaluate(() =>
        [...document.querySelectorAll('*')].map((element) => getComputedStyle(element).animationName),
      );
      check(names.every((name) => name === 'none'), 'no animation');
    }),
  ));

test('a thousand nodes stay quick', () =>
  withServer({ cluster: new Cluster({ nodes: 1000 }) }, (server) =>
    browser.visit(`${server.url}/nodes`, {}, async (page) => {
      await page.waitForSelector('tbody tr');
      equal(await page.locator('tbody tr').count(), 100, 'rows drawn at first');
      await page.getByRole('searchbox').fill('node-999');
      await eventually(async () => (await page.locator('tbody tr').count()) === 1, 'one node found');
    }),
  ));

const code = await runTests();
await browser.close();
process.exit(code);
