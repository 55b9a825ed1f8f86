// Test support: serves the bundled dashboard with the invented cluster of model.mjs, for work on the
// pages and for the browser tests. It follows the paths and headers of the resource manager.
//   node web/dev/server.mjs --site build/web/bundle/site [--port 8090] [--nodes 3] [--still 1]

import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { Cluster, publicApp, publicStage } from './model.mjs';

const kPolicy =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
const kRing = 256; // events kept for Last-Event-ID
const kPage =
  /^\/(nodes(\/[^/]+)?|apps(\/[^/]+(\/(jobs|stages)\/[^/]+)?)?|containers\/[^/]+\/logs)?$/;
const kUnderPages = /^\/(nodes|apps|containers)\//;

/** Starts the server. `code`: the one-time code that gives a session; none: everybody has one. */
export async function startServer({ site, port = 0, cluster = new Cluster(), code, everyMs = 0 }) {
  const assets = new Map(
    JSON.parse(readFileSync(join(site, 'manifest.json'), 'utf8')).map((asset) => [
      asset.path,
      { ...asset, bytes: readFileSync(join(site, asset.path)) },
    ]),
  );
  const state = { cluster, assets, code, streams: new Set(), followers: new Set(), ring: [], next: 1, requests: [], forced: undefined };
  cluster.listeners.add((topic, event, data) => publish(state, topic, event, data));
  const server = createServer((request, response) => answer(state, request, response));
  await new Promise((done) => server.listen(port, '127.0.0.1', done));
  const timer = everyMs > 0 ? setInterval(() => cluster.tick(), everyMs) : undefined;
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cluster,
    requests: state.requests, // paths asked for, in order
    /** Answers every later request of a path that `match` accepts with `status` and `body`. */
    answerWith: (match, status, body = { RemoteException: { message: 'made to fail' } }) =>
      (state.forced = { match, status, body }),
    answerAgain: () => (state.forced = undefined),
    streams: () => state.streams.size,
    dropStreams: () => state.streams.forEach((stream) => stream.response.destroy()),
    send: (topic, event, data) => publish(state, topic, event, data),
    async close() {
      clearInterval(timer);
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(state, request, response) {
  const url = new URL(request.url, 'http://host');
  state.requests.push(url.pathname + url.search);
  response.setHeader('Content-Security-Policy', kPolicy);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  if (state.forced?.match(url.pathname)) {
    return json(response, state.forced.body, state.forced.status);
  }
  if (url.searchParams.has('code')) return signIn(state, url, response);
  const asset = state.assets.get(url.pathname);
  if (asset) return file(response, asset);
  if (kPage.test(url.pathname)) return file(response, state.assets.get('/index.html'));
  if (state.code && !/heddle_session=yes/.test(request.headers.cookie ?? '')) {
    return json(response, { RemoteException: { message: 'no session' } }, 401);
  }
  const path = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
  if (url.pathname.startsWith('/ws/v1/cluster/')) return clusterRest(state, path.slice(3), url, response);
  if (url.pathname.startsWith('/api/v1/applications/')) return jobsRest(state, path.slice(3), url, response);
  if (path[0] === 'heddle' && path[2] === 'apps' && path[4] === 'explain') {
    const app = state.cluster.apps.find((one) => one.id === path[3]);
    return app ? json(response, { explanation: state.cluster.explanation(app) }) : missing(response, path[3]);
  }
  if (url.pathname === '/heddle/v1/waiting') return json(response, { waiting: state.cluster.waiting() });
  if (url.pathname === '/heddle/v1/stream') return stream(state, request, url, response);
  if (url.pathname.startsWith('/heddle/v1/containers/')) return logs(state, path.slice(3), url, request, response);
  if (kUnderPages.test(url.pathname)) return file(response, state.assets.get('/index.html'), 404);
  missing(response, url.pathname);
}

function signIn(state, url, response) {
  const right = !state.redeemed && url.searchParams.get('code') === state.code;
  state.redeemed ||= right; // a code works once
  if (right) response.setHeader('Set-Cookie', 'heddle_session=yes; HttpOnly; SameSite=Strict; Path=/');
  response.writeHead(303, { Location: '/' }).end();
}

function file(response, asset, status = 200) {
  response.writeHead(status, {
    'Content-Type': asset.type,
    'Cache-Control': asset.immutable ? 'max-age=31536000, immutable' : 'no-cache',
    ETag: `"${asset.etag}"`,
  });
  response.end(asset.bytes);
}

function json(response, body, status = 200) {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

function missing(response, what) {
  const message = `nothing at '${what}'`;
  json(response, { RemoteException: { exception: 'NotFoundException', message } }, 404);
}

const kGone = ['LOST', 'DECOMMISSIONED', 'REBOOTED', 'SHUTDOWN']; // left out unless asked for, as in YARN

function clusterRest({ cluster }, [what, id, part, attempt, kind], url, response) {
  if (what === 'info') {
    return json(response, { clusterInfo: { id: cluster.stamp, startedOn: cluster.started, state: 'STARTED' } });
  }
  if (what === 'metrics') return json(response, { clusterMetrics: cluster.metrics() });
  if (what === 'scheduler') return json(response, { scheduler: cluster.scheduler() });
  if (what === 'nodes') {
    if (!id) {
      const states = url.searchParams.get('states')?.split(',');
      const shown = cluster.nodes.filter(({ state }) => (states ? states.includes(state) : !kGone.includes(state)));
      return json(response, { nodes: shown.length ? { node: shown } : {} });
    }
    const node = cluster.nodes.find((one) => one.id === id);
    return node ? json(response, { node }) : missing(response, id);
  }
  if (what !== 'apps') return missing(response, what);
  if (!id) {
    const states = url.searchParams.get('states')?.split(',');
    const apps = cluster.apps.filter((app) => !states || states.includes(app.state)).map(publicApp);
    return json(response, { apps: apps.length ? { app: apps } : {} });
  }
  const app = cluster.apps.find((one) => one.id === id);
  if (!app) return missing(response, id);
  if (!part) return json(response, { app: publicApp(app) });
  if (kind === 'containers') return json(response, { container: cluster.containers.get(attempt) ?? [] });
  return json(response, { appAttempts: app.attempt ? { appAttempt: [app.attempt] } : {} });
}

function jobsRest({ cluster }, [id, what, stage, attempt, kind], url, response) {
  const { work, app } = cluster;
  if (id !== app.id) return missing(response, id);
  if (what === 'jobs') return json(response, work.jobs.filter((job) => job.submissionTime));
  if (what === 'executors') return json(response, work.executors);
  if (what === 'storage') return json(response, cluster.rdds());
  const submitted = work.stages.filter((one) => one.submissionTime);
  if (!stage) return json(response, submitted.map(publicStage));
  const found = submitted.find((one) => one.stageId === Number(stage) && one.attemptId === Number(attempt));
  if (!found) return missing(response, `stage ${stage}.${attempt}`);
  if (kind !== 'taskList') return json(response, publicStage(found));
  const offset = Number(url.searchParams.get('offset') ?? 0);
  const length = Number(url.searchParams.get('length') ?? 20);
  json(response, found.tasks.slice(offset, offset + length));
}

function stream(state, request, url, response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write(': stream\n\n');
  const mine = { topics: new Set(url.searchParams.get('topics').split(',')), response };
  const last = Number(request.headers['last-event-id'] ?? NaN);
  if (!Number.isNaN(last)) {
    const oldest = state.ring[0]?.id ?? state.next;
    if (last + 1 < oldest) write(mine, { id: state.next - 1, event: 'resync', data: {} });
    else state.ring.filter((one) => one.id > last).forEach((one) => wants(mine, one.topic) && write(mine, one));
  }
  state.streams.add(mine);
  const beat = setInterval(() => response.write(': beat\n\n'), 15_000);
  response.on('close', () => {
    clearInterval(beat);
    state.streams.delete(mine);
  });
}

// An application's own topic hears what `apps` hears of it.
function wants(stream, topic, data) {
  if (stream.topics.has(topic)) return true;
  return topic === 'apps' && data !== undefined && stream.topics.has(`app:${data.id}`);
}

function publish(state, topic, event, data) {
  if (topic === 'log') {
    state.followers.forEach((follower) => follower(event, data));
    return;
  }
  const message = { id: state.next++, topic, event, data };
  state.ring.push(message);
  if (state.ring.length > kRing) state.ring.shift();
  for (const stream of state.streams) if (wants(stream, topic, data)) write(stream, message);
}

function write({ response }, { id, event, data }) {
  response.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

function logs(state, [container, , name], url, request, response) {
  const files = state.cluster.logs.get(container);
  if (!files) return missing(response, container);
  if (!name) {
    const list = [...files].map(([file, bytes]) => ({ name: file, size: bytes.length, modified: Date.now() }));
    return json(response, { files: list });
  }
  const whole = files.get(name);
  if (!whole) return missing(response, name);
  const number = (key) => (url.searchParams.has(key) ? Number(url.searchParams.get(key)) : undefined);
  const tail = number('tail') ?? (number('size') < 0 ? -number('size') : undefined);
  const offset = Math.min(whole.length, tail === undefined ? (number('offset') ?? 0) : Math.max(0, whole.length - tail));
  const end = number('limit') === undefined ? whole.length : Math.min(whole.length, offset + number('limit'));
  response.writeHead(200, {
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Log-Offset': offset,
    'X-Log-Size': whole.length,
  });
  response.write(whole.subarray(offset, end));
  if (url.searchParams.get('follow') !== 'true') return response.end();
  response.flushHeaders();
  let sent = whole.length;
  const follower = (changed, file) => {
    if (changed !== container || file !== name) return;
    const now = files.get(name);
    response.write(now.subarray(sent));
    sent = now.length;
  };
  state.followers.add(follower);
  response.on('close', () => state.followers.delete(follower));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const options = {};
  for (let i = 2; i < process.argv.length; i += 2) options[process.argv[i].slice(2)] = process.argv[i + 1];
  const cluster = new Cluster({ nodes: Number(options.nodes ?? 3), applications: Number(options.applications ?? 24) });
  const server = await startServer({
    site: resolve(options.site ?? 'build/web/bundle/site'),
    port: Number(options.port ?? 8090),
    cluster,
    everyMs: options.still ? 0 : 500,
  });
  console.log(`Dashboard with invented data: ${server.url}`);
}
