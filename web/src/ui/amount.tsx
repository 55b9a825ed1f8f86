// Amounts of resources: memory and vcores, and what else a cluster counts by name, such as "gpu". Few
// clusters have any of it, so a table has a column for a name only where a row has some of it.

import type { JSX } from 'preact';

import type { KeyedAmount, Size } from '../api/types';
import { Meter } from './bits';
import { count, mebibytes, plural } from './format';
import type { Column } from './table';

/** How much there is of each, by name; memory and vcores are not among them. */
export type Named = ReadonlyMap<string, number>;

const kOwnFields = ['memory-mb', 'vcores'];
const kColumns = 4; // names that have a column of their own; the others are in the objects' pages

const nothing: Named = new Map();

/** YARN writes "yarn.io/gpu" of what is called "gpu" everywhere else. */
const plain = (name: string) => name.replace(/^yarn\.io\//, '');

export function named(size: Size | undefined): Named {
  const list = size?.resourceInformations?.resourceInformation ?? [];
  return keep(list.map(({ name, value }) => [name, value]));
}

/** The same of YARN's lists of keys and values, which are those of containers and of sums over time. */
export function namedEntries(list: KeyedAmount[] | undefined): Named {
  return keep((list ?? []).map(({ key, value }) => [key, Number(value)]));
}

function keep(entries: [string, number][]): Named {
  const kept = entries.filter(([name, value]) => !kOwnFields.includes(name) && value !== 0);
  return kept.length === 0 ? nothing : new Map(kept.map(([name, value]) => [plain(name), value]));
}

export function sum(amounts: Iterable<Named>): Named {
  const whole = new Map<string, number>();
  for (const amount of amounts) {
    for (const [name, value] of amount) whole.set(name, (whole.get(name) ?? 0) + value);
  }
  return whole;
}

/** Every name that some of `amounts` has, in the order of the alphabet. */
export function namesIn(amounts: Iterable<Named>): string[] {
  return [...sum(amounts).keys()].sort();
}

/** "6 GiB, 7 vcores, 2 gpu". */
export function amount(memory: number, vcores: number, more: Named = nothing): string {
  const rest = [...more].map(([name, value]) => `${count(value)} ${name}`);
  return [mebibytes(memory), plural(vcores, 'vcore'), ...rest].join(', ');
}

export const sized = (size: Size) => amount(size.memory, size.vCores, named(size));

/** Columns after that of `after`, one for each name that some row has. */
export function withNamed<T>(
  columns: Column<T>[],
  after: string,
  rows: T[],
  of: (row: T) => Named,
  cell: (row: T, name: string) => JSX.Element | string = (row, name) => figure(of(row).get(name)),
): Column<T>[] {
  const names = namesIn(rows.map(of)).slice(0, kColumns);
  if (names.length === 0) return columns;
  const more = names.map(
    (name): Column<T> => ({
      key: `named-${name}`,
      head: name,
      number: true,
      cell: (row) => cell(row, name),
      sort: (row) => of(row).get(name) ?? 0,
    }),
  );
  const place = columns.findIndex((column) => column.key === after) + 1;
  return [...columns.slice(0, place), ...more, ...columns.slice(place)];
}

const figure = (value: number | undefined) => (value ? count(value) : '–');

/** "2 of 4", or that there is none. */
export function usedOf(used: Named, total: Named, name: string): string {
  const whole = total.get(name) ?? 0;
  const part = used.get(name) ?? 0;
  return whole > 0 ? `${count(part)} of ${count(whole)}` : figure(part);
}

interface NamedMetersProps {
  used: Named;
  total: Named;
  needed?: Named; // by one that waits; drawn behind what is used
  where?: string; // what they are of, for those who cannot see it
}

/** A bar for each name that `total` or `needed` has. */
export function NamedMeters({ used, total, needed = nothing, where = '' }: NamedMetersProps) {
  return (
    <>
      {namesIn([total, needed]).map((name) => {
        const [part, whole] = [used.get(name) ?? 0, total.get(name) ?? 0];
        return (
          <Meter
            key={name}
            label={`${name}${where}`}
            used={part}
            total={whole}
            reserved={extra(part, whole, needed.get(name))}
            noun={name}
          />
        );
      })}
    </>
  );
}

/** What of `needed` still fits behind what is used. */
export const extra = (used: number, limit: number, needed = 0) =>
  Math.max(0, Math.min(needed, limit - used));
