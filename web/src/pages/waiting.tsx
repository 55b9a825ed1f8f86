// What an application waits for, as far as the cluster tells: what it says of itself, the containers
// that it has asked for and not got, where there is room, and who waits in its queue since longer.

import { application, applications, nodes } from '../api/cluster';
import type { Application, ClusterNode, ResourceRequest, Size } from '../api/types';
import { useResource } from '../live/resource';
import { Name } from '../ui/bits';
import { mebibytes, plural } from '../ui/format';
import { group, reports } from './applications';
import { isUp } from './nodes';
import { topicsOf } from './sources';

interface Situation {
  app: Application; // with its requests
  nodes: ClusterNode[];
  earlier: number; // applications that wait in the same queue and were submitted before
}

async function situation(id: string, abort: AbortSignal): Promise<Situation> {
  const app = await application(id, abort);
  const waits = group(app) === 'PENDING';
  const [all, others] = await Promise.all([
    nodes(abort),
    waits ? applications('states=NEW,NEW_SAVING,SUBMITTED,ACCEPTED', abort) : [],
  ]);
  const earlier = others.filter(
    (other) => other.id !== id && other.queue === app.queue && other.startedTime < app.startedTime,
  );
  return { app, nodes: all, earlier: earlier.length };
}

export function Waiting({ app }: { app: Application }) {
  const resource = useResource(`situation ${app.id}`, () => ({
    load: (abort) => situation(app.id, abort),
    topics: [...topicsOf('app', app.id), 'cluster'],
    stale: (event) => event === 'app' || event === 'cluster',
  }));
  const { data } = resource.view.value;
  const pending = group(app) === 'PENDING';
  const said = pending ? app.diagnostics?.trim() : undefined;
  const lines = data && group(data.app) === group(app) ? explained(data, pending) : [];
  if (!said && lines.length === 0) return null;
  return (
    <section class="diagnosis wait">
      <h2>{pending ? 'Why it waits' : 'What it waits for'}</h2>
      {said && (
        <p class="said">
          <Name>{said}</Name>
        </p>
      )}
      {!said && lines.map((line) => <p key={line}>{line}</p>)}
      {!said && data && pending && data.earlier > 0 && (
        <p>
          <a href={`/apps?state=PENDING&q=${encodeURIComponent(`queue:${app.queue}`)}`}>
            {plural(data.earlier, 'application')}
          </a>{' '}
          of queue <Name>{app.queue}</Name> {data.earlier === 1 ? 'waits' : 'wait'} too and{' '}
          {data.earlier === 1 ? 'was' : 'were'} submitted earlier.
        </p>
      )}
    </section>
  );
}

function explained({ app, nodes: all }: Situation, pending: boolean): string[] {
  if (pending && app.runningContainers > 0) {
    const where = app.masterNodeId ? ` on ${app.masterNodeId}` : '';
    return [`Its master has been given a container${where} and has not registered yet.`];
  }
  const purpose = pending && reports(app) ? ', for its master' : ''; // a command has none
  const asked = asks(app);
  if (asked.length === 0) return [];
  const kind = !pending && app.applicationType === 'HEDDLE-RDD' ? 'executor' : 'container';
  const number = (one: number) => (pending && one === 1 ? `a ${kind}` : plural(one, kind));
  return [
    ...asked.map(
      ({ capability, numContainers }) =>
        `It waits for ${number(numContainers)} of ${sized(capability)}${purpose}.`,
    ),
    ...room(all, asked[0]!.capability),
  ];
}

/** One row for each size: what is asked for on any node is the whole of it. */
function asks(app: Application): ResourceRequest[] {
  const bySize = new Map<string, ResourceRequest>();
  for (const request of app.resourceRequests ?? []) {
    if (request.resourceName !== '*' || request.numContainers <= 0) continue;
    const size = sized(request.capability);
    const before = bySize.get(size)?.numContainers ?? 0;
    bySize.set(size, { ...request, numContainers: before + request.numContainers });
  }
  return [...bySize.values()];
}

const sized = (size: Size) => `${mebibytes(size.memory)} and ${plural(size.vCores, 'vcore')}`;

/** Whether a node has room for `size`, said only when none has. */
function room(all: ClusterNode[], size: Size): string[] {
  const up = all.filter(isUp);
  if (up.length === 0) return ['No node is up.'];
  const fits = (node: ClusterNode) =>
    node.availMemoryMB >= size.memory && node.availableVirtualCores >= size.vCores;
  if (up.some(fits)) return [];
  const best = up.reduce((a, b) => (b.availMemoryMB > a.availMemoryMB ? b : a));
  const most = sized({ memory: best.availMemoryMB, vCores: best.availableVirtualCores });
  return [`No node has that much room now; ${best.id}, with the most memory left, has ${most}.`];
}
