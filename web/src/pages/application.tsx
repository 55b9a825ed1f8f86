// One application: where it is in its life, why it waits or ended, and its work, executors, storage
// and containers, each a view with an address of its own (?view=).

import { Fragment } from 'preact';

import { attempts, containers } from '../api/cluster';
import { cachedRdds } from '../api/jobs';
import { HttpError } from '../api/http';
import type { Application, Attempt } from '../api/types';
import { useResource, type Resource } from '../live/resource';
import { paths, route, withQuery } from '../router';
import { amount, namedEntries } from '../ui/amount';
import { Copy, Empty, Facts, Failure, Id, Loading, Name, Panel, Time } from '../ui/bits';
import { count, duration, elapsed, plural } from '../ui/format';
import { AppState, State } from '../ui/state';
import { Table } from '../ui/table';
import { group, namedHeld, reports } from './applications';
import { containerColumns } from './containers';
import { LastSeen } from './not_answered';
import { jobsOf, stageKey, topicsOf, useApplication, useWork, type Work } from './sources';
import { Heading, useTitle } from './title';
import { Waiting } from './waiting';
import { executorColumns, jobColumns, rddColumns, stageColumns } from './work_tables';

export function ApplicationPage({ id }: { id: string }) {
  const resource = useApplication(id);
  const { data: app, error } = resource.view.value;
  useTitle(app?.name ?? id);
  return (
    <>
      <Heading
        trail={[{ text: 'Applications', href: '/apps' }]}
        title={<Name>{app ? app.name : id}</Name>}
      >
        {app && <AppState state={app.state} final={app.finalStatus} />}
      </Heading>
      {error && <Failure error={error} what="Application" retry={() => resource.reload()} />}
      {!app && !error && <Loading lines={8} />}
      {app && <Loaded app={app} />}
    </>
  );
}

function Loaded({ app }: { app: Application }) {
  const work = useWork(app.id);
  const known = useAttempts(app.id);
  return (
    <>
      <Life app={app} attempts={known.view.value.data ?? []} />
      <Diagnosis app={app} />
      {app.finishedTime === 0 && <Waiting app={app} />}
      <Panel title="About">
        <About app={app} />
      </Panel>
      <Views app={app} work={work} known={known} />
    </>
  );
}

/** How long it waited and ran. A master that ended before it registered left no launch time: what its
 *  attempts took is then the time that it ran. */
function stretches(app: Application, attempts: Attempt[]) {
  const launched = app.launchTime && app.launchTime > 0 ? app.launchTime : undefined;
  const end = app.finishedTime > 0 ? app.finishedTime : undefined;
  if (launched) {
    return { launched, end, waited: elapsed(app.startedTime, launched), ran: elapsed(launched, end) };
  }
  const started = attempts.filter((attempt) => attempt.containerId && attempt.finishedTime > 0);
  const whole = elapsed(app.startedTime, end);
  if (!end || started.length === 0) return { launched, end, waited: whole, ran: undefined };
  const ran = started.reduce((sum, { startTime, finishedTime }) => sum + finishedTime - startTime, 0);
  return { launched, end, waited: Math.max(0, (whole ?? 0) - ran), ran };
}

/** The stretches of its life with the time spent in each. */
function Life({ app, attempts }: { app: Application; attempts: Attempt[] }) {
  const { launched, end, waited, ran } = stretches(app, attempts);
  const kind = group(app);
  const tries = attempts.length > 1 ? ` in ${count(attempts.length)} attempts` : '';
  const steps: { name: string; time: number | undefined; state: string; note?: string }[] = [
    { name: 'Waited', time: waited, state: launched || end ? 'past' : 'now' },
    { name: 'Ran', time: ran, state: end ? 'past' : launched ? 'now' : 'later', note: tries },
  ];
  return (
    <ol class="life" aria-label="Life of the application">
      <li class="past">
        <span class="life-name">Submitted</span>
        <Time at={app.startedTime} both />
      </li>
      {steps.map((step) => (
        <li key={step.name} class={step.state}>
          <span class="life-name">{stepName(step.name, step.state)}</span>
          <span>
            {step.state === 'later' ? '–' : duration(step.time)}
            {step.time !== undefined && step.note}
          </span>
        </li>
      ))}
      <li class={end ? `past end ${kind.toLowerCase()}` : 'later'}>
        <span class="life-name">{end ? 'Ended' : 'End'}</span>
        {end ? <Time at={end} both /> : <span>–</span>}
      </li>
    </ol>
  );
}

function stepName(name: string, state: string): string {
  if (state !== 'now') return name;
  return name === 'Waited' ? 'Waiting' : 'Running';
}

function Diagnosis({ app }: { app: Application }) {
  const text = app.diagnostics?.trim();
  const kind = group(app);
  if (!text || kind === 'PENDING') return null; // what it says while it waits is in Waiting
  const title = { FAILED: 'Why it failed', KILLED: 'Why it was killed' }[kind] ?? 'Diagnostics';
  return (
    <section class={`diagnosis ${kind === 'FAILED' ? 'bad' : 'dim'}`}>
      <h2>
        {title} <Copy text={text} what="the diagnostics" />
      </h2>
      <p class="said">
        <Name>{text}</Name>
      </p>
    </section>
  );
}

