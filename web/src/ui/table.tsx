// A sortable table. Where it is wider than its place, each row becomes a card with its column names.
// Rows are shown a page at a time, so that thousands of them stay quick; the sort is in the address.

import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

import { route, setQuery } from '../router';
import { count } from './format';
import { Icon } from './icons';

export interface Column<T> {
  key: string;
  head: string;
  cell: (row: T) => ComponentChildren;
  sort?: (row: T) => number | string; // a column without it cannot be sorted by
  number?: boolean; // right-aligned; sorted from the largest first
  main?: boolean; // what the row is: the header cell of its row
}

interface TableProps<T> {
  label: string;
  columns: Column<T>[];
  rows: T[];
  rowKey: (row: T) => string | number;
  sort: string; // column to sort by at first; with a leading '-' from the largest
  param?: string; // query parameter of the sort, where a page has several tables
  page?: number;
}

const kPage = 100;
const kFew = 4; // columns that leave the main one room

/** Gives the frame the class `cards` while the table in it does not fit. What the columns need depends
 *  on what is in them, so it is measured. */
function useCards() {
  const frame = useRef<HTMLDivElement>(null);
  const needed = useRef(0);
  const fit = () => {
    const box = frame.current;
    if (!box) return;
    const cards = box.classList.contains('cards');
    if (!cards) needed.current = box.querySelector('table')!.offsetWidth;
    const narrow = needed.current > box.clientWidth;
    if (narrow !== cards) box.classList.toggle('cards', narrow);
  };
  useLayoutEffect(fit);
  useLayoutEffect(() => {
    let frameRequest = 0;
    const observer = new ResizeObserver(() => {
      cancelAnimationFrame(frameRequest);
      frameRequest = requestAnimationFrame(fit);
    });
    observer.observe(frame.current!);
    observer.observe(frame.current!.querySelector('table')!);
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frameRequest);
    };
  }, []);
  return frame;
}

export function Table<T>(props: TableProps<T>): JSX.Element {
  const { columns, rows, param = 'sort', page = kPage } = props;
  const [shown, setShown] = useState(page);
  const frame = useCards();
  const asked = route.value.query.get(param);
  const known = columns.some((column) => column.sort && column.key === asked?.replace(/^-/, ''));
  const order = asked && known ? asked : props.sort;
  const descending = order.startsWith('-');
  const key = order.replace(/^-/, '');
  const sorted = sort(rows, columns.find((column) => column.key === key)?.sort, descending, props.rowKey);
  const setOrder = (next: string) => setQuery({ [param]: next === props.sort ? '' : next });
  const next = (column: Column<T>) =>
    key === column.key
      ? (descending ? '' : '-') + key
      : (column.number ? '-' : '') + column.key;

  return (
    <div class={columns.length <= kFew ? 'table-frame few' : 'table-frame'} ref={frame}>
      <label class="sort-choice">
        Sort by{' '}
        <select value={order} onChange={(event) => setOrder(event.currentTarget.value)}>
          {columns
            .filter((column) => column.sort)
            .flatMap((column) => [
              <option value={column.key}>{column.head}, rising</option>,
              <option value={`-${column.key}`}>{column.head}, falling</option>,
            ])}
        </select>
      </label>
      <table aria-label={props.label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                class={`${column.number ? 'number' : ''} ${column.main ? 'main' : ''}`}
                {...(key === column.key
                  ? { 'aria-sort': descending ? ('descending' as const) : ('ascending' as const) }
                  : {})}
              >
                {column.sort ? (
                  <button type="button" onClick={() => setOrder(next(column))}>
                    {column.head}
                    {key === column.key && <Icon name={descending ? 'down' : 'up'} />}
                  </button>
                ) : (
                  column.head
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, shown).map((row) => (
            <tr key={props.rowKey(row)}>
              {columns.map((column) =>
                column.main ? (
                  <th
                    key={column.key}
                    scope="row"
                    class={column.number ? 'main number' : 'main'}
                    data-head={column.head}
                  >
                    {column.cell(row)}
                  </th>
                ) : (
                  <td
                    key={column.key}
                    class={column.number ? 'number' : ''}
                    data-head={column.head}
                  >
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {sorted.length > shown && (
        <div class="more">
          <button type="button" class="button" onClick={() => setShown(shown + page)}>
            Show {count(Math.min(page, sorted.length - shown))} more
          </button>
          <span>
            {count(shown)} of {count(sorted.length)} shown
          </span>
        </div>
      )}
    </div>
  );
}

function sort<T>(
  rows: T[],
  value: ((row: T) => number | string) | undefined,
  descending: boolean,
  rowKey: (row: T) => string | number,
): T[] {
  if (!value) return rows;
  const sign = descending ? -1 : 1;
  return rows
    .map((row) => ({ row, value: value(row) }))
    .sort((a, b) => sign * compare(a.value, b.value) || compare(rowKey(a.row), rowKey(b.row)))
    .map(({ row }) => row);
}

export const collator = new Intl.Collator('en', { numeric: true });

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return collator.compare(String(a), String(b));
}
