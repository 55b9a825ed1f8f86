// The cluster at a glance: one sentence of health, capacity, nodes, queues, and what runs. Every
// number leads to the list behind it.

import type { Application, ClusterMetrics, ClusterNode, Queue } from '../api/types';
import { paths } from '../router';
import { named, NamedMeters, namesIn, sum, usedOf, withNamed } from '../ui/amount';
import { Empty, Failure, Loading, Meter, Name, Panel } from '../ui/bits';
import { count, mebibytes, percent, plural } from '../ui/format';
import { History, useHistory } from '../ui/history';
import { Icon } from '../ui/icons';
import { nodeWord, tone } from '../ui/state';
import { collator, Table, type Column } from '../ui/table';
import { applicationColumns, columnsFor, group, NoApplications } from './applications';
import { coresTotal, isUp, memoryTotal } from './nodes';
import { useApplications, useMetrics, useNodes, useQueues, useWaiting } from './sources';
import { useTitle } from './title';

const kRecent = 6; // ended applications shown
const kTiles = 240; // nodes drawn as tiles

export function OverviewPage() {
  useTitle('Overview');
  const metrics = useMetrics();
  const nodes = useNodes();
  const apps = useApplications();
  const { data, error } = metrics.view.value;
  return (
    <>
      {error && <Failure error={error} what="Overview" retry={() => metrics.reload()} />}
      {data ? <Health metrics={data} /> : !error && <Loading />}
      {data && (
        <div class="columns thirds">
          <Capacity metrics={data} />
          <AppCounts metrics={data} apps={apps.view.value.data} />
          <Nodes nodes={nodes.view.value.data} />
        </div>
      )}
      {data && data.appsPending > 0 && <WaitingFor />}
      <Running apps={apps.view.value.data} />
      <div class="columns">
        <Recent apps={apps.view.value.data} />
        <Queues />
      </div>
    </>
  );
}

interface Sentence {
  nodes: string;
  href: string; // the nodes it speaks of
  work: string;
  tone: 'good' | 'bad' | 'wait';
}

/** The state of the cluster in one sentence, and whether someone should look at it. */
function sentence(metrics: ClusterMetrics): Sentence {
  const { activeNodes: up, lostNodes: lost, unhealthyNodes: sick } = metrics;
  const pending = metrics.appsPending ? `, ${count(metrics.appsPending)} pending` : '';
  const work = `; ${plural(metrics.appsRunning, 'application')} running${pending}.`;
  if (lost + sick > 0) {
    const states = [lost > 0 && 'LOST', sick > 0 && 'UNHEALTHY'].filter(Boolean);
    const href = `/nodes?state=${states.join()}`;
    const first = plural(lost || sick, 'node');
    const which = lost > 0 && sick > 0 ? `${first} lost and ${count(sick)} unhealthy` : `${first} ${lost > 0 ? 'lost' : 'unhealthy'}`;
    if (up === 0) return { nodes: `${which}, none up`, href, work: ', so nothing can run.', tone: 'bad' };
    return { nodes: which, href, work: `, ${count(up)} up${work}`, tone: 'wait' };
  }
  if (up === 0) return { nodes: 'No node is up', href: '/nodes', work: ', so nothing can run.', tone: 'bad' };
  const all = up === 1 ? 'The one node is up' : `All ${count(up)} nodes are up`;
  return { nodes: all, href: '/nodes', work, tone: 'good' };
}

function Health({ metrics }: { metrics: ClusterMetrics }) {
  const { nodes, href, work, tone: colour } = sentence(metrics);
  return (
    <div class={`health ${colour}`}>
      <Icon name={colour === 'good' ? 'check' : 'warning'} />
      <h1>
        <a href={href}>{nodes}</a>
        {work}
      </h1>
    </div>
  );
}

/** What those that wait wait for, most frequent first. */
function WaitingFor() {
  const reasons = useWaiting().view.value.data?.reasons ?? [];
  if (reasons.length === 0) return null;
  const sorted = [...reasons].sort((a, b) => b.applications - a.applications);
  return (
    <p class="waiting-for">
      Waiting:{' '}
      {sorted.map(({ reason, title, applications }, index) => (
        <span key={reason}>
          {index > 0 && '; '}
          {plural(applications, 'application')}, {title}
        </span>
      ))}
    </p>
  );
}

