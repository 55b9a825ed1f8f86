// The dashboard in a real browser against the development server with invented data.
//   node run.mjs --packages DIR --site DIR --sources DIR [--only TEXT]    (what ctest calls)

import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';

import {
  accessibilityFaults,
  Browser,
  check,
  commandLine,
  equal,
  eventually,
  kColours,
  runTests,
  test,
} from './harness.mjs';
import { payloads } from './payloads.mjs';

const options = commandLine();
const load = (file) => import(pathToFileURL(resolve(options.sources, 'dev', file)));
const { startServer } = await load('server.mjs');
const { Cluster, publicApp } = await load('model.mjs');
const { site, packages } = options;

const kBeside = 4; // tests at a time: much of each is waiting for its page

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
    unknown: ['/apps/x/y/z', '.empty'],
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
            // Names and roles are the same in the dark.
            const faults = await accessibilityFaults(page, packages, scheme === 'dark' ? kColours : undefined);
            check(faults.length === 0, `${name}: ${faults.join('; ')}`);
          }
        }),
      ));
  }
}

test('a stage shows its named accumulators, and what each task added', () =>
  withServer({}, (server) =>
    browser.visit(`${server.url}/apps/${encodeURIComponent(server.cluster.app.id)}/stages/0.0`, {}, async (page) => {
      await page.waitForSelector('text=Accumulators');
      const sum = await page.locator('table', { hasText: 'Value' }).locator('tbody tr').first().textContent();
      check(/records read\s*\d+/.test(sum), `the panel says: ${sum}`);
      check((await page.locator('td', { hasText: 'records read: 9000' }).count()) > 0, 'no task says what it added');
    }),
  ));

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

test('a node that is lost is said, drawn and listed', () =>
  withServer({}, async (server) => {
    const [, , lost] = server.cluster.nodes;
    lost.state = 'LOST';
    await browser.visit(server.url, {}, async (page) => {
      await page.locator('.node-tile.bad').getByText(lost.id).waitFor();
      equal(await page.locator('.node-tile').count(), 3, 'tiles');
      await page.getByRole('link', { name: '1 node lost' }).click();
      await page.waitForURL(/state=LOST/);
      await page.waitForSelector('tbody tr');
      equal(await page.locator('tbody tr').count(), 1, 'rows of lost nodes');
      await page.getByRole('button', { name: /^all/ }).click();
      equal(await page.locator('tbody tr').count(), 3, 'rows of all nodes');
    });
  }));

test('containers that were ended by order do not look failed', () =>
  withServer({}, async (server) => {
    const { app, containers } = server.cluster;
    const list = containers.get(app.attempt.appAttemptId);
    const ends = [
      [137, 'Killed: out of memory', 'exit 137', 'bad'],
      [-106, 'not asked for any more', 'released', 'dim'],
      [-102, 'for queue etl', 'preempted', 'dim'],
      [-106, 'killed by ann', 'stopped', 'dim'],
    ];
    ends.forEach(([status, said], index) =>
      Object.assign(list[index], { containerState: 'COMPLETE', containerExitStatus: status, diagnosticsInfo: said }),
    );
    await browser.visit(`${server.url}/apps/${app.id}?view=containers`, {}, async (page) => {
      await page.waitForSelector('tbody tr');
      for (const [index, [, , word, colour]] of ends.entries()) {
        const state = page.locator('tbody tr').nth(index).locator('.state');
        equal(await state.textContent(), word, `word of container ${index}`);
        check((await state.getAttribute('class')).includes(colour), `${word} is ${colour}`);
      }
    });
  }));

test('an application that waits says why, who holds it, and what to do', () =>
  withServer({}, async (server) => {
    const { app, apps } = server.cluster;
    const pending = apps.find((one) => one.state === 'ACCEPTED');
    const panel = (page) => page.locator('.diagnosis.wait');
    await browser.visit(`${server.url}/apps/${pending.id}`, {}, async (page) => {
      await panel(page).getByRole('heading', { name: 'Why it waits' }).waitFor();
      equal(await panel(page).locator('.said').textContent(), pending.diagnostics, 'the headline');
      equal(await panel(page).locator('.code').textContent(), 'QUEUE_LIMIT', 'the code');
      const memory = panel(page).getByRole('meter', { name: /^Memory of/ });
      equal(await memory.getAttribute('aria-valuetext'), '7.5 GiB of 8 GiB', 'used of the limit');
      await panel(page).getByText('Wait for containers of the queue to end.').waitFor();
      await panel(page).getByRole('link', { name: app.id }).click();
      await page.waitForURL(`**/apps/${app.id}`);
    });
    await browser.visit(`${server.url}/apps?state=PENDING`, {}, (page) =>
      page.locator('tbody').getByText('its queue is at its maximum').first().waitFor(),
    );
    await browser.visit(server.url, {}, (page) =>
      page.getByText('1 application, its queue is at its maximum').waitFor(),
    );
    app.wants = 3;
    await browser.visit(`${server.url}/apps/${app.id}`, {}, async (page) => {
      await panel(page).getByRole('heading', { name: 'What it waits for' }).waitFor();
      delete app.wants;
      server.cluster.tick();
      await eventually(async () => (await panel(page).count()) === 0, 'nothing left to wait for');
    });
  }));

