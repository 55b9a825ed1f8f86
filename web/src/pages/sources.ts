// The resources that several pages share: where each is loaded from, and how events change it.

import * as cluster from '../api/cluster';
import { asList } from '../api/cluster';
import * as jobsApi from '../api/jobs';
import type {
  Application,
  ClusterMetrics,
  ClusterNode,
  Executor,
  Job,
  JobsPatch,
  Stage,
} from '../api/types';
import { merged, replaced, useResource } from '../live/resource';
import type { LiveEvent } from '../live/stream';

const kApplications = 5_000; // how many the list page asks for

export const useMetrics = () =>
  useResource('metrics', () => ({
    load: cluster.clusterMetrics,
    topics: ['cluster'],
    patch: (current: ClusterMetrics, event: LiveEvent, data: unknown) =>
      event === 'cluster' ? unwrap<ClusterMetrics>(data, 'clusterMetrics') : current,
  }));

type NodeEvent = ClusterNode & { removed?: boolean };

export const useNodes = () =>
  useResource('nodes', () => ({
    load: cluster.nodes,
    topics: ['nodes'],
    patch: (current: ClusterNode[], event: LiveEvent, data: unknown) => {
      if (event !== 'node') return current;
      const node = unwrap<NodeEvent>(data, 'node');
      if (node.removed) return current.filter((other) => other.id !== node.id);
      return replaced(current, node, (other) => other.id);
    },
  }));

export const useNode = (id: string) =>
  useResource(`node ${id}`, () => ({
    load: (abort) => cluster.node(id, abort),
    topics: ['nodes'],
    patch: (current: ClusterNode, event: LiveEvent, data: unknown) => {
      if (event !== 'node') return current;
      const node = unwrap<NodeEvent>(data, 'node');
      return node.id === id && !node.removed ? node : current;
    },
  }));

type ApplicationEvent = Application & { removed?: boolean };

// An address may name anything; the stream refuses topics that are no application's.
export function topicsOf(kind: 'app' | 'jobs', app: string): string[] {
  return /^application_\d+_\d+$/.test(app) ? [`${kind}:${app}`] : [];
}

export const useApplications = () =>
  useResource('apps', () => ({
    load: (abort) => cluster.applications(`limit=${kApplications}`, abort),
    topics: ['apps'],
    patch: (current: Application[], event: LiveEvent, data: unknown) => {
      if (event !== 'app') return current;
      const app = unwrap<ApplicationEvent>(data, 'app');
      if (app.removed) return current.filter((other) => other.id !== app.id);
      return replaced(current, app, (other) => other.id);
    },
  }));

export const useApplication = (id: string) =>
  useResource(`app ${id}`, () => ({
    load: (abort) => cluster.application(id, abort),
    topics: topicsOf('app', id),
    patch: (current: Application, event: LiveEvent, data: unknown) => {
      if (event !== 'app') return current;
      const app = unwrap<ApplicationEvent>(data, 'app');
      return app.id === id && !app.removed ? app : current;
    },
  }));

export const useWaiting = () =>
  useResource('waiting', () => ({
    load: cluster.waitingList,
    topics: ['cluster'],
    stale: (event: LiveEvent) => event === 'cluster',
  }));

export const useQueues = () =>
  useResource('queues', () => ({
    load: cluster.leafQueues,
    topics: ['cluster'],
    stale: (event: LiveEvent) => event === 'cluster',
  }));

export interface Work {
  jobs: Job[];
  stages: Stage[];
  executors: Executor[];
}

export const stageKey = (stage: Stage) => `${stage.stageId}.${stage.attemptId}`;

/** Jobs, stages and executors of one application. */
export const useWork = (app: string) =>
  useResource(`work ${app}`, () => ({
    load: async (abort): Promise<Work> => {
      const [jobs, stages, executors] = await Promise.all([
        jobsApi.jobs(app, abort),
        jobsApi.stages(app, abort),
        jobsApi.executors(app, abort),
      ]);
      return { jobs: asList(jobs), stages: asList(stages), executors: asList(executors) };
    },
    topics: topicsOf('jobs', app),
    // The page was opened before the driver answered.
    stale: (event, data, loaded) => !loaded && jobsOf(app, event, data) !== undefined,
    patch: (current: Work, event: LiveEvent, data: unknown): Work => {
      const patch = jobsOf(app, event, data);
      if (!patch) return current;
      return {
        jobs: merged(current.jobs, patch.jobs, (job) => job.jobId),
        stages: merged(current.stages, patch.stages, stageKey),
        executors: merged(current.executors, patch.executors, (executor) => executor.id),
      };
    },
  }));

/** The patch, when the event is one about the jobs of `app`. */
export function jobsOf(app: string, event: LiveEvent, data: unknown): JobsPatch | undefined {
  if (event !== 'jobs') return undefined;
  const patch = data as JobsPatch;
  return patch.app === app ? patch : undefined;
}

/** An object with or without the root element that its REST answer has. */
function unwrap<T>(data: unknown, root: string): T {
  const body = data as Record<string, unknown>;
  return (body[root] ?? body) as T;
}
