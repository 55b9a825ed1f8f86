// One attempt of a stage: how its tasks spread, where they ran, and each of them.

import { asList } from '../api/cluster';
import { stage as loadStage, tasks as loadTasks } from '../api/jobs';
import type { Accumulator, Stage, Task } from '../api/types';
import { replaced, useResource } from '../live/resource';
import { paths, route } from '../router';
import { Choices, Empty, Facts, Failure, Loading, Name, Note, Panel, Span, Time } from '../ui/bits';
import { bytes, count, duration, plural, sparkTime } from '../ui/format';
import { State, word } from '../ui/state';
import { Table, type Column } from '../ui/table';
import { jobsOf, stageKey, topicsOf, useApplication } from './sources';
import { input, shuffleRead, shuffleWritten, Spread } from './spread';
import { NotAnswered } from './not_answered';
import { Heading, useTitle } from './title';
import { size, StageBar } from './work_tables';

const kTasks = 2_000; // of one stage, read and shown

interface Props {
  app: string;
  stage: number;
  attempt: number;
}

export function StagePage({ app, stage: id, attempt }: Props) {
  useTitle(`Stage ${id}`);
  const application = useApplication(app).view.value;
  const key = `${id}.${attempt}`;
  const resource = useResource(`stage ${app} ${key}`, () => ({
    load: async (abort) => [await loadStage(app, id, attempt, abort)],
    topics: topicsOf('jobs', app),
    patch: (current: Stage[], event, data) => {
      const changed = jobsOf(app, event, data)?.stages?.find((stage) => stageKey(stage) === key);
      return changed ? replaced(current, changed, stageKey) : current;
    },
    stale: (event, data, loaded) =>
      !loaded && (jobsOf(app, event, data)?.stages?.some((stage) => stageKey(stage) === key) ?? false),
  }));
  const { data, error } = resource.view.value;
  const stage = data?.[0];
  return (
    <>
      <Heading
        trail={[
          { text: 'Applications', href: '/apps' },
          { text: application.data?.name ?? app, href: paths.app(app) },
        ]}
        title={`Stage ${id}${attempt > 0 ? `, attempt ${attempt}` : ''}`}
      >
        {stage && <State state={stage.status} />}
      </Heading>
      <NotAnswered app={application} work={resource} what="Stage" />
      {!stage && !error && <Loading lines={6} />}
      {stage && <Loaded app={app} stage={stage} />}
    </>
  );
}

function Loaded({ app, stage }: { app: string; stage: Stage }) {
  const key = stageKey(stage);
  const resource = useResource(`tasks ${app} ${key}`, () => ({
    load: async (abort) => asList(await loadTasks(app, stage.stageId, stage.attemptId, kTasks, abort)),
    topics: topicsOf('jobs', app),
    stale: (event, data) =>
      jobsOf(app, event, data)?.stages?.some((changed) => stageKey(changed) === key) ?? false,
  }));
  const { data: tasks, error } = resource.view.value;
  return (
    <>
      <div class="lead">
        <p class="lead-name">
          <Name>{stage.name}</Name>
        </p>
        <StageBar stage={stage} />
      </div>
      {stage.failureReason && (
        <section class="diagnosis bad">
          <h2>Why it failed</h2>
          <p class="said">
            <Name>{stage.failureReason}</Name>
          </p>
        </section>
      )}
      <div class="columns">
        <About stage={stage} />
        {tasks && <Spread tasks={tasks} />}
      </div>
      {!!stage.accumulatorUpdates?.length && (
        <Panel title="Accumulators">
          <Table
            label="Accumulators"
            columns={sums}
            rows={stage.accumulatorUpdates}
            rowKey={(sum) => sum.id}
            sort="name"
            param="sum"
            page={20}
          />
        </Panel>
      )}
      <Panel title="Tasks" {...(tasks && tasks.length < stage.numTasks ? { note: shownOf(tasks, stage) } : {})}>
        {error && <Failure error={error} what="Tasks" retry={() => resource.reload()} />}
        {!tasks && !error && <Loading lines={6} />}
        {tasks && <Tasks tasks={tasks} />}
      </Panel>
    </>
  );
}

function shownOf(tasks: Task[], stage: Stage): string {
  return tasks.length === kTasks
    ? `the first ${count(kTasks)} of ${count(stage.numTasks)}`
    : `${count(tasks.length)} of ${count(stage.numTasks)} started`;
}

