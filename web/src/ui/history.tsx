// A small area chart of two shares over the minutes that this page has been open.

import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { duration, now } from './format';

interface Sample {
  at: number;
  shares: number[]; // of 1, one for each line
}

const kSpan = 5 * 60_000;
const kWidth = 300;
const kHeight = 56;

/** Keeps `shares` over time while the component lives. */
export function useHistory(shares: number[] | undefined): Sample[] {
  const [samples, setSamples] = useState<Sample[]>([]);
  const key = shares?.join();
  useEffect(() => {
    if (!shares) return;
    const at = Date.now();
    setSamples((old) => [...old.filter((sample) => sample.at > at - kSpan), { at, shares }]);
  }, [key]);
  return samples;
}

/** Steps, because a value holds until the next one comes. */
function path(samples: Sample[], line: number, at: number, from: number): string {
  const x = (time: number) => ((Math.max(time, from) - from) / (at - from)) * kWidth;
  const y = (share: number) => kHeight - 2 - Math.max(0, Math.min(1, share)) * (kHeight - 6);
  let text = '';
  for (const { at: time, shares } of samples) {
    const height = y(shares[line] ?? 0).toFixed(1);
    text += text ? `H${x(time).toFixed(1)}V${height}` : `M${x(time).toFixed(1)} ${height}`;
  }
  return text && `${text}H${kWidth}`;
}

export function History({ samples, names }: { samples: Sample[]; names: string[] }): JSX.Element {
  const at = now.value;
  const from = Math.max(at - kSpan, Math.min(samples[0]?.at ?? at, at - 20_000));
  const last = samples.at(-1);
  const said = names
    .map((name, line) => `${name} ${Math.round(100 * (last?.shares[line] ?? 0))}%`)
    .join(', ');
  return (
    <figure class="history">
      <svg
        viewBox={`0 0 ${kWidth} ${kHeight}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Use since this page was opened; now ${said}`}
      >
        <path class="grid" d={`M0 ${kHeight - 2}H${kWidth}M0 ${kHeight / 2}H${kWidth}M0 4H${kWidth}`} />
        {names.map((name, line) => {
          const d = path(samples, line, at, from);
          return (
            d && (
              <g key={name} class={`line-${line}`}>
                <path class="area" d={`${d}V${kHeight}H${d.slice(1, d.indexOf(' '))}Z`} />
                <path class="line" d={d} />
              </g>
            )
          );
        })}
      </svg>
      <figcaption>
        {names.map((name, line) => (
          <span key={name} class={`key line-${line}`}>
            {name}
          </span>
        ))}
        <span class="from">last {duration(at - from)}</span>
      </figcaption>
    </figure>
  );
}
