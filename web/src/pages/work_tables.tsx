// Jobs, stages, executors and persisted RDDs as tables.

import type { CachedRdd, Executor, Job, Stage } from '../api/types';
import { paths } from '../router';
import { Meter, Name, Note, Span, TaskBar, Time } from '../ui/bits';
import { bytes, count, duration, sparkTime } from '../ui/format';
import { State, word } from '../ui/state';
import type { Column } from '../ui/table';

export function JobBar({ job }: { job: Job }) {
  return (
    <TaskBar
      label={`Tasks of job ${job.jobId}`}
      total={job.numTasks}
      done={job.numCompletedTasks}
      active={job.numActiveTasks}
      failed={job.numFailedTasks}
      skipped={job.numSkippedTasks}
    />
  );
}

export function StageBar({ stage }: { stage: Stage }) {
  return (
    <TaskBar
      label={`Tasks of stage ${stage.stageId}`}
      total={stage.numTasks}
      done={stage.numCompleteTasks}
      active={stage.numActiveTasks}
      failed={stage.numFailedTasks}
    />
  );
}

export const jobColumns = (app: string): Column<Job>[] => [
  { key: 'id', head: 'Job', number: true, cell: (job) => job.jobId, sort: (job) => job.jobId },
  {
    key: 'name',
    head: 'What it computes',
    main: true,
    cell: (job) => (
      <a href={paths.job(app, job.jobId)}>
        <Name>{job.description || job.name}</Name>
      </a>
    ),
    sort: (job) => job.description || job.name,
  },
  {
    key: 'status',
    head: 'State',
    cell: (job) => <State state={job.status} />,
    sort: (job) => job.status,
  },
  { key: 'tasks', head: 'Tasks', cell: (job) => <JobBar job={job} />, sort: (job) => job.numTasks },
  {
    key: 'stages',
    head: 'Stages',
    number: true,
    cell: (job) => {
      const skipped = job.numSkippedStages;
      return `${job.numCompletedStages}/${job.stageIds.length - skipped}${skipped ? `, ${skipped} skipped` : ''}`;
    },
  },
  {
    key: 'submitted',
    head: 'Submitted',
    number: true,
    cell: (job) => <Time at={sparkTime(job.submissionTime)} />,
    sort: (job) => sparkTime(job.submissionTime) ?? 0,
  },
  {
    key: 'took',
    head: 'Took',
    number: true,
    cell: (job) => (
      <Span from={sparkTime(job.submissionTime)} to={sparkTime(job.completionTime)} />
    ),
    sort: (job) =>
      (sparkTime(job.completionTime) ?? Date.now()) - (sparkTime(job.submissionTime) ?? 0),
  },
];

export const stageColumns = (app: string): Column<Stage>[] => [
  {
    key: 'id',
    head: 'Stage',
    number: true,
    cell: (stage) => stage.stageId + (stage.attemptId > 0 ? `.${stage.attemptId}` : ''),
    sort: (stage) => stage.stageId + stage.attemptId / 1000,
  },
  {
    key: 'name',
    head: 'What it computes',
    main: true,
    cell: (stage) => (
      <>
        <a href={paths.stage(app, stage.stageId, stage.attemptId)}>
          <Name>{stage.name}</Name>
        </a>
        {stage.failureReason && <Note bad>{firstLine(stage.failureReason)}</Note>}
      </>
    ),
    sort: (stage) => stage.name,
  },
  {
    key: 'status',
    head: 'State',
    cell: (stage) => <State state={stage.status} />,
    sort: (stage) => stage.status,
  },
  {
    key: 'tasks',
    head: 'Tasks',
    cell: (stage) => <StageBar stage={stage} />,
    sort: (stage) => stage.numTasks,
  },
  {
    key: 'input',
    head: 'Input',
    number: true,
    cell: (stage) => size(stage.inputBytes),
    sort: (stage) => stage.inputBytes ?? 0,
  },
  {
    key: 'read',
    head: 'Shuffle read',
    number: true,
    cell: (stage) => size(stage.shuffleReadBytes),
    sort: (stage) => stage.shuffleReadBytes ?? 0,
  },
  {
    key: 'write',
    head: 'Shuffle write',
    number: true,
    cell: (stage) => size(stage.shuffleWriteBytes),
    sort: (stage) => stage.shuffleWriteBytes ?? 0,
  },
  {
    key: 'took',
    head: 'Took',
    number: true,
    cell: (stage) => (
      <Span from={sparkTime(stage.submissionTime)} to={sparkTime(stage.completionTime)} />
    ),
    sort: (stage) =>
      (sparkTime(stage.completionTime) ?? Date.now()) -
      (sparkTime(stage.submissionTime) ?? Date.now()),
  },
];

/** A size, or a dash for none, so that the columns with figures stand out. */
export const size = (value: number | undefined) => (value ? bytes(value) : '–');

export const firstLine = (text: string) => text.split('\n', 1)[0] ?? '';

/** The container that an executor runs in, when the server says so. */
export function containerOf(executor: Executor): string | undefined {
  const attribute = executor.attributes?.['CONTAINER_ID'];
  if (attribute) return attribute;
  for (const url of Object.values(executor.executorLogs ?? {})) {
    const match = /container_[A-Za-z0-9_]+/.exec(url);
    if (match) return match[0];
  }
  return undefined;
}