function About({ app }: { app: Application }) {
  const running = app.runningContainers > 0;
  return (
    <Facts
      facts={[
        { name: 'Id', value: <Id>{app.id}</Id> },
        { name: 'User', value: <Name>{app.user}</Name> },
        {
          name: 'Queue',
          value: (
            <a href={`/apps?q=${encodeURIComponent(`queue:${app.queue}`)}`}>
              <Name>{app.queue}</Name>
            </a>
          ),
        },
        !!app.applicationType && { name: 'Type', value: <Name>{app.applicationType}</Name> },
        !!app.applicationTags && { name: 'Tags', value: <Name>{app.applicationTags}</Name> },
        app.priority !== undefined && { name: 'Priority', value: app.priority },
        running && {
          name: 'Holds now',
          value: `${plural(app.runningContainers, 'container')}, ${amount(app.allocatedMB, app.allocatedVCores, namedHeld(app))}`,
        },
        app.vcoreSeconds !== undefined &&
          app.vcoreSeconds > 0 && {
            name: 'Used in all',
            value: <UsedInAll app={app} vcoreSeconds={app.vcoreSeconds} />,
          },
        app.state === 'RUNNING' && reports(app) && { name: 'Progress', value: `${Math.round(app.progress)}%` },
      ]}
    />
  );
}

function UsedInAll({ app, vcoreSeconds }: { app: Application; vcoreSeconds: number }) {
  const all: [string, number][] = [
    ['vcore', vcoreSeconds],
    ['GiB', Math.round((app.memorySeconds ?? 0) / 1024)],
    ...namedEntries(app.resourceSecondsMap?.entry),
  ];
  return (
    <>
      {all.map(([name, seconds], index) => (
        <Fragment key={name}>
          <span class="whole">
            {count(seconds)} {name}-seconds{index + 1 < all.length && ','}
          </span>{' '}
        </Fragment>
      ))}
    </>
  );
}

const kViews = ['work', 'executors', 'storage', 'containers'] as const;
type ViewName = (typeof kViews)[number];

interface ViewsProps {
  app: Application;
  work: Resource<Work>;
  known: Resource<Attempt[]>;
}

function Views({ app, work, known }: ViewsProps) {
  const { data } = work.view.value;
  const hasWork = data && (data.jobs.length > 0 || data.executors.length > 0);
  const asked = route.value.query.get('view');
  const view = kViews.find((name) => name === asked) ?? (hasWork || !data ? 'work' : 'containers');
  const labels: Record<ViewName, [string, number | undefined]> = {
    work: ['Jobs and stages', data?.jobs.length],
    executors: ['Executors', data?.executors.filter((executor) => executor.isActive).length],
    storage: ['Storage', undefined],
    containers: ['Containers', undefined],
  };
  const noWork = work.view.value.error instanceof HttpError && work.view.value.error.status === 404;
  const shown = noWork && !asked ? 'containers' : view;
  return (
    <>
      <nav class="tabs" aria-label="Views of the application">
        {kViews.map((name) => (
          <a
            key={name}
            href={withQuery({ view: name })}
            {...(name === shown ? { 'aria-current': 'page' as const } : {})}
          >
            {labels[name][0]}
            {labels[name][1] !== undefined && <span class="number">{count(labels[name][1]!)}</span>}
          </a>
        ))}
      </nav>
      {shown === 'work' && <WorkView app={app} work={work} />}
      {shown === 'executors' && <ExecutorsView app={app} work={work} />}
      {shown === 'storage' && <StorageView app={app} />}
      {shown === 'containers' && <ContainersView app={app} known={known} />}
    </>
  );
}

/** Why there are no jobs to show, when there are none. */
function NoWork({ app, work }: { app: Application; work: Resource<Work> }) {
  const { data, error } = work.view.value;
  if (error && !(error instanceof HttpError && error.status === 404)) {
    return <Failure error={error} what="Jobs" retry={() => work.reload()} />;
  }
  if (!data && !error) return <Loading />;
  if (!reports(app)) return <Empty title="A command has no jobs, executors or RDDs" />;
  if (app.finishedTime > 0) {
    return <Empty title="Jobs are shown while an application runs">This one has ended.</Empty>;
  }
  if (group(app) === 'PENDING') return <Empty title="It has not started yet" />;
  return <Empty title="No job has been started yet" />;
}