test('what is counted by name is shown wherever memory and vcores are', () =>
  withServer({}, async (server) => {
    const { app, apps, nodes } = server.cluster;
    const [plain, , rich] = nodes; // none, and two of four gpu
    const row = (page, text) => page.locator('tbody tr', { hasText: text });
    const gpus = (within) => within.getByRole('meter', { name: /^gpu/ });
    const reads = async (meter, words) => equal(await meter.getAttribute('aria-valuetext'), words, 'the bar of gpu');
    await browser.visit(`${server.url}/nodes`, {}, async (page) => {
      await reads(gpus(row(page, rich.id)), '2 of 4');
      equal(await gpus(row(page, plain.id)).count(), 0, 'bars of a node without');
      check((await page.locator('.summary').textContent()).includes('4 gpu'), 'the sum names them');
      await page.getByRole('button', { name: 'gpu' }).click();
      await page.waitForURL(/sort=-named-gpu/);
      check((await page.locator('tbody tr').first().textContent()).includes(rich.id), 'most first');
    });
    await browser.visit(`${server.url}/nodes/${rich.id}`, {}, async (page) => {
      await reads(gpus(page), '2 of 4 gpu');
      await row(page, '2 gpu').first().waitFor(); // a container's size
    });
    await browser.visit(`${server.url}/nodes/${plain.id}`, {}, async (page) => {
      await page.getByRole('meter').first().waitFor();
      equal(await gpus(page).count(), 0, 'bars on the page of a node without');
    });
    await browser.visit(`${server.url}/apps/${app.id}`, {}, async (page) => {
      await page.getByText('4 containers, 6 GiB, 7 vcores, 2 gpu').waitFor();
      await page.getByText('37 gpu-seconds').waitFor();
    });
    const pending = apps.find((one) => one.state === 'ACCEPTED');
    await browser.visit(`${server.url}/apps/${pending.id}`, {}, async (page) => {
      const panel = page.locator('.diagnosis.wait');
      await panel.getByText('1 container of 1 GiB, 1 vcore, 2 gpu').waitFor();
      await reads(gpus(panel), '2 of 3 gpu');
      await panel.getByText('4 containers, 6 GiB, 7 vcores, 2 gpu').waitFor();
    });
    await browser.visit(server.url, {}, async (page) => {
      await reads(gpus(page), '2 of 4 gpu');
      const queue = row(page.getByRole('table', { name: 'Queues' }), 'root.adhoc');
      await queue.getByText('2 of 4', { exact: true }).waitFor();
      await row(page.getByRole('table', { name: 'Running and pending' }), app.id).locator('[data-head=gpu]').getByText('2').waitFor();
      await page.getByTitle(`${rich.id}: `).and(page.getByTitle('gpu 2 of 4')).waitFor();
    });
  }));

for (const width of [1280, 800]) {
  test(`long names break neither words nor tables, ${width} pixels`, () => {
    const long = (kind, plain) =>
      /^(app.name|stage.name|job.desc|container.diag)/.test(kind) ? `${plain} ${'made-by-a-workflow-engine-'.repeat(6)}` : plain;
    const cluster = new Cluster({ name: long });
    cluster.apps.forEach((app) => Object.assign(app, { user: 'root', queue: 'default' }));
    return withServer({ cluster }, (server) =>
      browser.visit(server.url, { width }, async (page) => {
        for (const [name, [path, ready]] of Object.entries(pagesOf(cluster))) {
          await page.goto(server.url + path);
          await page.waitForSelector(ready);
          const faults = await page.evaluate(brokenCells);
          check(faults.length === 0, `${name}: ${faults.slice(0, 4).join('; ')}`);
        }
      }),
    );
  });
}

// In the page: tables that are cut off, and words of cells that stand on more lines than they should.
function brokenCells() {
  const faults = [];
  const lines = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return new Set([...range.getClientRects()].map((box) => Math.round(box.top / 6))).size;
  };
  for (const frame of document.querySelectorAll('.table-frame')) {
    const label = frame.querySelector('table').ariaLabel;
    if (frame.scrollWidth > frame.clientWidth) faults.push(`${label} is cut off`);
    for (const cell of frame.querySelectorAll('td .name, td .state, .row-id, .main .id bdi, td.number')) {
      const words = frame.classList.contains('cards') && cell.textContent.includes(' '); // may be on two lines
      if (words || cell.closest('.row-note')) continue;
      if (cell.childElementCount === 0 && lines(cell) > 1) faults.push(`${label}: "${cell.textContent}" is broken`);
    }
    for (const name of frame.querySelectorAll('.main a .name')) {
      const height = name.getBoundingClientRect().height / parseFloat(getComputedStyle(name).lineHeight);
      if (height > 2.2) faults.push(`${label}: a name of ${height} lines`);
      if (name.getBoundingClientRect().width < 100 && name.textContent.length > 40) {
        faults.push(`${label}: a name squeezed to ${name.getBoundingClientRect().width} pixels`);
      }
    }
  }
  return faults;
}

