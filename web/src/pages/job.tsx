// One job: its progress and its stages.

import { Empty, Facts, Loading, Name, Panel, Span, Time } from '../ui/bits';
import { count, sparkTime } from '../ui/format';
import { State } from '../ui/state';
import { Table } from '../ui/table';
import { stageKey, useApplication, useWork } from './sources';
import { NotAnswered } from './not_answered';
import { Heading, useTitle } from './title';
import { JobBar, stageColumns } from './work_tables';
import { paths } from '../router';

export function JobPage({ app, job: id }: { app: string; job: number }) {
  useTitle(`Job ${id}`);
  const application = useApplication(app).view.value;
  const work = useWork(app);
  const { data, error } = work.view.value;
  const job = data?.jobs.find((other) => other.jobId === id);
  const stages = data?.stages.filter((stage) => job?.stageIds.includes(stage.stageId)) ?? [];
  const missing = job ? job.stageIds.length - new Set(stages.map((stage) => stage.stageId)).size : 0;
  return (
    <>
      <Heading
        trail={[
          { text: 'Applications', href: '/apps' },
          { text: application.data?.name ?? app, href: paths.app(app) },
        ]}
        title={`Job ${id}`}
      >
        {job && <State state={job.status} />}
      </Heading>
      <NotAnswered app={application} work={work} what="Job" />
      {!data && !error && <Loading lines={6} />}
      {data && !job && <Empty title={`There is no job ${id} in this application`} />}
      {job && (
        <>
          <div class="lead">
            <p class="lead-name">
              <Name>{job.description || job.name}</Name>
            </p>
            <JobBar job={job} />
          </div>
          <Panel title="About">
            <Facts
              facts={[
                { name: 'Submitted', value: <Time at={sparkTime(job.submissionTime)} both /> },
                {
                  name: 'Took',
                  value: <Span from={sparkTime(job.submissionTime)} to={sparkTime(job.completionTime)} />,
                },
                { name: 'Action', value: <Name>{job.name}</Name> },
                {
                  name: 'Stages',
                  value: `${count(job.numCompletedStages)} of ${count(job.stageIds.length - job.numSkippedStages)} complete`,
                },
                job.numSkippedStages > 0 && {
                  name: 'Skipped',
                  value: `${count(job.numSkippedStages)} stages, already computed`,
                },
                job.numFailedStages > 0 && { name: 'Failed stages', value: count(job.numFailedStages) },
              ]}
            />
          </Panel>
          <Panel title="Stages">
            {stages.length > 0 ? (
              <Table
                label="Stages"
                columns={stageColumns(app)}
                rows={stages}
                rowKey={stageKey}
                sort="-id"
              />
            ) : (
              <Empty title="No stage has been submitted yet" />
            )}
            {missing > 0 && stages.length > 0 && (
              <p class="summary">{count(missing)} of its stages have not been submitted</p>
            )}
          </Panel>
        </>
      )}
    </>
  );
}
