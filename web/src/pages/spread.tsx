// How the tasks of a stage spread: durations, quantiles, where they ran, and whether one lags.

import type { Task } from '../api/types';
import { Empty, Panel } from '../ui/bits';
import { bytes, count, duration, plural } from '../ui/format';
import { word } from '../ui/state';

const kQuantiles: [string, number][] = [
  ['Least', 0],
  ['25%', 0.25],
  ['Median', 0.5],
  ['75%', 0.75],
  ['Most', 1],
];

export const shuffleRead = (task: Task) =>
  (task.taskMetrics?.shuffleReadMetrics?.remoteBytesRead ?? 0) +
  (task.taskMetrics?.shuffleReadMetrics?.localBytesRead ?? 0);
export const shuffleWritten = (task: Task) => task.taskMetrics?.shuffleWriteMetrics?.bytesWritten ?? 0;
export const input = (task: Task) => task.taskMetrics?.inputMetrics?.bytesRead ?? 0;

/** Quantiles of what completed tasks took, and at which distance to their data tasks ran. */
export function Spread({ tasks }: { tasks: Task[] }) {
  const done = tasks.filter((task) => task.status === 'SUCCESS');
  const measures: [string, (task: Task) => number, (value: number) => string][] = [
    ['Duration', (task) => task.duration ?? 0, duration],
    ['Input', input, bytes],
    ['Shuffle read', shuffleRead, bytes],
    ['Shuffle write', shuffleWritten, bytes],
  ];
  const rows = measures
    .map(([name, value, write]) => ({ name, write, values: done.map(value).sort((a, b) => a - b) }))
    .filter(({ values }) => (values.at(-1) ?? 0) > 0);
  const places = new Map<string, number>();
  for (const task of tasks) places.set(task.taskLocality, (places.get(task.taskLocality) ?? 0) + 1);
  return (
    <Panel title="Spread" note={`${plural(done.length, 'task')} done`}>
      {done.length === 0 && <Empty title="No task has completed yet" />}
      {done.length > 0 && (
        <>
          <Histogram durations={done.map((task) => task.duration ?? 0)} />
          <table class="quantiles" aria-label="Spread over the tasks">
            <thead>
              <tr>
                <th scope="col">
                  <span class="offscreen">Measure</span>
                </th>
                {kQuantiles.map(([name]) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ name, write, values }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  {kQuantiles.map(([label, at]) => (
                    <td key={label}>{write(values[Math.round(at * (values.length - 1))] ?? 0)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      <Skew done={done} />
      {places.size > 0 && (
        <p class="places">
          <span>Where they ran:</span>
          {[...places].sort().map(([place, number]) => (
            <span key={place} class="place">
              {word(place)} <b>{count(number)}</b>
            </span>
          ))}
        </p>
      )}
    </Panel>
  );
}

const kSkew = 4; // times the median that is worth saying
const kSkewLeast = 1_000; // milliseconds; shorter tasks are not worth it

/** Says when one task took much longer than its like. */
function Skew({ done }: { done: Task[] }) {
  const sorted = [...done].sort((a, b) => (a.duration ?? 0) - (b.duration ?? 0));
  const median = sorted[Math.floor(sorted.length / 2)]?.duration ?? 0;
  const slowest = sorted.at(-1);
  const most = slowest?.duration ?? 0;
  if (!slowest || median === 0 || most < kSkewLeast || most < kSkew * median) return null;
  return (
    <p class="places wait">
      <span>
        Task {slowest.index} took {duration(most)}, {Math.round(most / median)} times the median
      </span>
    </p>
  );
}

const kBins = 24;

/** How many tasks took how long. */
function Histogram({ durations }: { durations: number[] }) {
  const most = Math.max(...durations, 1);
  const bins = new Array<number>(kBins).fill(0);
  for (const value of durations) {
    const bin = Math.min(kBins - 1, Math.floor((value / most) * kBins));
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  const highest = Math.max(...bins);
  return (
    <figure class="histogram">
      <svg
        viewBox={`0 0 ${kBins * 10} 48`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Task durations from 0 to ${duration(most)}`}
      >
        {bins.map((number, bin) => {
          const height = number === 0 ? 0 : Math.max(2, (number / highest) * 46);
          return (
            <rect key={bin} x={bin * 10 + 1} y={48 - height} width={8} height={height}>
              <title>
                {`${plural(number, 'task')}: ${duration((bin * most) / kBins)} to ${duration(((bin + 1) * most) / kBins)}`}
              </title>
            </rect>
          );
        })}
      </svg>
      <figcaption>
        <span>0</span>
        <span>duration</span>
        <span>{duration(most)}</span>
      </figcaption>
    </figure>
  );
}
