// YARN's REST paths, unwrapped. Lists come in three shapes ({"apps":{"app":[...]}}, {"apps":{}},
// null) and containers also without a root or as one object; all of them end here.

import { getJson } from './http';
import type {
  Application,
  Attempt,
  ClusterInfo,
  ClusterMetrics,
  ClusterNode,
  Container,
  Explanation,
  Queue,
  WaitingList,
} from './types';

const kRoot = '/ws/v1/cluster';
const part = encodeURIComponent;

/** `value` as a list: an array as it is, nothing as none, one object as a list of one. */
export function asList<T>(value: T[] | T | null | undefined): T[] {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

export async function clusterInfo(abort?: AbortSignal): Promise<ClusterInfo> {
  return (await getJson<{ clusterInfo: ClusterInfo }>(`${kRoot}/info`, abort)).clusterInfo;
}

export async function clusterMetrics(abort?: AbortSignal): Promise<ClusterMetrics> {
  const body = await getJson<{ clusterMetrics: ClusterMetrics }>(`${kRoot}/metrics`, abort);
  return body.clusterMetrics;
}

// Unless all are asked for, YARN leaves out the nodes that are gone: just those to look at.
const kNodeStates =
  'NEW,RUNNING,UNHEALTHY,DECOMMISSIONING,DECOMMISSIONED,LOST,REBOOTED,SHUTDOWN';

export async function nodes(abort?: AbortSignal): Promise<ClusterNode[]> {
  type Body = { nodes?: { node?: ClusterNode[] | ClusterNode } | null };
  return asList((await getJson<Body>(`${kRoot}/nodes?states=${kNodeStates}`, abort)).nodes?.node);
}

export async function node(id: string, abort?: AbortSignal): Promise<ClusterNode> {
  return (await getJson<{ node: ClusterNode }>(`${kRoot}/nodes/${part(id)}`, abort)).node;
}

export async function applications(query: string, abort?: AbortSignal): Promise<Application[]> {
  type Body = { apps?: { app?: Application[] | Application } | null };
  const path = `${kRoot}/apps?deSelects=resourceRequests${query && '&'}${query}`;
  return asList((await getJson<Body>(path, abort)).apps?.app);
}

export async function application(id: string, abort?: AbortSignal): Promise<Application> {
  return (await getJson<{ app: Application }>(`${kRoot}/apps/${part(id)}`, abort)).app;
}

export async function explanation(app: string, abort?: AbortSignal): Promise<Explanation> {
  const path = `/heddle/v1/apps/${part(app)}/explain`;
  return (await getJson<{ explanation: Explanation }>(path, abort)).explanation;
}

export async function waitingList(abort?: AbortSignal): Promise<WaitingList> {
  return (await getJson<{ waiting: WaitingList }>('/heddle/v1/waiting?limit=5000', abort)).waiting;
}

export async function attempts(app: string, abort?: AbortSignal): Promise<Attempt[]> {
  type Body = { appAttempts?: { appAttempt?: Attempt[] | Attempt } | null };
  const body = await getJson<Body>(`${kRoot}/apps/${part(app)}/appattempts`, abort);
  return asList(body.appAttempts?.appAttempt);
}

export async function containers(
  app: string,
  attempt: string,
  abort?: AbortSignal,
): Promise<Container[]> {
  type List = Container[] | Container | null;
  type Body = { container?: List; containers?: { container?: List } | null };
  const path = `${kRoot}/apps/${part(app)}/appattempts/${part(attempt)}/containers`;
  const body = await getJson<Body>(path, abort);
  return asList(body.container ?? body.containers?.container);
}

/** The leaf queues, in the order of the tree. */
export async function leafQueues(abort?: AbortSignal): Promise<Queue[]> {
  type Body = { scheduler?: { schedulerInfo?: Queue } };
  const root = (await getJson<Body>(`${kRoot}/scheduler`, abort)).scheduler?.schedulerInfo;
  const leaves: Queue[] = [];
  const walk = (queue: Queue) => {
    const children = asList(queue.queues?.queue);
    if (children.length === 0) leaves.push(queue);
    children.forEach(walk);
  };
  if (root) walk(root);
  return leaves;
}
