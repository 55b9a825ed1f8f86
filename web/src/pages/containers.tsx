// Containers as a table: of an attempt, and of a node.

import type { Container } from '../api/types';
import { paths } from '../router';
import { amount, namedEntries } from '../ui/amount';
import { Id, Name, Note, Span, Time } from '../ui/bits';
import { State } from '../ui/state';
import type { Column } from '../ui/table';

const kNoExit = -1000; // YARN's exit status of a container that has not ended

// YARN's statuses of containers that were ended by order, or whose node went away. That is no
// failure of what ran in them.
const kOrdered: Record<number, string> = {
  [-100]: 'aborted',
  [-102]: 'preempted',
  [-105]: 'released',
  [-106]: 'stopped',
  [-107]: 'stopped',
  [-108]: 'stopped',
};
// The manager's own status is the same for what nobody needs any more and for what was killed.
const kNotNeeded = /^(not asked for any more|released by its master|nobody needs it any more)/;

/** Whether and how a container has ended. */
export function ContainerState({ container }: { container: Container }) {
  const { containerState: state, containerExitStatus = kNoExit } = container;
  const status = Number(containerExitStatus);
  if (state !== 'COMPLETE' || status === kNoExit) return <State state={state} />;
  const word = kOrdered[status];
  if (!word) return <State state={status === 0 ? 'SUCCESS' : 'FAILED'} text={`exit ${status}`} />;
  const released = kNotNeeded.test(container.diagnosticsInfo ?? '');
  return <State state="KILLED" text={released ? 'released' : word} />;
}

export const containerColumns: Column<Container>[] = [
  {
    key: 'container',
    head: 'Container',
    main: true,
    cell: (container) => (
      <>
        <Id>{container.containerId}</Id>
        {container.diagnosticsInfo && <Note>{container.diagnosticsInfo}</Note>}
      </>
    ),
    sort: (container) => container.containerId,
  },
  {
    key: 'state',
    head: 'State',
    cell: (container) => <ContainerState container={container} />,
    sort: (container) => container.containerState,
  },
  {
    key: 'node',
    head: 'Node',
    cell: (container) => {
      const node = container.nodeId ?? container.assignedNodeId;
      return node ? (
        <a href={paths.node(node)}>
          <Name>{node}</Name>
        </a>
      ) : (
        '–'
      );
    },
    sort: (container) => container.nodeId ?? container.assignedNodeId ?? '',
  },
  {
    key: 'size',
    head: 'Size',
    cell: (container) =>
      amount(
        Number(container.allocatedMB),
        Number(container.allocatedVCores),
        namedEntries(container.allocatedResources),
      ),
    sort: (container) => Number(container.allocatedMB),
  },
  {
    key: 'started',
    head: 'Started',
    cell: (container) => <Time at={Number(container.startedTime)} />,
    sort: (container) => Number(container.startedTime),
  },
  {
    key: 'ran',
    head: 'Ran for',
    number: true,
    cell: (container) => (
      <Span from={Number(container.startedTime)} to={Number(container.finishedTime)} />
    ),
  },
  {
    key: 'logs',
    head: 'Logs',
    cell: (container) => (
      <a href={paths.logs(container.containerId)} aria-label={`Logs of ${container.containerId}`}>
        Logs
      </a>
    ),
  },
];
