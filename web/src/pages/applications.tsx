// All applications: filters as words (user:ann queue:etl nightly) and by state, both in the address.

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

import type { Application, WaitingList } from '../api/types';
import { paths, route } from '../router';
import { named, sum, withNamed, type Named } from '../ui/amount';
import { Choices, Empty, Failure, Loading, Name, Search, Span, Time } from '../ui/bits';
import { count, mebibytes, plural } from '../ui/format';
import { AppState, word } from '../ui/state';
import { Table, type Column } from '../ui/table';
import { useApplications, useWaiting } from './sources';
import { Heading, useTitle } from './title';

const kWaiting = ['NEW', 'NEW_SAVING', 'SUBMITTED', 'ACCEPTED'];

/** States as a person groups them; those before RUNNING are all "pending". */
export function group(app: Application): string {
  if (kWaiting.includes(app.state)) return 'PENDING';
  if (app.state === 'FINISHED' && app.finalStatus === 'FAILED') return 'FAILED';
  if (app.state === 'FINISHED' && app.finalStatus === 'KILLED') return 'KILLED';
  return app.state;
}

export const applicationColumns: Column<Application>[] = [
  {
    key: 'name',
    head: 'Application',
    main: true,
    cell: (app) => (
      <>
        <a href={paths.app(app.id)}>
          <Name>{app.name}</Name>
        </a>
        <span class="row-id">{app.id}</span>
      </>
    ),
    sort: (app) => app.name,
  },
  {
    key: 'state',
    head: 'State',
    cell: (app) => (
      <>
        <AppState state={app.state} final={app.finalStatus} />
        {group(app) === 'PENDING' && <Why app={app} />}
      </>
    ),
    sort: (app) => group(app),
  },
  { key: 'user', head: 'User', cell: (app) => <Name>{app.user}</Name>, sort: (app) => app.user },
  { key: 'queue', head: 'Queue', cell: (app) => <Name>{app.queue}</Name>, sort: (app) => app.queue },
  {
    key: 'progress',
    head: 'Progress',
    cell: (app) => <Progress app={app} />,
    sort: (app) => app.progress,
  },
  {
    key: 'containers',
    head: 'Containers',
    number: true,
    cell: (app) => (app.runningContainers > 0 ? count(app.runningContainers) : '–'),
    sort: (app) => app.runningContainers,
  },
  {
    key: 'memory',
    head: 'Memory',
    number: true,
    cell: (app) => (app.allocatedMB > 0 ? mebibytes(app.allocatedMB) : '–'),
    sort: (app) => app.allocatedMB,
  },
  {
    key: 'started',
    head: 'Submitted',
    number: true,
    cell: (app) => <Time at={app.startedTime} />,
    sort: (app) => app.startedTime,
  },
  {
    key: 'ran',
    head: 'Took',
    number: true,
    cell: (app) => <Span from={app.startedTime} to={app.finishedTime} />,
    sort: (app) => (app.finishedTime || Date.now()) - app.startedTime,
  },
];

/** What it holds beside memory and vcores, on nodes of whatever label. */
export const namedHeld = (app: Application): Named =>
  sum((app.resourceInfo?.resourceUsagesByPartition ?? []).map(({ used }) => named(used)));

/** The columns of applications, with those of what some of `apps` hold. */
export const columnsFor = (apps: Application[]) =>
  withNamed(applicationColumns, 'memory', apps, namedHeld);

/** What those that wait wait for, in a few words, by application. */
const Reasons = createContext(new Map<string, string>());

function Why({ app }: { app: Application }) {
  const title = useContext(Reasons).get(app.id);
  return title ? <span class="row-id">{title}</span> : null;
}

function reasonsOf(list: WaitingList | undefined): Map<string, string> {
  const titles = new Map((list?.reasons ?? []).map(({ reason, title }) => [reason, title]));
  return new Map(
    (list?.applications ?? []).map((app) => [app.application, titles.get(app.reason) ?? app.reason]),
  );
}

/** A command reports nothing about itself. */
export const reports = (app: Application) => app.applicationType !== 'COMMAND';

/** A thin bar of what the application reports about itself. Once it has ended, however it did, that
 *  is 100%, as in YARN and in rmctl. */
export function Progress({ app }: { app: Application }) {
  const value = Math.max(0, Math.min(100, app.progress));
  if (!reports(app) || app.state !== 'RUNNING') {
    const tells = reports(app) && app.finishedTime > 0;
    return <span class="none">{tells ? `${Math.round(value)}%` : '–'}</span>;
  }
  return (
    <div class="tasks">
      <div
        class="track"
        role="progressbar"
        aria-label={`Progress of ${app.name}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(value)}
      >
        <span class="fill done" style={{ width: `${value}%` }} />
      </div>
      <span class="figures">{Math.round(value)}%</span>
    </div>
  );
}

export function ApplicationsPage() {
  useTitle('Applications');
  const resource = useApplications();
  const reasons = reasonsOf(useWaiting().view.value.data);
  const { data, error } = resource.view.value;
  const state = route.value.query.get('state') ?? '';
  const text = route.value.query.get('q') ?? '';
  const apps = data ?? [];
  const found = apps.filter((app) => matches(app, text));
  const shown = found.filter((app) => !state || group(app) === state);
  const number = (value: string) => found.filter((app) => group(app) === value).length;
  return (
    <>
      <Heading title="Applications" />
      {error && <Failure error={error} what="Applications" retry={() => resource.reload()} />}
      {!data && !error && <Loading lines={8} />}
      {data && apps.length === 0 && <NoApplications />}
      {apps.length > 0 && (
        <>
          <div class="filters">
            <Search value={text} hint="Name, id, user:ann, queue:etl" />
            <Choices
              name="state"
              label="State"
              value={state}
              choices={[
                { value: '', label: 'all', count: found.length },
                ...['PENDING', 'RUNNING', 'FINISHED', 'FAILED', 'KILLED'].map((value) => ({
                  value,
                  label: word(value),
                  count: number(value),
                })),
              ]}
            />
          </div>
          {shown.length > 0 ? (
            <Reasons.Provider value={reasons}>
              <Table
                label="Applications"
                columns={columnsFor(apps)}
                rows={shown}
                rowKey={(app) => app.id}
                sort="-started"
              />
            </Reasons.Provider>
          ) : (
            <Empty title="No application matches the filter">
              <a href="/apps">Show all {plural(apps.length, 'application')}</a>
            </Empty>
          )}
        </>
      )}
    </>
  );
}

export function NoApplications() {
  return (
    <Empty title="Nothing has been submitted yet">
      Try <code>rmctl submit --wait -- /bin/echo hello</code>
    </Empty>
  );
}

const fields: Record<string, (app: Application) => string> = {
  user: (app) => app.user,
  queue: (app) => app.queue,
  name: (app) => app.name,
  state: (app) => `${app.state} ${group(app)} ${app.finalStatus}`,
  type: (app) => app.applicationType ?? '',
  tag: (app) => app.applicationTags ?? '',
};

function matches(app: Application, text: string): boolean {
  return text
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .every((term) => {
      const colon = term.indexOf(':');
      const field = fields[term.slice(0, Math.max(0, colon))];
      if (field) return field(app).toLowerCase().includes(term.slice(colon + 1));
      return `${app.name} ${app.id} ${app.user}`.toLowerCase().includes(term);
    });
}
