// Pages are real paths and their filters are the query, so that every view has an address.

import { signal } from '@preact/signals';

export interface Location {
  path: string;
  query: URLSearchParams;
}

const read = (): Location => ({
  path: location.pathname,
  query: new URLSearchParams(location.search),
});

export const route = signal<Location>(read());

/** Goes to `url`, a path with an optional query of this origin. */
export function navigate(url: string, options: { replace?: boolean } = {}): void {
  const from = location.pathname;
  if (options.replace) history.replaceState(null, '', url);
  else history.pushState(null, '', url);
  route.value = read();
  if (location.pathname !== from) scrollTo(0, 0);
}

/** This page's address with query parameters set; an empty value takes one out. */
export function withQuery(changes: Record<string, string>): string {
  const query = new URLSearchParams(route.value.query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  return route.value.path + (text && `?${text}`);
}

export const setQuery = (changes: Record<string, string>) =>
  navigate(withQuery(changes), { replace: true });

/** The segments of a path, decoded: ['apps', 'application_1_0001']. */
export function segments(path: string): string[] {
  return path.split('/').filter(Boolean).map(decode);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

const kPages = /^\/($|nodes(\/|$)|apps(\/|$)|containers\/)/;

/** Follows links between pages without loading the document again. */
export function startRouter(): void {
  addEventListener('popstate', () => (route.value = read()));
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link?.href || link.target || link.hasAttribute('download')) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || !kPages.test(url.pathname)) return;
    event.preventDefault();
    navigate(url.pathname + url.search + url.hash);
  });
}

const part = encodeURIComponent;
export const paths = {
  node: (id: string) => `/nodes/${part(id)}`,
  app: (id: string) => `/apps/${part(id)}`,
  job: (app: string, id: number) => `/apps/${part(app)}/jobs/${id}`,
  stage: (app: string, id: number, attempt: number) =>
    `/apps/${part(app)}/stages/${id}.${attempt}`,
  logs: (container: string) => `/containers/${part(container)}/logs`,
};
