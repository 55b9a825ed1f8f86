// The logs of one container: the last part at once, earlier parts when scrolled to, new lines live.

import { signal, type Signal } from '@preact/signals';
import { Component, type ComponentChild, type RefObject } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';

import { followLog, logFiles, logPart, logUrl } from '../api/jobs';
import { containers } from '../api/cluster';
import { HttpError } from '../api/http';
import type { Container, LogFile } from '../api/types';
import { LogBuffer, type Block } from '../live/log_buffer';
import { useResource } from '../live/resource';
import { paths, route, setQuery, withQuery } from '../router';
import { announce, Copy, Empty, Failure, Loading, Name } from '../ui/bits';
import { bytes } from '../ui/format';
import { Icon } from '../ui/icons';
import { ContainerState } from './containers';
import { topicsOf } from './sources';
import { Heading, useTitle } from './title';

const kPart = 64 * 1024; // read at first, and each time the top is reached
const kJump = 1024 * 1024; // a longer gap is skipped when following goes on
const kRetryMin = 1_000;
const kRetryMax = 15_000;
const kNear = 24; // pixels from the bottom that still count as the bottom

export function LogsPage({ container }: { container: string }) {
  useTitle('Logs');
  const resource = useResource(`files ${container}`, () => ({
    load: (abort) => logFiles(container, abort),
  }));
  const { data: files, error } = resource.view.value;
  const asked = route.value.query.get('file');
  const file = files?.find(({ name }) => name === asked) ?? preferred(files);
  const app = applicationOf(container);
  const found = useContainer(container).view.value.data;
  const ended = found?.containerState === 'COMPLETE';
  return (
    <div class="logs">
      <Heading
        trail={[
          { text: 'Applications', href: '/apps' },
          ...(app ? [{ text: app, href: `${paths.app(app)}?view=containers` }] : []),
        ]}
        title={
          <>
            Logs <span class="id-title">{container}</span>
          </>
        }
      >
        <Copy text={container} />
        {found && <ContainerState container={found} />}
      </Heading>
      {error && <Failure error={error} what="Logs" retry={() => resource.reload()} />}
      {!files && !error && <Loading lines={8} />}
      {files?.length === 0 && (
        <Empty title="This container has written no log">
          <button type="button" class="button" onClick={() => resource.reload()}>
            Look again
          </button>
        </Empty>
      )}
      {files && file && (
        <Viewer key={file.name} container={container} file={file} files={files} ended={ended} />
      )}
    </div>
  );
}

function preferred(files: LogFile[] | undefined): LogFile | undefined {
  const named = (name: string) => files?.find((file) => file.name === name);
  const written = files?.find((file) => file.size > 0);
  const stdout = named('stdout');
  return stdout && stdout.size > 0 ? stdout : (written ?? stdout ?? files?.[0]);
}

const kContainer = /^container_(?:e\d+_)?(\d+)_(\d+)_(\d+)_\d+$/;

/** container_[eN_]TIMESTAMP_APP_ATTEMPT_NUMBER is of application_TIMESTAMP_APP. */
function applicationOf(container: string): string | undefined {
  const match = kContainer.exec(container);
  return match ? `application_${match[1]}_${match[2]}` : undefined;
}

/** The container itself, while the resource manager still knows it. */
const useContainer = (id: string) =>
  useResource(`container ${id}`, () => ({
    load: async (abort): Promise<Container | undefined> => {
      const match = kContainer.exec(id);
      if (!match) return undefined;
      const attempt = `appattempt_${match[1]}_${match[2]}_${match[3]!.padStart(6, '0')}`;
      const all = await containers(applicationOf(id)!, attempt, abort);
      return all.find((one) => one.containerId === id);
    },
    topics: topicsOf('app', applicationOf(id) ?? ''),
    stale: (event) => event === 'app',
  }));

interface Shown {
  blocks: Block[];
  openLine: string;
  first: number;
  end: number;
  loaded: boolean;
}

/** Reads one file; what the page shows is in signals. */
class Tail {
  readonly shown: Signal<Shown> = signal({ blocks: [], openLine: '', first: 0, end: 0, loaded: false });
  readonly error: Signal<Error | undefined> = signal(undefined);
  readonly following = signal(true);
  readonly loadingEarlier = signal(false);
  ended = false; // nothing will be written any more
  #buffer: LogBuffer | undefined;
  #run: AbortController | undefined;
  #frame = 0;

