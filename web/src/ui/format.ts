// Numbers, sizes and times as people read them. Sizes are binary (KiB, MiB), as in the settings.

import { signal } from '@preact/signals';

/** The time in milliseconds, advancing once a second; what reads it stays current. */
export const now = signal(Date.now());
setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1000);

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export const count = (value: number) => grouped.format(value);

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function bytes(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let unit = 0;
  let size = Math.abs(value);
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  const digits = unit === 0 || size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return `${Math.sign(value) * Number(size.toFixed(digits))} ${units[unit]}`;
}

export const mebibytes = (value: number) => bytes(value * 1024 * 1024);

export function percent(used: number, total: number): string {
  return total > 0 ? `${Math.round((100 * used) / total)}%` : '–';
}

/** "340 ms", "4.2 s", "3 min 12 s", "2 h 5 min", "4 d 3 h". */
export function duration(ms: number | undefined): string {
  if (ms === undefined || !Number.isFinite(ms) || ms < 0) return '–';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** "just now", "12 s ago", "3 min ago", "5 h ago", "2 d ago". */
export function ago(time: number, at: number): string {
  const seconds = Math.floor((at - time) / 1000);
  if (seconds < 2) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** Local time: "2026-11-22 16:30:36"; of today only "16:30:36". */
export function clock(time: number, at: number = Date.now()): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const hours = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return new Date(at).toDateString() === date.toDateString() ? hours : `${day} ${hours}`;
}

/** Milliseconds of Spark's "2026-11-22T16:30:36.123GMT"; undefined when it is none. */
export function sparkTime(text: string | undefined): number | undefined {
  if (!text) return undefined;
  const time = Date.parse(text.replace(/GMT$/, 'Z'));
  return Number.isNaN(time) ? undefined : time;
}

/** How long from `start` to `end`, or until now. */
export function elapsed(start: number | undefined, end: number | undefined): number | undefined {
  if (!start) return undefined;
  return Math.max(0, (end || now.value) - start);
}
