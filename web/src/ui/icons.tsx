// Line icons, drawn here so that nothing is loaded.

import type { JSX } from 'preact';

const shapes = {
  check: <path d="m4 8.5 2.7 2.7L12 5.5" />,
  cross: <path d="m4.5 4.5 7 7m0-7-7 7" />,
  play: <path d="M5.5 3.800v8.400L12 8z" fill="currentColor" />,
  clock: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M8 5v3.200l2 1.300" />
    </>
  ),
  stop: <rect x="4.5" y="4.5" width="7" height="7" rx="1" />,
  warning: <path d="M8 2.5 14 13H2zM8 6.5v3m0 1.7v.1" />,
  minus: <path d="M4 8h8" />,
  copy: <path d="M6 6h6.5v6.5H6zM3.5 10V3.5H10" />,
  download: <path d="M8 2.5V10m-3-2.800 3 3 3-3M3 13h10" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4" />
      <path d="m10 10 3.5 3.5" />
    </>
  ),
  theme: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" />
    </>
  ),
  up: <path d="m4.5 9.5 3.5-4 3.5 4" />,
  down: <path d="m4.5 6.5 3.5 4 3.5-4" />,
  pause: <path d="M5.5 4v8m5-8v8" />,
  right: <path d="m6.5 4.5 3.5 3.5-3.5 3.5" />,
};

export type IconName = keyof typeof shapes;

export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      {shapes[name]}
    </svg>
  );
}

// The mark: two warp threads and two weft threads, each weft once over and once under.
export function Logo(): JSX.Element {
  return (
    <svg class="logo" viewBox="0 0 28 28" width="28" height="28" aria-hidden="true">
      <g fill="none" stroke-width="4.4" stroke-linecap="round">
        <path class="warp" d="M9 3v2M9 13v12M19 3v12M19 23v2" />
        <path class="weft" d="M3 9h12M23 9h2M3 19h2M13 19h12" />
      </g>
    </svg>
  );
}
