// A sortable table. On a narrow screen each row becomes a card with its column names. Rows are shown
// a page at a time, so that thousands of them stay quick; the sort is in the address.

import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';

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

export function Table<T>(props: TableProps<T>): JSX.Element {
  const { columns, rows, param = 'sort', page = kPage } = props;
  const [shown, setShown] = useState(page);
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
    <div class="table-frame">
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
                class={column.number ? 'number' : ''}
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
                  <th key={column.key} scope="row" data-head={column.head}>
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

const collator = new Intl.Collator('en', { numeric: true });

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return collator.compare(String(a), String(b));
}
