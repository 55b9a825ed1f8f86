// The tab's one stream of server-sent events. Pages say which topics they show; the stream carries
// the union, is reopened when that changes, closed while the tab is hidden, and resumed on return.
//
// The browser reconnects by itself after a broken connection and sends Last-Event-ID, so nothing is
// lost. Whenever that chain is cut (a new stream, or the server says `resync`), listeners hear
// `resync` and load again by REST.

import { signal } from '@preact/signals';

import { clusterInfo } from '../api/cluster';
import { signedOut } from '../api/http';

export type LiveEvent = 'cluster' | 'node' | 'app' | 'jobs' | 'resync';
export type Listener = (event: LiveEvent, data: unknown) => void;

/** live: events arrive; paused: the tab is hidden; retrying: the connection is lost. */
export const connection = signal<'connecting' | 'live' | 'paused' | 'retrying'>('connecting');

const kRetryMin = 1_000;
const kRetryMax = 15_000;
const kOpenPatience = 400; // how long a page waits for the stream before its first load

interface Subscription {
  topics: string[];
  listener: Listener;
}

const subscriptions = new Set<Subscription>();
let source: EventSource | undefined;
let openTopics = '';
let planned = false;
let retryDelay = kRetryMin;
let retryTimer: number | undefined;
let waiting: (() => void)[] = [];

/** Hears events of `topics` until the returned function is called. */
export function subscribe(topics: string[], listener: Listener): () => void {
  const subscription = { topics, listener };
  subscriptions.add(subscription);
  plan();
  return () => {
    subscriptions.delete(subscription);
    plan();
  };
}

/** Resolves when events arrive, or after a short patience: what is loaded then misses nothing. */
export function whenLive(): Promise<void> {
  if (connection.value === 'live' && wanted() === openTopics) return Promise.resolve();
  return new Promise((resolve) => {
    waiting.push(resolve);
    setTimeout(resolve, kOpenPatience);
  });
}

document.addEventListener('visibilitychange', plan);
addEventListener('pagehide', close);

function wanted(): string {
  const topics = new Set<string>();
  for (const subscription of subscriptions) subscription.topics.forEach((topic) => topics.add(topic));
  return [...topics].sort().join(',');
}

// Changes of one turn (an old page leaves, a new one comes) cost one reconnection.
function plan(): void {
  if (planned) return;
  planned = true;
  queueMicrotask(() => {
    planned = false;
    apply();
  });
}

function apply(): void {
  if (document.hidden) {
    close();
    connection.value = 'paused';
    return;
  }
  const topics = wanted();
  if (signedOut.value || topics === '') close();
  else if (!source || topics !== openTopics) open(topics);
}

function close(): void {
  clearTimeout(retryTimer);
  retryTimer = undefined;
  source?.close();
  source = undefined;
}

function open(topics: string): void {
  close();
  openTopics = topics;
  if (connection.value !== 'retrying') connection.value = 'connecting';
  const mine = new EventSource(`/heddle/v1/stream?topics=${encodeURIComponent(topics)}`);
  source = mine;
  let opened = false;
  let canResume = false; // an event had an id, which the browser says when it reconnects
  mine.onopen = () => {
    connection.value = 'live';
    retryDelay = kRetryMin;
    const cut = !opened || !canResume;
    opened = true;
    if (waiting.length > 0) {
      const loads = waiting;
      waiting = [];
      loads.forEach((resolve) => resolve());
    }
    if (cut) dispatch('resync', undefined);
  };
  mine.onerror = () => {
    if (source !== mine) return;
    connection.value = 'retrying';
    if (mine.readyState === EventSource.CLOSED) retryLater();
  };
  for (const event of ['cluster', 'node', 'app', 'jobs', 'resync'] as const) {
    mine.addEventListener(event, (message) => {
      const { data, lastEventId } = message as MessageEvent<string>;
      canResume ||= lastEventId !== '';
      if (source === mine) dispatch(event, parse(data));
    });
  }
}

// An HTTP error ends an EventSource for good, without saying which it was.
function retryLater(): void {
  close();
  clusterInfo().catch(() => undefined); // 401 shows the sign-in screen
  retryTimer = window.setTimeout(apply, retryDelay);
  retryDelay = Math.min(retryDelay * 2, kRetryMax);
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

function dispatch(event: LiveEvent, data: unknown): void {
  for (const { listener } of [...subscriptions]) listener(event, data);
}
