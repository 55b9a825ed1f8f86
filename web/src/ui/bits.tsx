// Small parts that every page uses.

import { signal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { HttpError } from '../api/http';
import { setQuery } from '../router';
import { ago, bytes, clock, count, duration, elapsed, mebibytes, now, percent } from './format';
import { Icon } from './icons';

const kLong = 14; // characters; a table may show less of a name that is longer

/** Text that a user chose: isolated, so that its direction marks stay inside it. */
export function Name({ children }: { children: string | undefined }): JSX.Element {
  const long = children !== undefined && children.length > kLong;
  return (
    <bdi class="name" {...(long ? { title: children } : {})}>
      {children || '(no name)'}
    </bdi>
  );
}

/** What a row says besides its name: two lines of it, the whole when pointed at. */
export function Note({ children, bad }: { children: string; bad?: boolean }): JSX.Element {
  return (
    <p class={`row-note ${bad ? 'bad-text' : ''}`}>
      <Name>{children}</Name>
    </p>
  );
}

/** An identifier in full. */
export function Id({ children, copy = true }: { children: string; copy?: boolean }): JSX.Element {
  return (
    <span class="id">
      <bdi>{children}</bdi>
      {copy && <Copy text={children} />}
    </span>
  );
}

export function Copy({ text, what = text }: { text: string; what?: string }): JSX.Element {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => {
    await writeClipboard(text);
    setDone(true);
    announce('Copied');
  };
  return (
    <button type="button" class="copy" aria-label={`Copy ${what}`} title="Copy" onClick={copy}>
      <Icon name={done ? 'check' : 'copy'} />
    </button>
  );
}

async function writeClipboard(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without permission (or over plain HTTP from another machine) there is still the old way.
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'offscreen';
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}

const announcement = signal('');
export const announce = (text: string) => {
  announcement.value = text;
};
/** What a screen reader is told: short summaries only. */
export function Announcer(): JSX.Element {
  return (
    <div class="offscreen" role="status" aria-live="polite">
      {announcement}
    </div>
  );
}

/** "3 min ago", the exact time when pointed at; with `both`, the two side by side. */
export function Time({ at, both }: { at: number | undefined; both?: boolean }): JSX.Element {
  if (!at || at <= 0) return <span class="none">–</span>;
  const exact = clock(at, now.value);
  const iso = new Date(at).toISOString();
  return (
    <time dateTime={iso} title={`${clock(at, 0)} local, ${iso}`}>
      {both ? `${exact}, ` : ''}
      {ago(at, now.value)}
    </time>
  );
}

/** Time from `from` to `to`, counting on while there is no end. */
export function Span({ from, to }: { from: number | undefined; to?: number | undefined }) {
  return <>{duration(elapsed(from, to))}</>;
}

interface MeterProps {
  label: string;
  used: number;
  total: number;
  unit?: 'MiB' | 'bytes';
  noun?: string; // what is counted, where the numbers alone do not say it
  reserved?: number;
  bare?: boolean; // only the bar, for dense tables; the numbers are beside it
}

/** A share of a whole: a woven bar with its numbers. */
export function Meter({ label, used, total, unit, noun, reserved = 0, bare }: MeterProps): JSX.Element {
  const write = unit === 'MiB' ? mebibytes : unit === 'bytes' ? bytes : count;
  const share = (value: number) => `${total > 0 ? Math.min(100, (100 * value) / total) : 0}%`;
  const text = `${write(used)} of ${write(total)}${noun ? ` ${noun}` : ''}`;
  const level = total > 0 && used / total > 0.9 ? 'high' : '';
  return (
    <div class="meter">
      <div
        class={`track ${level}`}
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={used}
        aria-valuetext={text}
      >
        <span class="fill" style={{ width: share(used) }} />
        {reserved > 0 && <span class="reserved" style={{ width: share(reserved) }} />}
      </div>
      {!bare && (
        <span class="figures">
          <span>{text}</span> <span class="share">{percent(used, total)}</span>
        </span>
      )}
    </div>
  );
}

interface TaskBarProps {
  label: string;
  total: number;
  done: number;
  active: number;
  failed: number;
  skipped?: number;
}

/** Progress of tasks: done is solid, running is striped, and the numbers stand beside it. */
export function TaskBar({ label, total, done, active, failed, skipped = 0 }: TaskBarProps) {
  const rest = Math.max(0, total - skipped);
  const share = (value: number) => `${rest > 0 ? Math.min(100, (100 * value) / rest) : 0}%`;
  const notes = [
    active > 0 && `${count(active)} running`,
    failed > 0 && `${count(failed)} failed`,
    skipped > 0 && `${count(skipped)} skipped`,
  ].filter(Boolean);
  const text = `${count(done)} of ${count(rest)} tasks${notes.length ? ', ' : ''}${notes.join(', ')}`;
  return (
    <div class="tasks">
      <div
        class="track"
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={rest}
        aria-valuenow={Math.min(done, rest)}
        aria-valuetext={text}
      >
        <span class="fill done" style={{ width: share(done) }} />
        <span class="fill active" style={{ width: share(Math.min(active, rest - done)) }} />
      </div>
      <span class="figures">
        <span>
          {count(done)}/{count(rest)}
        </span>
        {active > 0 && <span class="note"> · {count(active)} running</span>}
        {failed > 0 && <span class="note bad-text"> · {count(failed)} failed</span>}
        {skipped > 0 && <span class="note"> · {count(skipped)} skipped</span>}
      </span>
    </div>
  );
}

export interface Fact {
  name: string;
  value: ComponentChildren;
  wide?: boolean;
}

/** Names and values of one object. A value of undefined is left out. */
export function Facts({ facts }: { facts: (Fact | false | undefined)[] }): JSX.Element {
  return (
    <dl class="facts">
      {facts.map(
        (fact) =>
          fact &&
          fact.value !== undefined && (
            <div key={fact.name} class={fact.wide ? 'wide' : ''}>
              <dt>{fact.name}</dt>
              <dd>{fact.value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

interface PanelProps {
  title: ComponentChildren;
  note?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
}

export function Panel({ title, note, children, class: extra = '' }: PanelProps): JSX.Element {
  return (
    <section class={`panel ${extra}`}>
      <header>
        <h2>{title}</h2>
        {note !== undefined && <div class="panel-note">{note}</div>}
      </header>
      {children}
    </section>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <svg viewBox="0 0 64 40" width="64" height="40" aria-hidden="true">
        <path class="warp" d="M12 2v36M22 2v36M32 2v36M42 2v36M52 2v36" />
        <path class="weft" d="M4 14h4M16 14h12M36 14h12M56 14h4" />
      </svg>
      <p class="empty-title">{title}</p>
      {children && <div class="empty-text">{children}</div>}
    </div>
  );
}

/** Something to know that nobody has to mend. */
export function Notice({ children }: { children: ComponentChildren }): JSX.Element {
  return (
    <p class="notice" role="status">
      <Icon name="minus" />
      <span>{children}</span>
    </p>
  );
}

/** What went wrong with a load, in words, and a way to try again. */
export function Failure({ error, what, retry }: { error: Error; what: string; retry: () => void }) {
  const status = error instanceof HttpError ? error.status : -1;
  const title =
    status === 404 ? `${what}: not found` : status === 0 ? 'No connection' : `${what}: not loaded`;
  return (
    <div class="failure" role="alert">
      <Icon name="warning" />
      <div>
        <p class="failure-title">{title}</p>
        <p>{error.message}</p>
      </div>
      <button type="button" class="button" onClick={retry}>
        Try again
      </button>
    </div>
  );
}

/** Lines of about the right height while something is loaded. */
export function Loading({ lines = 4 }: { lines?: number }): JSX.Element {
  return (
    <div class="loading" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} />
      ))}
    </div>
  );
}

interface Choice {
  value: string;
  label: ComponentChildren;
  count?: number;
}

/** One choice of several as a row of buttons; the query parameter `name` holds it. */
export function Choices(props: { name: string; label: string; value: string; choices: Choice[] }) {
  return (
    <div class="choices" role="group" aria-label={props.label}>
      {props.choices.map(({ value, label, count: number }) => (
        <button
          key={value}
          type="button"
          aria-pressed={value === '' ? props.value === '' : props.value.split(',').includes(value)}
          onClick={() => setQuery({ [props.name]: value })}
        >
          {label}
          {number !== undefined && <span class="number">{count(number)}</span>}
        </button>
      ))}
    </div>
  );
}

/** A filter as text, kept in the query parameter `q`. The key / leads here. */
export function Search({ value, hint }: { value: string; hint: string }): JSX.Element {
  const [text, setText] = useState(value);
  const sent = useRef(value);
  useEffect(() => {
    if (value !== sent.current) setText(value); // the address changed, not this field
    sent.current = value;
  }, [value]);
  useEffect(() => {
    if (text === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = text;
      setQuery({ q: text });
    }, 150);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <label class="search">
      <Icon name="search" />
      <input
        type="search"
        value={text}
        placeholder={hint}
        aria-label={`Filter: ${hint}`}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}