/** The pages of an executor's logs: one link for each file that the server names. */
function ExecutorLogs({ executor }: { executor: Executor }) {
  const container = containerOf(executor);
  if (!container) return <span class="none">–</span>;
  const page = paths.logs(container);
  const files = Object.keys(executor.executorLogs ?? {}).sort().reverse(); // stdout first
  const links = files.length > 0 ? files : ['Logs'];
  return (
    <span class="links">
      {links.map((name) => (
        <a
          key={name}
          href={files.length > 0 ? `${page}?file=${encodeURIComponent(name)}` : page}
          aria-label={`${name} of executor ${executor.id}`}
        >
          {name}
        </a>
      ))}
    </span>
  );
}

/** Where no tasks are given to an executor after some have failed there; empty: nowhere. */
function excludedFrom(executor: Executor): string {
  const stages = executor.excludedInStages ?? [];
  if (executor.isExcluded) return 'excluded after failures';
  if (stages.length === 0) return '';
  return `excluded from stage${stages.length > 1 ? 's' : ''} ${stages.join(', ')}`;
}

export const executorColumns: Column<Executor>[] = [
  {
    key: 'id',
    head: 'Executor',
    main: true,
    number: true,
    cell: (executor) => <Name>{executor.id}</Name>,
    sort: (executor) => executor.id,
  },
  {
    key: 'state',
    head: 'State',
    cell: (executor) => (
      <>
        <State
          state={executor.isActive ? 'SUCCESS' : 'KILLED'}
          text={executor.isActive ? 'up' : 'gone'}
        />
        {executor.removeReason && <Note>{firstLine(executor.removeReason)}</Note>}
        {executor.isActive && excludedFrom(executor) && <Note>{excludedFrom(executor)}</Note>}
      </>
    ),
    sort: (executor) => Number(executor.isActive),
  },
  {
    key: 'host',
    head: 'Address',
    cell: (executor) => <Name>{executor.hostPort}</Name>,
    sort: (executor) => executor.hostPort,
  },
  {
    key: 'tasks',
    head: 'Tasks',
    number: true,
    cell: (executor) => (
      <>
        {count(executor.completedTasks)}
        {executor.activeTasks > 0 && <span class="note"> + {executor.activeTasks} running</span>}
        {executor.failedTasks > 0 && <span class="bad-text"> · {executor.failedTasks} failed</span>}
      </>
    ),
    sort: (executor) => executor.completedTasks,
  },
  {
    key: 'cores',
    head: 'Cores',
    number: true,
    cell: (executor) => count(executor.totalCores),
    sort: (executor) => executor.totalCores,
  },
  {
    key: 'memory',
    head: 'Storage memory',
    cell: (executor) =>
      executor.maxMemory > 0 ? (
        <Meter
          label="Storage memory"
          used={executor.memoryUsed}
          total={executor.maxMemory}
          unit="bytes"
        />
      ) : (
        size(executor.memoryUsed)
      ),
    sort: (executor) => executor.memoryUsed,
  },
  {
    key: 'time',
    head: 'Task time',
    number: true,
    cell: (executor) => duration(executor.totalDuration),
    sort: (executor) => executor.totalDuration,
  },
  {
    key: 'input',
    head: 'Input',
    number: true,
    cell: (executor) => size(executor.totalInputBytes),
    sort: (executor) => executor.totalInputBytes,
  },
  {
    key: 'shuffle',
    head: 'Shuffle read / write',
    number: true,
    cell: ({ totalShuffleRead: read, totalShuffleWrite: written }) =>
      read + written > 0 ? `${size(read)} / ${size(written)}` : '–',
    sort: (executor) => executor.totalShuffleRead + executor.totalShuffleWrite,
  },
  {
    key: 'logs',
    head: 'Logs',
    cell: (executor) => <ExecutorLogs executor={executor} />,
  },
];

export const rddColumns: Column<CachedRdd>[] = [
  { key: 'id', head: 'RDD', number: true, cell: (rdd) => rdd.id, sort: (rdd) => rdd.id },
  {
    key: 'name',
    head: 'Name',
    main: true,
    cell: (rdd) => <Name>{rdd.name}</Name>,
    sort: (rdd) => rdd.name,
  },
  {
    key: 'level',
    head: 'Level',
    cell: (rdd) => <Name>{word(rdd.storageLevel)}</Name>,
    sort: (rdd) => rdd.storageLevel,
  },
  {
    key: 'cached',
    head: 'Partitions kept',
    cell: (rdd) => (
      <Meter label={`Partitions of ${rdd.name}`} used={rdd.numCachedPartitions} total={rdd.numPartitions} />
    ),
    sort: (rdd) => rdd.numCachedPartitions / Math.max(1, rdd.numPartitions),
  },
  {
    key: 'memory',
    head: 'In memory',
    number: true,
    cell: (rdd) => size(rdd.memoryUsed),
    sort: (rdd) => rdd.memoryUsed,
  },
  {
    key: 'disk',
    head: 'On disk',
    number: true,
    cell: (rdd) => size(rdd.diskUsed),
    sort: (rdd) => rdd.diskUsed,
  },
];
