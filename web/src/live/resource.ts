// Data that a page shows: loaded by REST, kept current by patches from the stream.

import { signal, type Signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';

import { connection, subscribe, whenLive, type LiveEvent } from './stream';

export interface View<T> {
  data: T | undefined;
  error: Error | undefined; // of the last load; `data` may still be there, then it is old
  loading: boolean;
}

export interface Source<T> {
  load: (abort: AbortSignal) => Promise<T>;
  topics?: string[];
  /** The value after an event; `current` itself when the event does not concern it. */
  patch?: (current: T, event: LiveEvent, data: unknown) => T;
  /** Whether an event means that the value must be loaded again (at most every `kReload`).
   *  `loaded`: there is a value. */
  stale?: (event: LiveEvent, data: unknown, loaded: boolean) => boolean;
}

const kReload = 2_000; // least time between loads that events ask for
const kPoll = 5_000; // how often to load while there is no stream

export class Resource<T> {
  readonly view: Signal<View<T>> = signal({ data: undefined, error: undefined, loading: true });
  #abort: AbortController | undefined;
  #missed: [LiveEvent, unknown][] = []; // arrived while a load was under way
  #again = false;
  #lastLoad = 0;
  #timers = new Set<number>();
  #leave: (() => void) | undefined;

  constructor(readonly source: Source<T>) {}

  start(): () => void {
    this.#leave = subscribe(this.source.topics ?? [], (event, data) => this.#hear(event, data));
    void whenLive().then(() => this.#leave && this.reload());
    const poll = window.setInterval(() => {
      if (connection.value === 'retrying') this.reload();
    }, kPoll);
    return () => {
      this.#leave?.();
      this.#leave = undefined;
      this.#abort?.abort();
      clearInterval(poll);
      this.#timers.forEach((timer) => clearTimeout(timer));
    };
  }

  /** Loads again, now; when a load is under way, once more after it. */
  reload(): void {
    if (this.#abort) {
      this.#again = true;
      return;
    }
    void this.#load();
  }

  async #load(): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    this.#missed = [];
    this.#lastLoad = Date.now();
    this.view.value = { ...this.view.value, loading: true };
    try {
      let data: T = await this.source.load(abort.signal);
      // A patch may be newer than the answer; applying an older one is repaired by the next.
      for (const [event, patch] of this.#missed) data = this.#patched(data, event, patch);
      this.view.value = { data, error: undefined, loading: false };
    } catch (error) {
      if (abort.signal.aborted) return;
      const shown = error instanceof Error ? error : new Error(String(error));
      this.view.value = { data: this.view.value.data, error: shown, loading: false };
    } finally {
      this.#abort = undefined;
    }
    if (this.#again && this.#leave) {
      this.#again = false;
      this.reload();
    }
  }

  #hear(event: LiveEvent, data: unknown): void {
    if (event === 'resync') {
      if (this.#lastLoad > 0) this.reload();
      return;
    }
    const { data: current } = this.view.value;
    if (this.source.stale?.(event, data, current !== undefined)) this.#reloadSoon();
    if (this.#abort) this.#missed.push([event, data]);
    if (current === undefined) return;
    const next = this.#patched(current, event, data);
    if (next !== current) this.view.value = { ...this.view.value, data: next };
  }

  #patched(current: T, event: LiveEvent, data: unknown): T {
    return data === undefined ? current : (this.source.patch?.(current, event, data) ?? current);
  }

  #reloadSoon(): void {
    if (this.#timers.size > 0) return;
    const delay = Math.max(0, this.#lastLoad + kReload - Date.now());
    const timer = window.setTimeout(() => {
      this.#timers.delete(timer);
      this.reload();
    }, delay);
    this.#timers.add(timer);
  }
}

/** The resource for `key`, alive while the component is. */
export function useResource<T>(key: string, source: () => Source<T>): Resource<T> {
  const resource = useMemo(() => new Resource(source()), [key]);
  useEffect(() => resource.start(), [resource]);
  return resource;
}

/** `list` with `item` in the place of the one with the same key, or at the end. */
export function replaced<T>(list: T[], item: T, key: (item: T) => unknown): T[] {
  const at = list.findIndex((other) => key(other) === key(item));
  if (at < 0) return [...list, item];
  const next = list.slice();
  next[at] = item;
  return next;
}

/** `list` with each of `items` replaced or added. */
export function merged<T>(list: T[], items: T[] | undefined, key: (item: T) => unknown): T[] {
  if (!items || items.length === 0) return list;
  const byKey = new Map(list.map((item) => [key(item), item]));
  for (const item of items) byKey.set(key(item), item);
  return [...byKey.values()];
}