  constructor(
    readonly container: string,
    readonly file: string,
  ) {}

  /** Follows until stop(). Starts over when the file is new to it, was rotated, or ran far ahead. */
  start(): void {
    this.stop();
    const run = new AbortController();
    this.#run = run;
    void this.#follow(run.signal);
  }

  stop(): void {
    this.#run?.abort();
    this.#run = undefined;
  }

  async #follow(abort: AbortSignal): Promise<void> {
    let delay = kRetryMin;
    while (!abort.aborted) {
      try {
        await this.#catchUp(abort);
        this.error.value = undefined;
        const from = this.#buffer!.end;
        await followLog(this.container, this.file, from, (part) => this.#take(part), abort);
        if (this.ended && this.#buffer!.end === from) return;
        delay = this.#buffer!.end > from ? kRetryMin : Math.min(delay * 2, kRetryMax);
      } catch (error) {
        if (abort.aborted) return;
        this.error.value = error instanceof Error ? error : new Error(String(error));
        delay = Math.min(delay * 2, kRetryMax);
      }
      await sleep(delay, abort);
    }
  }

  async #catchUp(abort: AbortSignal): Promise<void> {
    if (this.#buffer) {
      const { end } = this.#buffer;
      const next = await logPart(this.container, this.file, { offset: end, limit: kJump }, abort);
      if (next.size >= end && next.size - end <= kJump) {
        this.#take(next.bytes);
        return;
      }
    }
    const tail = await logPart(this.container, this.file, { size: -kPart }, abort);
    this.#buffer = new LogBuffer(tail.offset, tail.bytes);
    this.#publish();
  }

  async earlier(): Promise<void> {
    const buffer = this.#buffer;
    if (!buffer || buffer.first === 0 || this.loadingEarlier.value) return;
    this.loadingEarlier.value = true;
    try {
      const offset = Math.max(0, buffer.first - kPart);
      const limit = buffer.first - offset;
      const part = await logPart(this.container, this.file, { offset, limit });
      if (buffer === this.#buffer && part.bytes.length === limit && buffer.first === offset + limit) {
        buffer.prepend(part.bytes);
        this.#publish();
      }
    } catch (error) {
      this.error.value = error instanceof Error ? error : new Error(String(error));
    } finally {
      this.loadingEarlier.value = false;
    }
  }

  #take(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#buffer!.append(part);
    if (this.following.value) this.#buffer!.trim();
    // A fast writer costs one drawing per frame, however many pieces arrive.
    if (this.#frame === 0) {
      this.#frame = requestAnimationFrame(() => {
        this.#frame = 0;
        this.#publish();
      });
    }
  }

  #publish(): void {
    const { blocks, openLine, first, end } = this.#buffer!;
    this.shown.value = { blocks, openLine, first, end, loaded: true };
  }
}