function Capacity({ metrics }: { metrics: ClusterMetrics }) {
  const { allocatedMB, totalMB, allocatedVirtualCores, totalVirtualCores } = metrics;
  const shares = [allocatedMB / Math.max(1, totalMB), allocatedVirtualCores / Math.max(1, totalVirtualCores)];
  const samples = useHistory(shares);
  const pending = metrics.pendingMB ?? 0;
  const total = named(metrics.totalClusterResourcesAcrossPartition);
  return (
    <Panel
      title="Capacity"
      note={
        pending > 0
          ? `waiting for ${mebibytes(pending)}, ${plural(metrics.pendingVirtualCores ?? 0, 'vcore')}`
          : 'nothing waits'
      }
    >
      <div class="gauges">
        <div>
          <h3>Memory</h3>
          <p class="big">{percent(allocatedMB, totalMB)}</p>
          <Meter
            label="Memory"
            used={allocatedMB}
            total={totalMB}
            reserved={metrics.reservedMB}
            unit="MiB"
            bare
          />
          <p class="of">
            {mebibytes(allocatedMB)} of {mebibytes(totalMB)}
          </p>
        </div>
        <div>
          <h3>Vcores</h3>
          <p class="big">{percent(allocatedVirtualCores, totalVirtualCores)}</p>
          <Meter
            label="Vcores"
            used={allocatedVirtualCores}
            total={totalVirtualCores}
            reserved={metrics.reservedVirtualCores}
            bare
          />
          <p class="of">
            {count(allocatedVirtualCores)} of {count(totalVirtualCores)}
          </p>
        </div>
      </div>
      {namesIn([total]).length > 0 && (
        <div class="named">
          <NamedMeters used={named(metrics.totalUsedResourcesAcrossPartition)} total={total} />
        </div>
      )}
      <History samples={samples} names={['Memory', 'Vcores']} />
    </Panel>
  );
}

function AppCounts({ metrics, apps }: { metrics: ClusterMetrics; apps: Application[] | undefined }) {
  const failed = apps?.filter((app) => group(app) === 'FAILED').length ?? metrics.appsFailed;
  const finished = apps?.filter((app) => group(app) === 'FINISHED').length ?? metrics.appsCompleted;
  const tiles: [string, number, string, string][] = [
    ['Running', metrics.appsRunning, 'RUNNING', 'run'],
    ['Pending', metrics.appsPending, 'PENDING', 'wait'],
    ['Finished', finished, 'FINISHED', 'good'],
    ['Failed', failed, 'FAILED', 'bad'],
    ['Killed', metrics.appsKilled, 'KILLED', 'dim'],
  ];
  return (
    <Panel title="Applications" note={<a href="/apps">{count(metrics.appsSubmitted)} submitted</a>}>
      <div class="tiles">
        {tiles.map(([label, value, state, colour]) => (
          <a key={state} class={`tile ${value > 0 ? colour : 'zero'}`} href={`/apps?state=${state}`}>
            <span class="tile-value">{count(value)}</span>
            <span class="tile-label">{label}</span>
          </a>
        ))}
        <span class={`tile ${metrics.containersAllocated > 0 ? 'run' : 'zero'}`}>
          <span class="tile-value">{count(metrics.containersAllocated)}</span>
          <span class="tile-label">
            Containers
            {metrics.containersPending > 0 && `, ${count(metrics.containersPending)} pending`}
          </span>
        </span>
      </div>
    </Panel>
  );
}

const kTakenOut = ['DECOMMISSIONED', 'SHUTDOWN']; // gone because somebody wanted so

const nodesNote = (all: number, up: number) =>
  up === all ? plural(all, 'node') : `${count(up)} of ${plural(all, 'node')} up`;

/** Each node as one tile, filled to the share of its memory that is promised. */
function Nodes({ nodes }: { nodes: ClusterNode[] | undefined }) {
  const here = (nodes ?? []).filter((node) => !kTakenOut.includes(node.state));
  const list = [...here].sort((a, b) => collator.compare(a.id, b.id));
  const up = list.filter(isUp).length;
  // Those to look at come first where not all are drawn.
  if (list.length > kTiles) list.sort((a, b) => Number(isUp(a)) - Number(isUp(b)));
  const size = list.length <= 12 ? 'large' : list.length <= 60 ? 'middle' : 'small';
  return (
    <Panel title="Nodes" note={<a href="/nodes">{nodesNote(list.length, up)}</a>}>
      {!nodes && <Loading lines={2} />}
      {nodes && list.length === 0 && <Empty title="No node has registered yet" />}
      <ul class={`loom ${size}`}>
        {list.slice(0, kTiles).map((node) => (
          <NodeTile key={node.id} node={node} />
        ))}
      </ul>
      {list.length > kTiles && (
        <p class="summary">
          The first {kTiles} of {count(list.length)}
        </p>
      )}
    </Panel>
  );
}