function WorkView({ app, work }: { app: Application; work: Resource<Work> }) {
  const { data } = work.view.value;
  if (!data || (data.jobs.length === 0 && data.stages.length === 0)) {
    return <NoWork app={app} work={work} />;
  }
  const active = data.stages.filter((stage) => stage.status === 'ACTIVE');
  const rest = data.stages.filter((stage) => stage.status !== 'ACTIVE');
  const columns = stageColumns(app.id);
  return (
    <>
      {app.finishedTime > 0 && <LastSeen />}
      {active.length > 0 && (
        <Panel title="Stages running now">
          <Table label="Stages running now" columns={columns} rows={active} rowKey={stageKey} sort="id" param="active" />
        </Panel>
      )}
      <Panel title="Jobs" note={plural(data.jobs.length, 'job')}>
        <Table
          label="Jobs"
          columns={jobColumns(app.id)}
          rows={data.jobs}
          rowKey={(job) => job.jobId}
          sort="-id"
          param="jobs"
          page={20}
        />
      </Panel>
      {rest.length > 0 && (
        <Panel title="Other stages" note={plural(rest.length, 'stage')}>
          <Table label="Other stages" columns={columns} rows={rest} rowKey={stageKey} sort="-id" param="stages" page={20} />
        </Panel>
      )}
    </>
  );
}

function ExecutorsView({ app, work }: { app: Application; work: Resource<Work> }) {
  const { data } = work.view.value;
  if (!data || data.executors.length === 0) return <NoWork app={app} work={work} />;
  return (
    <Panel title="Executors">
      <Table
        label="Executors"
        columns={executorColumns}
        rows={data.executors}
        rowKey={(executor) => executor.id}
        sort="id"
      />
    </Panel>
  );
}

function StorageView({ app }: { app: Application }) {
  const resource = useResource(`storage ${app.id}`, () => ({
    load: (abort) => cachedRdds(app.id, abort),
    topics: topicsOf('jobs', app.id),
    stale: (event, data) => jobsOf(app.id, event, data) !== undefined,
  }));
  const { data, error } = resource.view.value;
  const gone = error instanceof HttpError && error.status === 404;
  return (
    <Panel title="Persisted RDDs">
      {error && !gone && <Failure error={error} what="Storage" retry={() => resource.reload()} />}
      {!data && !error && <Loading />}
      {(gone || data?.length === 0) && (
        <Empty title="No RDD is kept">
          What a program persists is shown here while it runs.
        </Empty>
      )}
      {data && data.length > 0 && (
        <Table label="Persisted RDDs" columns={rddColumns} rows={data} rowKey={(rdd) => rdd.id} sort="id" />
      )}
    </Panel>
  );
}

const useAttempts = (app: string) =>
  useResource(`attempts ${app}`, () => ({
    load: (abort) => attempts(app, abort),
    topics: topicsOf('app', app),
    stale: (event) => event === 'app',
  }));

function ContainersView({ app, known }: { app: Application; known: Resource<Attempt[]> }) {
  const { data, error } = known.view.value;
  return (
    <>
      {error && <Failure error={error} what="Attempts" retry={() => known.reload()} />}
      {!data && !error && <Loading />}
      {data?.length === 0 && <Empty title="No attempt has been started yet" />}
      {data &&
        [...data]
          .reverse()
          .map((attempt) => <AttemptPanel key={attempt.appAttemptId} app={app} attempt={attempt} />)}
    </>
  );
}

function AttemptPanel({ app, attempt }: { app: Application; attempt: Attempt }) {
  const resource = useResource(`containers ${attempt.appAttemptId}`, () => ({
    load: (abort) => containers(app.id, attempt.appAttemptId, abort),
    topics: topicsOf('app', app.id),
    stale: (event) => event === 'app',
  }));
  const { data, error } = resource.view.value;
  return (
    <Panel
      title={`Attempt ${attempt.id}`}
      note={
        <>
          {attempt.appAttemptState && <State state={attempt.appAttemptState} />}
          {attempt.containerId && <a href={paths.logs(attempt.containerId)}>Logs of its master</a>}
        </>
      }
    >
      <Facts
        facts={[
          { name: 'Id', value: <Id>{attempt.appAttemptId}</Id> },
          !!attempt.containerId && { name: 'Master', value: <Id>{attempt.containerId}</Id> },
          !!attempt.nodeId && {
            name: 'Node of its master',
            value: (
              <a href={paths.node(attempt.nodeId)}>
                <Name>{attempt.nodeId}</Name>
              </a>
            ),
          },
          { name: 'Started', value: <Time at={attempt.startTime} both /> },
          attempt.finishedTime > 0 && { name: 'Ended', value: <Time at={attempt.finishedTime} both /> },
          !!attempt.diagnosticsInfo && {
            name: 'Diagnostics',
            value: <Name>{attempt.diagnosticsInfo}</Name>,
            wide: true,
          },
        ]}
      />
      {error && <Failure error={error} what="Containers" retry={() => resource.reload()} />}
      {!data && !error && <Loading />}
      {data?.length === 0 && <Empty title="It holds no container" />}
      {data && data.length > 0 && (
        <Table
          label={`Containers of attempt ${attempt.id}`}
          columns={containerColumns}
          rows={data}
          rowKey={(container) => container.containerId}
          sort="container"
          param={`sort${attempt.id}`}
        />
      )}
    </Panel>
  );
}
