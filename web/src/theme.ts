// Light, dark, or what the system says. The choice is kept in this browser only.

import { signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const kKey = 'heddle-theme';
const kOrder: Theme[] = ['system', 'light', 'dark'];

export const theme = signal<Theme>('system');

export function startTheme(): void {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem(kKey);
  } catch {
    // A browser that keeps nothing follows the system.
  }
  set(kOrder.find((name) => name === kept) ?? 'system');
}

export function nextTheme(): void {
  const next = kOrder[(kOrder.indexOf(theme.value) + 1) % kOrder.length]!;
  set(next);
  try {
    localStorage.setItem(kKey, next);
  } catch {
    // Lasts until the page is closed.
  }
}

function set(value: Theme): void {
  theme.value = value;
  document.documentElement.dataset['theme'] = value;
}