function About({ stage }: { stage: Stage }) {
  const spilled = (stage.memoryBytesSpilled ?? 0) + (stage.diskBytesSpilled ?? 0);
  const flow = (size: number | undefined, records: number | undefined) =>
    `${bytes(size ?? 0)}, ${plural(records ?? 0, 'record')}`;
  return (
    <Panel title="About">
      <Facts
        facts={[
          { name: 'Submitted', value: <Time at={sparkTime(stage.submissionTime)} both /> },
          {
            name: 'Took',
            value: <Span from={sparkTime(stage.submissionTime)} to={sparkTime(stage.completionTime)} />,
          },
          { name: 'Time in tasks', value: duration(stage.executorRunTime) },
          !!stage.inputBytes && { name: 'Input', value: flow(stage.inputBytes, stage.inputRecords) },
          !!stage.outputBytes && { name: 'Output', value: flow(stage.outputBytes, stage.outputRecords) },
          !!stage.shuffleReadBytes && {
            name: 'Shuffle read',
            value: flow(stage.shuffleReadBytes, stage.shuffleReadRecords),
          },
          !!stage.shuffleWriteBytes && {
            name: 'Shuffle write',
            value: flow(stage.shuffleWriteBytes, stage.shuffleWriteRecords),
          },
          spilled > 0 && {
            name: 'Spilled',
            value: `${bytes(stage.memoryBytesSpilled)} of memory, ${bytes(stage.diskBytesSpilled)} on disk`,
          },
          !!stage.schedulingPool && { name: 'Pool', value: <Name>{stage.schedulingPool}</Name> },
          !!stage.details && { name: 'Details', value: <Name>{stage.details}</Name>, wide: true },
        ]}
      />
    </Panel>
  );
}

const sums: Column<Accumulator>[] = [
  { key: 'name', head: 'Name', main: true, cell: (sum) => <Name>{sum.name}</Name>, sort: (sum) => sum.name },
  { key: 'value', head: 'Value', cell: (sum) => <Name>{sum.value}</Name> },
];

const columns: Column<Task>[] = [
  {
    key: 'index',
    head: 'Task',
    main: true,
    number: true,
    cell: (task) => `${task.index}${task.attempt > 0 ? `, attempt ${task.attempt}` : ''}`,
    sort: (task) => task.index + task.attempt / 1000,
  },
  {
    key: 'status',
    head: 'State',
    cell: (task) => (
      <>
        <State state={task.status} />
        {task.speculative && <span class="note"> speculative</span>}
        {task.errorMessage && <Note bad>{task.errorMessage}</Note>}
      </>
    ),
    sort: (task) => task.status,
  },
  {
    key: 'executor',
    head: 'Executor',
    cell: (task) => <Name>{`${task.executorId} on ${task.host}`}</Name>,
    sort: (task) => task.executorId,
  },
  {
    key: 'place',
    head: 'Locality',
    cell: (task) => word(task.taskLocality),
    sort: (task) => task.taskLocality,
  },
  {
    key: 'launched',
    head: 'Launched',
    number: true,
    cell: (task) => <Time at={sparkTime(task.launchTime)} />,
    sort: (task) => sparkTime(task.launchTime) ?? 0,
  },
  {
    key: 'took',
    head: 'Took',
    number: true,
    cell: (task) =>
      task.status === 'RUNNING' ? (
        <Span from={sparkTime(task.launchTime)} />
      ) : (
        duration(task.duration)
      ),
    sort: (task) => task.duration ?? 0,
  },
  { key: 'input', head: 'Input', number: true, cell: (task) => size(input(task)), sort: input },
  {
    key: 'read',
    head: 'Shuffle read',
    number: true,
    cell: (task) => size(shuffleRead(task)),
    sort: shuffleRead,
  },
  {
    key: 'write',
    head: 'Shuffle write',
    number: true,
    cell: (task) => size(shuffleWritten(task)),
    sort: shuffleWritten,
  },
  {
    key: 'added',
    head: 'Added',
    cell: (task) =>
      task.accumulatorUpdates?.map((sum) => (
        <div key={sum.id}>
          <Name>{`${sum.name}: ${sum.update ?? ''}`}</Name>
        </div>
      )),
  },
];

const kSizes = ['input', 'read', 'write'];

/** Whether a column of sizes, or of what was added, has any in it. */
function tells(column: Column<Task>, tasks: Task[]): boolean {
  if (column.key === 'added') return tasks.some((task) => task.accumulatorUpdates?.length);
  return !kSizes.includes(column.key) || tasks.some((task) => column.sort?.(task));
}

function Tasks({ tasks }: { tasks: Task[] }) {
  if (tasks.length === 0) return <Empty title="No task has been launched yet" />;
  const state = route.value.query.get('state') ?? '';
  const states = [...new Set(tasks.map((task) => task.status))].sort();
  const shown = state ? tasks.filter((task) => task.status === state) : tasks;
  return (
    <>
      {states.length > 1 && (
        <Choices
          name="state"
          label="State"
          value={state}
          choices={[
            { value: '', label: 'all', count: tasks.length },
            ...states.map((value) => ({
              value,
              label: word(value),
              count: tasks.filter((task) => task.status === value).length,
            })),
          ]}
        />
      )}
      {shown.length > 0 ? (
        <Table label="Tasks" columns={columns.filter((column) => tells(column, tasks))} rows={shown} rowKey={(task) => task.taskId} sort="index" page={50} />
      ) : (
        <Empty title={`No task is ${word(state)}`} />
      )}
    </>
  );
}
