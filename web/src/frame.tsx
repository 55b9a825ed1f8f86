// What surrounds every page: the bar with navigation and the state of the live connection, and the
// choice of the page by the address.

import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import { signedOut } from './api/http';
import { KeyHelp } from './keys';
import { connection, subscribe } from './live/stream';
import { ApplicationPage } from './pages/application';
import { ApplicationsPage } from './pages/applications';
import { JobPage } from './pages/job';
import { LogsPage } from './pages/logs';
import { NodePage } from './pages/node';
import { NodesPage } from './pages/nodes';
import { OverviewPage } from './pages/overview';
import { SignedOut } from './pages/signed_out';
import { StagePage } from './pages/stage';
import { Heading, useTitle } from './pages/title';
import { route, segments } from './router';
import { nextTheme, theme } from './theme';
import { Announcer, Empty } from './ui/bits';
import { Icon, Logo } from './ui/icons';

export function Frame(): JSX.Element {
  const main = useRef<HTMLElement>(null);
  const path = route.value.path;
  const first = useRef(true);
  // A page change moves the reading position there; the first page keeps the browser's own.
  useEffect(() => {
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [path]);
  // Every page has the stream, so that the bar always knows whether the server is there.
  useEffect(() => subscribe(['cluster'], () => {}), []);
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <Bar />
      <main id="main" ref={main} tabIndex={-1}>
        {signedOut.value ? <SignedOut /> : <Page key={path} path={path} />}
      </main>
      <KeyHelp />
      <Announcer />
    </>
  );
}

function Bar(): JSX.Element {
  return (
    <header class="bar">
      <div class="bar-inner">
        <a class="brand" href="/" aria-label="Heddle, overview">
          <Logo />
          <span>Heddle</span>
        </a>
        <nav aria-label="Pages">
          <NavLink href="/" text="Overview" />
          <NavLink href="/nodes" text="Nodes" />
          <NavLink href="/apps" text="Applications" short="Apps" />
        </nav>
        <div class="bar-end">
          <Connection />
          <button
            type="button"
            class="theme"
            aria-label={`Theme: ${theme.value}. Change`}
            title={`Theme: ${theme.value}`}
            onClick={nextTheme}
          >
            <Icon name="theme" />
          </button>
        </div>
      </div>
    </header>
  );
}

function NavLink({ href, text, short }: { href: string; text: string; short?: string }) {
  const path = route.value.path;
  const inside = path === href || path.startsWith(`${href}/`);
  const logs = href === '/apps' && path.startsWith('/containers/');
  const here = href === '/' ? path === '/' : inside || logs;
  return (
    <a href={href} {...(here ? { 'aria-current': 'page' as const } : {})}>
      <span class={short ? 'wide-only' : ''}>{text}</span>
      {short && (
        <span class="narrow-only" aria-hidden="true">
          {short}
        </span>
      )}
    </a>
  );
}

const connectionText = {
  connecting: 'Connecting',
  live: 'Live',
  paused: 'Paused',
  retrying: 'Reconnecting',
};

function Connection(): JSX.Element {
  const state = signedOut.value ? 'paused' : connection.value;
  const text = signedOut.value ? 'Signed out' : connectionText[state];
  return (
    <span class={`connection ${state}`} role="status" title={`Updates: ${text.toLowerCase()}`}>
      <span class="knot" aria-hidden="true" />
      {text}
    </span>
  );
}

function Page({ path }: { path: string }): JSX.Element {
  const [section, id, kind, which] = segments(path);
  if (section === undefined) return <OverviewPage />;
  if (section === 'nodes') return id ? <NodePage id={id} /> : <NodesPage />;
  if (section === 'containers' && id && kind === 'logs') return <LogsPage container={id} />;
  if (section === 'apps') {
    if (!id) return <ApplicationsPage />;
    if (!kind) return <ApplicationPage id={id} />;
    const job = /^\d+$/.test(which ?? '') ? Number(which) : undefined;
    if (kind === 'jobs' && job !== undefined) return <JobPage app={id} job={job} />;
    const stage = /^(\d+)\.(\d+)$/.exec(which ?? '');
    if (kind === 'stages' && stage) {
      return <StagePage app={id} stage={Number(stage[1])} attempt={Number(stage[2])} />;
    }
  }
  return <UnknownPage />;
}

function UnknownPage(): JSX.Element {
  useTitle('No such page');
  return (
    <>
      <Heading title="There is no such page" />
      <Empty title="Nothing has this address">
        <a href="/">Overview</a>, <a href="/nodes">nodes</a> or <a href="/apps">applications</a>
      </Empty>
    </>
  );
}