function sleep(ms: number, abort: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    abort.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

interface ViewerProps {
  container: string;
  file: LogFile;
  files: LogFile[];
  ended: boolean; // its container has
}

function Viewer({ container, file, files, ended }: ViewerProps) {
  const tail = useMemo(() => new Tail(container, file.name), [container, file.name]);
  tail.ended = ended;
  useEffect(() => {
    const turn = () => (document.hidden || !tail.following.value ? tail.stop() : tail.start());
    const leave = tail.following.subscribe(turn);
    document.addEventListener('visibilitychange', turn);
    return () => {
      leave();
      document.removeEventListener('visibilitychange', turn);
      tail.stop();
    };
  }, [tail]);
  const wrap = route.value.query.get('wrap') === '1';
  const { end, first } = tail.shown.value;
  return (
    <>
      <div class="log-bar">
        <nav class="choices" aria-label="Files">
          {files.map(({ name }) => (
            <a
              key={name}
              href={withQuery({ file: name })}
              {...(name === file.name ? { 'aria-current': 'page' as const } : {})}
            >
              <Name>{name}</Name>
            </a>
          ))}
        </nav>
        <span class="log-size">
          {first > 0 ? `last ${bytes(end - first)} of ${bytes(end)}` : bytes(end)}
        </span>
        <span class="log-actions">
          {!ended && <FollowButton tail={tail} />}
          <button
            type="button"
            class="button"
            aria-pressed={wrap}
            onClick={() => setQuery({ wrap: wrap ? '' : '1' })}
          >
            Wrap
          </button>
          <a
            class="button"
            href={logUrl(container, file.name)}
            download={`${container}-${file.name}.log`}
          >
            <Icon name="download" /> Download
          </a>
        </span>
      </div>
      <Text tail={tail} wrap={wrap} />
    </>
  );
}

function FollowButton({ tail }: { tail: Tail }) {
  const following = tail.following.value;
  return (
    <button
      type="button"
      class={`button follow ${following ? 'on' : ''}`}
      aria-pressed={following}
      onClick={() => {
        tail.following.value = !following;
        announce(following ? 'Paused' : 'Following');
      }}
    >
      <Icon name={following ? 'pause' : 'play'} />
      {following ? 'Pause' : 'Follow'}
    </button>
  );
}

function Text({ tail, wrap }: { tail: Tail; wrap: boolean }) {
  const scroller = useRef<HTMLDivElement>(null);
  const shown = tail.shown.value;
  const error = tail.error.value;
  useScroll(scroller, tail, shown);
  if (error && !shown.loaded) {
    const gone = error instanceof HttpError && error.status === 404;
    return <Failure error={error} what={gone ? 'Log' : 'The log'} retry={() => tail.start()} />;
  }
  if (!shown.loaded) return <Loading lines={8} />;
  return (
    <>
      {error && (
        <p class="log-error" role="status">
          <Icon name="warning" /> {error.message}. Trying again.
        </p>
      )}
      <div
        ref={scroller}
        class={`log ${wrap ? 'wrap' : ''}`}
        role="log"
        aria-label={`Contents of ${tail.file}`}
        aria-live="off"
        tabIndex={0}
      >
        <div class="log-top">
          {shown.first === 0 ? (
            <span>Beginning of {tail.file}</span>
          ) : (
            <button
              type="button"
              class="button"
              disabled={tail.loadingEarlier.value}
              onClick={() => void tail.earlier()}
            >
              {tail.loadingEarlier.value ? 'Loading earlier lines' : 'Load earlier lines'}
            </button>
          )}
        </div>
        {shown.blocks.map((block) => (
          <Lines key={block.key} text={block.text} />
        ))}
        {shown.openLine && <Lines text={shown.openLine} />}
        {shown.end === 0 && (
          <p class="log-empty">{tail.ended ? 'Nothing was written' : 'Nothing has been written yet'}</p>
        )}
      </div>
    </>
  );
}

// Keeps the end in view while following, and the lines in place when earlier ones are put above.
function useScroll(scroller: RefObject<HTMLDivElement | null>, tail: Tail, shown: Shown): void {
  const before = useRef({ height: 0, first: 0 });
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const { height, first } = before.current;
    if (tail.following.value) box.scrollTop = box.scrollHeight;
    else if (shown.first < first) box.scrollTop += box.scrollHeight - height;
    before.current = { height: box.scrollHeight, first: shown.first };
  }, [shown, scroller, tail]);
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    let top = box.scrollTop;
    const heard = () => {
      const up = box.scrollTop < top - 1;
      top = box.scrollTop;
      const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < kNear;
      if (up && !atEnd) tail.following.value = false;
      if (box.scrollTop < 200 && up) void tail.earlier();
    };
    box.addEventListener('scroll', heard, { passive: true });
    return () => box.removeEventListener('scroll', heard);
  }, [shown.loaded, scroller, tail]);
}

const kLevel = /^.{0,64}?\b(WARN|WARNING|ERROR|FATAL|CRITICAL)\b/;

/** Lines of text; those that say they are warnings or errors stand out. */
class Lines extends Component<{ text: string }> {
  override shouldComponentUpdate(next: { text: string }): boolean {
    return next.text !== this.props.text;
  }

  override render() {
    const parts: ComponentChild[] = [];
    let plain = '';
    for (const line of this.props.text.split(/(?<=\n)/)) {
      const level = kLevel.exec(line)?.[1];
      if (!level) {
        plain += line;
        continue;
      }
      parts.push(plain, <span class={level.startsWith('WARN') ? 'line-wait' : 'line-bad'}>{line}</span>);
      plain = '';
    }
    return (
      <pre>
        {parts}
        {plain}
      </pre>
    );
  }
}
