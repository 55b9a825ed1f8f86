// Containers as a table: of an attempt, and of a node.

import type { Container } from '../api/types';
import { paths } from '../router';
import { Id, Name, Span, Time } from '../ui/bits';
import { mebibytes, plural } from '../ui/format';
import { State } from '../ui/state';
import type { Column } from '../ui/table';

const kNoExit = -1000; // YARN's exit status of a container that has not ended

/** "ended 0" or "exit 137" once a container is complete. */
function exit(container: Container): string | undefined {
  if (container.containerState !== 'COMPLETE') return undefined;
  const status = Number(container.containerExitStatus ?? kNoExit);
  return status === kNoExit ? undefined : `exit ${status}`;
}

function stateOf(container: Container): string {
  const failed = Number(container.containerExitStatus ?? 0) !== 0;
  return container.containerState === 'COMPLETE' && failed ? 'FAILED' : container.containerState;
}

export const containerColumns: Column<Container>[] = [
  {
    key: 'container',
    head: 'Container',
    main: true,
    cell: (container) => (
      <>
        <Id>{container.containerId}</Id>
        {container.diagnosticsInfo && (
          <p class="row-note">
            <Name>{container.diagnosticsInfo}</Name>
          </p>
        )}
      </>
    ),
    sort: (container) => container.containerId,
  },
  {
    key: 'state',
    head: 'State',
    cell: (container) => {
      const text = exit(container);
      return <State state={stateOf(container)} {...(text ? { text } : {})} />;
    },
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
      `${mebibytes(Number(container.allocatedMB))}, ${plural(Number(container.allocatedVCores), 'vcore')}`,
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