function NodeTile({ node }: { node: ClusterNode }) {
  const memory = percent(node.usedMemoryMB, memoryTotal(node));
  const cores = percent(node.usedVirtualCores, coresTotal(node));
  const up = isUp(node);
  const [used, total] = [named(node.usedResource), named(node.totalResource)];
  const more = namesIn([total]).map((name) => `, ${name} ${usedOf(used, total, name)}`);
  const says = up ? `memory ${memory}, vcores ${cores}${more.join('')}` : nodeWord(node.state);
  const height = (used: number, total: number) => `${total > 0 ? Math.min(100, (100 * used) / total) : 0}%`;
  return (
    <li>
      <a
        href={paths.node(node.id)}
        class={`node-tile ${up ? 'up' : tone(node.state)}`}
        title={`${node.id}: ${says}`}
      >
        <span class="threads" aria-hidden="true">
          <span style={{ height: up ? height(node.usedMemoryMB, memoryTotal(node)) : '0' }} />
          <span style={{ height: up ? height(node.usedVirtualCores, coresTotal(node)) : '0' }} />
        </span>
        <span class="node-tile-text">
          <Name>{node.id}</Name>
          <span class="node-tile-note">{says}</span>
        </span>
      </a>
    </li>
  );
}

function Running({ apps }: { apps: Application[] | undefined }) {
  const active = (apps ?? []).filter((app) => ['RUNNING', 'PENDING'].includes(group(app)));
  return (
    <Panel title="Running and pending" note={<a href="/apps">all applications</a>}>
      {!apps && <Loading />}
      {apps?.length === 0 && <NoApplications />}
      {apps && apps.length > 0 && active.length === 0 && <Empty title="Nothing is running" />}
      {active.length > 0 && (
        <Table
          label="Running and pending applications"
          columns={columnsFor(active).filter((column) => column.key !== 'queue')}
          rows={active}
          rowKey={(app) => app.id}
          sort="-started"
          page={10}
        />
      )}
    </Panel>
  );
}

const recentKeys = ['name', 'state', 'ran'];
const recentColumns = applicationColumns.filter((column) => recentKeys.includes(column.key));

function Recent({ apps }: { apps: Application[] | undefined }) {
  const ended = (apps ?? [])
    .filter((app) => app.finishedTime > 0)
    .sort((a, b) => b.finishedTime - a.finishedTime)
    .slice(0, kRecent);
  return (
    <Panel title="Recently ended">
      {!apps && <Loading />}
      {apps && ended.length === 0 && <Empty title="Nothing has ended yet" />}
      {ended.length > 0 && (
        <Table
          label="Recently ended applications"
          columns={recentColumns.map(({ sort: _, ...column }) => column)}
          rows={ended}
          rowKey={(app) => app.id}
          sort=""
          param="ended"
        />
      )}
    </Panel>
  );
}

const queueColumns: Column<Queue>[] = [
  {
    key: 'queue',
    head: 'Queue',
    main: true,
    cell: (queue) => (
      <a href={`/apps?q=${encodeURIComponent(`queue:${queue.queueName}`)}`}>
        <Name>{queue.queuePath ?? queue.queueName}</Name>
      </a>
    ),
  },
  {
    key: 'used',
    head: 'Used of its share',
    cell: (queue) => (
      <div class="meter">
        <div
          class={`track ${queue.usedCapacity > 100 ? 'high' : ''}`}
          role="meter"
          aria-label={`Used of ${queue.queueName}'s share`}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.min(100, Math.round(queue.usedCapacity))}
        >
          <span class="fill" style={{ width: `${Math.min(100, queue.usedCapacity)}%` }} />
        </div>
        <span class="figures">{Math.round(queue.usedCapacity)}%</span>
      </div>
    ),
  },
  {
    key: 'share',
    head: 'Share',
    number: true,
    cell: (queue) => `${Math.round(queue.absoluteCapacity ?? queue.capacity)}%`,
  },
  {
    key: 'running',
    head: 'Applications',
    number: true,
    cell: (queue) => {
      const pending = queue.numPendingApplications ?? 0;
      const active = queue.numActiveApplications ?? queue.numApplications ?? 0;
      return `${count(active)}${pending > 0 ? ` + ${count(pending)} pending` : ''}`;
    },
  },
];

// Names that a queue has been given some of, or uses without.
const namedOf = (queue: Queue) => sum([named(queue.resourcesUsed), named(queue.minEffectiveCapacity)]);

function Queues() {
  const resource = useQueues();
  const { data, error } = resource.view.value;
  return (
    <Panel title="Queues">
      {error && <Failure error={error} what="Queues" retry={() => resource.reload()} />}
      {!data && !error && <Loading />}
      {data && data.length > 0 && (
        <Table
          label="Queues"
          columns={withNamed(queueColumns, 'used', data, namedOf, (queue, name) =>
            usedOf(named(queue.resourcesUsed), named(queue.minEffectiveCapacity), name),
          )}
          rows={data}
          rowKey={(queue) => queue.queuePath ?? queue.queueName}
          sort=""
          param="queues"
        />
      )}
    </Panel>
  );
}
