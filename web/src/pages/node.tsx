// One node: its resources, what it reports, and which containers of running applications it holds.

import { applications, attempts, containers } from '../api/cluster';
import type { Application, ClusterNode, Container } from '../api/types';
import { useResource } from '../live/resource';
import { paths } from '../router';
import { named, NamedMeters, namesIn } from '../ui/amount';
import { Copy, Empty, Facts, Failure, Loading, Meter, Name, Panel, Time } from '../ui/bits';
import { count, mebibytes } from '../ui/format';
import { NodeState } from '../ui/state';
import { Table, type Column } from '../ui/table';
import { containerColumns } from './containers';
import { coresTotal, memoryTotal } from './nodes';
import { useNode } from './sources';
import { Heading, useTitle } from './title';

const kApplications = 40; // whose containers are looked through

export function NodePage({ id }: { id: string }) {
  useTitle(id);
  const resource = useNode(id);
  const { data: node, error } = resource.view.value;
  return (
    <>
      <Heading trail={[{ text: 'Nodes', href: '/nodes' }]} title={<Name>{id}</Name>}>
        <Copy text={id} />
        {node && <NodeState state={node.state} />}
      </Heading>
      {error && <Failure error={error} what="Node" retry={() => resource.reload()} />}
      {!node && !error && <Loading />}
      {node && (
        <>
          <div class="columns">
            <Resources node={node} />
            <About node={node} />
          </div>
          <OnNode node={node} />
        </>
      )}
    </>
  );
}

function Resources({ node }: { node: ClusterNode }) {
  const use = node.resourceUtilization;
  const physical = use?.nodePhysicalMemoryMB;
  const cpu = use?.nodeCPUUsage;
  const total = named(node.totalResource);
  return (
    <Panel title="Resources">
      <div class="gauges">
        <div>
          <h3>Memory promised</h3>
          <Meter label="Memory promised" used={node.usedMemoryMB} total={memoryTotal(node)} unit="MiB" />
        </div>
        <div>
          <h3>Vcores promised</h3>
          <Meter label="Vcores promised" used={node.usedVirtualCores} total={coresTotal(node)} />
        </div>
        {namesIn([total]).length > 0 && (
          <div>
            <h3>Other resources promised</h3>
            <div class="named">
              <NamedMeters used={named(node.usedResource)} total={total} where=" promised" />
            </div>
          </div>
        )}
      </div>
      <Facts
        facts={[
          { name: 'Containers', value: count(node.numContainers) },
          physical !== undefined &&
            physical > 0 && { name: 'Memory in use on the machine', value: mebibytes(physical) },
          cpu !== undefined && cpu > 0 && { name: 'CPU in use on the machine', value: `${cpu.toFixed(1)} cores` },
        ]}
      />
    </Panel>
  );
}

// Who has said it, unless that is the node itself: both may have said it.
function fullName({ prefix, name }: { prefix?: string; name: string }) {
  return prefix && prefix !== 'nm.yarn.io' ? `${prefix}/${name}` : name;
}

function About({ node }: { node: ClusterNode }) {
  const attributes = node.nodeAttributesInfo?.nodeAttributeInfo ?? [];
  return (
    <Panel title="About">
      <Facts
        facts={[
          { name: 'Host', value: <Name>{node.nodeHostName}</Name> },
          { name: 'Rack', value: <Name>{node.rack}</Name> },
          { name: 'Address', value: <Name>{node.nodeHTTPAddress}</Name> },
          !!node.version && { name: 'Version', value: <Name>{node.version}</Name> },
          { name: 'Last heard of', value: <Time at={node.lastHealthUpdate} both /> },
          !!node.nodeLabels?.length && { name: 'Labels', value: <Name>{node.nodeLabels.join(', ')}</Name> },
          ...attributes.map((attribute) => ({
            name: fullName(attribute),
            value: <Name>{attribute.value}</Name>,
          })),
          !!node.healthReport && {
            name: 'Health report',
            value: <Name>{node.healthReport}</Name>,
            wide: true,
          },
        ]}
      />
    </Panel>
  );
}

interface Placed extends Container {
  app: Application;
}

// The resource manager lists containers by application, so this walks the running ones.
async function placedOn(node: string, abort: AbortSignal): Promise<Placed[]> {
  const apps = await applications(`states=RUNNING&limit=${kApplications}`, abort);
  const lists = await Promise.all(
    apps.map(async (app) => {
      const last = (await attempts(app.id, abort)).at(-1);
      const list = last ? await containers(app.id, last.appAttemptId, abort) : [];
      return list
        .filter((container) => (container.nodeId ?? container.assignedNodeId) === node)
        .map((container) => ({ ...container, app }));
    }),
  );
  return lists.flat();
}

const columns: Column<Placed>[] = [
  ...containerColumns.filter((column) => column.key !== 'node'),
  {
    key: 'app',
    head: 'Application',
    cell: (container) => (
      <a href={paths.app(container.app.id)}>
        <Name>{container.app.name}</Name>
      </a>
    ),
    sort: (container) => container.app.name,
  },
];

function OnNode({ node }: { node: ClusterNode }) {
  const resource = useResource(`placed ${node.id}`, () => ({
    load: (abort) => placedOn(node.id, abort),
    topics: ['nodes'],
    stale: (event, data) => event === 'node' && (data as { id?: string })?.id === node.id,
  }));
  const { data, error } = resource.view.value;
  return (
    <Panel title="Containers of running applications">
      {error && <Failure error={error} what="Containers" retry={() => resource.reload()} />}
      {!data && !error && <Loading />}
      {data?.length === 0 && <Empty title="No container runs here" />}
      {data && data.length > 0 && (
        <Table
          label="Containers"
          columns={columns}
          rows={data}
          rowKey={(container) => container.containerId}
          sort="container"
        />
      )}
    </Panel>
  );
}