test('the overview leaves no hole beside its panels', () =>
  withServer({}, async (server) => {
    for (const width of [390, 800, 1280]) {
      await browser.visit(server.url, { width }, async (page) => {
        await page.waitForSelector('.loom li');
        const ends = await page.locator('.columns.thirds').evaluate((row) => {
          const last = row.lastElementChild.getBoundingClientRect();
          return row.getBoundingClientRect().right - last.right;
        });
        check(Math.abs(ends) <= 1, `at ${width} the last panel ends ${ends} pixels before its row`);
      });
    }
  }));

test('the times of a master that never registered are those of its attempts', () =>
  withServer({}, async (server) => {
    const app = server.cluster.apps.find((one) => one.state === 'FAILED');
    const start = app.startedTime;
    Object.assign(app, { launchTime: 0, finishedTime: start + 400 });
    const attempts = [1, 2].map((id) => ({ ...app.attempt, id, startTime: start + id, finishedTime: start + id + 116 }));
    server.answerWith((path) => path.endsWith('/appattempts'), 200, { appAttempts: { appAttempt: attempts } });
    await browser.visit(`${server.url}/apps/${app.id}`, {}, async (page) => {
      await page.locator('.life li', { hasText: 'Ran' }).getByText('232 ms in 2 attempts').waitFor();
      await page.locator('.life li', { hasText: 'Waited' }).getByText('168 ms').waitFor();
    });
  }));

test('after its end an application is told about without alarm', () =>
  withServer({}, async (server) => {
    const app = server.cluster.apps.find((one) => one.state === 'FINISHED');
    for (const [path, words] of [
      [`/apps/${app.id}/stages/0.0`, 'Stages are shown while an application runs'],
      [`/apps/${app.id}/jobs/0`, 'Jobs are shown while an application runs'],
      [`/apps/${app.id}?view=work`, 'Jobs are shown while an application runs'],
    ]) {
      await browser.visit(server.url + path, {}, async (page) => {
        await page.getByText(words).waitFor();
        equal(await page.getByRole('alert').count(), 0, `${path}: alerts`);
      });
    }
    const { containerId } = server.cluster.containers.get(app.attempt.appAttemptId)[0];
    await browser.visit(`${server.url}/containers/${containerId}/logs`, {}, async (page) => {
      await page.getByRole('log').waitFor();
      await page.locator('.heading .state').getByText('exit 0').waitFor();
      equal(await page.getByRole('button', { name: /Pause|Follow/ }).count(), 0, 'buttons to pause');
    });
  }));

test('progress is what REST says, and a command has none', () =>
  withServer({}, (server) =>
    browser.visit(`${server.url}/apps`, {}, async (page) => {
      await page.waitForSelector('tbody tr');
      const row = (app) => page.locator('tbody tr', { hasText: app.id });
      const [command] = server.cluster.apps.filter((app) => app.applicationType === 'COMMAND');
      equal(await row(command).getByRole('progressbar').count(), 0, 'bars of a command');
      for (const state of ['KILLED', 'FAILED', 'FINISHED']) {
        const app = server.cluster.apps.findLast((one) => one.state === state);
        check((await row(app).textContent()).includes('100%'), `${state} is at 100%`);
      }
    }),
  ));

test('executors lead to the logs that the server names', () =>
  withServer({}, async (server) => {
    const { app, work } = server.cluster;
    const [first, second] = work.executors;
    const { CONTAINER_ID: container } = first.attributes;
    first.attributes = {};
    first.executorLogs = {
      stderr: `http://127.0.0.1/containers/${container}/logs?file=stderr`,
      stdout: `http://127.0.0.1/containers/${container}/logs?file=stdout`,
    };
    second.attributes = {};
    await browser.visit(`${server.url}/apps/${app.id}?view=executors`, {}, async (page) => {
      const link = page.getByRole('link', { name: 'stderr of executor 1' });
      equal(await link.getAttribute('href'), `/containers/${container}/logs?file=stderr`, 'address of stderr');
      await page.getByRole('link', { name: 'stdout of executor 1' }).click();
      await page.getByRole('log', { name: 'Contents of stdout' }).waitFor();
    });
  }));

test('an address of no page is answered with the page that says so', () =>
  withServer({}, (server) =>
    browser.visit(server.url, {}, async (page) => {
      equal((await page.goto(`${server.url}/apps/x/y/z`)).status(), 404, 'status');
      await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
      await page.getByRole('main').getByRole('link', { name: 'nodes' }).click();
      await page.waitForURL(/\/nodes$/);
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

const code = await runTests(kBeside, options.only);
await browser.close();
process.exit(code);
