// All nodes: a filterable table.

import type { ComponentChildren } from 'preact';

import type { ClusterNode } from '../api/types';
import { paths, route } from '../router';
import { amount, named, sum, withNamed } from '../ui/amount';
import { Choices, Empty, Failure, Loading, Meter, Name, Note, Search, Time } from '../ui/bits';
import { count, plural } from '../ui/format';
import { NodeState, nodeWord } from '../ui/state';
import { Table, type Column } from '../ui/table';
import { useNodes } from './sources';
import { Heading, useTitle } from './title';

export const memoryTotal = (node: ClusterNode) =>
  node.totalResource?.memory ?? node.usedMemoryMB + node.availMemoryMB;
export const coresTotal = (node: ClusterNode) =>
  node.totalResource?.vCores ?? node.usedVirtualCores + node.availableVirtualCores;

const upFirst = (a: string, b: string) =>
  Number(b === 'RUNNING') - Number(a === 'RUNNING') || (a < b ? -1 : 1);

export const isUp = (node: ClusterNode) => node.state === 'RUNNING';

/** What of a node is promised; of one that is not there, nothing can be said. */
function Promised({ node, children }: { node: ClusterNode; children: ComponentChildren }) {
  return isUp(node) || node.numContainers > 0 ? <>{children}</> : <span class="none">–</span>;
}

const namedTotal = (node: ClusterNode) => named(node.totalResource);

/** A bar of what of the node's `name` is promised; most nodes have none of it. */
function NamedCell({ node, name }: { node: ClusterNode; name: string }) {
  const total = namedTotal(node).get(name);
  if (total === undefined) return <span class="none">–</span>;
  return (
    <Promised node={node}>
      <Meter label={name} used={named(node.usedResource).get(name) ?? 0} total={total} />
    </Promised>
  );
}

const columns: Column<ClusterNode>[] = [
  {
    key: 'id',
    head: 'Node',
    main: true,
    cell: (node) => (
      <>
        <a href={paths.node(node.id)}>
          <Name>{node.id}</Name>
        </a>
        {node.healthReport && <Note>{node.healthReport}</Note>}
      </>
    ),
    sort: (node) => node.id,
  },
  {
    key: 'state',
    head: 'State',
    cell: (node) => <NodeState state={node.state} />,
    sort: (node) => node.state,
  },
  { key: 'rack', head: 'Rack', cell: (node) => <Name>{node.rack}</Name>, sort: (node) => node.rack },
  {
    key: 'containers',
    head: 'Containers',
    number: true,
    cell: (node) => count(node.numContainers),
    sort: (node) => node.numContainers,
  },
  {
    key: 'memory',
    head: 'Memory',
    cell: (node) => (
      <Promised node={node}>
        <Meter label="Memory" used={node.usedMemoryMB} total={memoryTotal(node)} unit="MiB" />
      </Promised>
    ),
    sort: (node) => node.usedMemoryMB / Math.max(1, memoryTotal(node)),
  },
  {
    key: 'vcores',
    head: 'Vcores',
    cell: (node) => (
      <Promised node={node}>
        <Meter label="Vcores" used={node.usedVirtualCores} total={coresTotal(node)} />
      </Promised>
    ),
    sort: (node) => node.usedVirtualCores / Math.max(1, coresTotal(node)),
  },
  {
    key: 'heard',
    head: 'Last heard of',
    cell: (node) => <Time at={node.lastHealthUpdate} />,
    sort: (node) => node.lastHealthUpdate,
  },
];

export function NodesPage() {
  useTitle('Nodes');
  const resource = useNodes();
  const { data, error } = resource.view.value;
  const state = route.value.query.get('state') ?? '';
  const text = route.value.query.get('q') ?? '';
  const nodes = data ?? [];
  const wanted = state.split(',').filter(Boolean); // a link may ask for several
  const states = [...new Set([...nodes.map((node) => node.state), ...wanted])].sort(upFirst);
  const found = nodes.filter((node) => matches(node, text));
  const shown = found.filter((node) => wanted.length === 0 || wanted.includes(node.state));
  const up = shown.filter(isUp);
  return (
    <>
      <Heading title="Nodes" />
      {error && <Failure error={error} what="Nodes" retry={() => resource.reload()} />}
      {!data && !error && <Loading lines={6} />}
      {data && nodes.length === 0 && (
        <Empty title="No node has registered yet">
          Start <code>nodeagent</code> on a machine, or <code>rmctl dev up</code> for three on this
          one.
        </Empty>
      )}
      {nodes.length > 0 && (
        <>
          <div class="filters">
            <Search value={text} hint="Id, rack or label" />
            <Choices
              name="state"
              label="State"
              value={state}
              choices={[
                { value: '', label: 'all', count: found.length },
                ...states.map((value) => ({
                  value,
                  label: nodeWord(value),
                  count: found.filter((node) => node.state === value).length,
                })),
              ]}
            />
          </div>
          {shown.length > 0 ? (
            <Table
              label="Nodes"
              columns={withNamed(columns, 'vcores', nodes, namedTotal, (node, name) => (
                <NamedCell node={node} name={name} />
              ))}
              rows={shown}
              rowKey={(node) => node.id}
              sort="id"
            />
          ) : (
            <Empty title="No node matches the filter">
              <a href="/nodes">Show all {plural(nodes.length, 'node')}</a>
            </Empty>
          )}
          <p class="summary">
            {plural(shown.length, 'node')}; {count(up.length)} up, with{' '}
            {amount(
              up.reduce((all, node) => all + memoryTotal(node), 0),
              up.reduce((all, node) => all + coresTotal(node), 0),
              sum(up.map(namedTotal)),
            )}
          </p>
        </>
      )}
    </>
  );
}

function matches(node: ClusterNode, text: string): boolean {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fields = [node.id, node.nodeHostName, node.rack, ...(node.nodeLabels ?? [])];
  const hay = fields.join(' ').toLowerCase();
  return wanted.every((one) => hay.includes(one));
}
