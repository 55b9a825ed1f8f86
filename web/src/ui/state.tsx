// States of applications, nodes, containers, jobs, stages and tasks: one word, one colour and one
// shape each, so that colour is never the only sign.

import type { JSX } from 'preact';

import { Icon, type IconName } from './icons';

export type Tone = 'run' | 'good' | 'wait' | 'bad' | 'dim';

const kinds: Record<string, [Tone, IconName]> = {
  NEW: ['wait', 'clock'],
  NEW_SAVING: ['wait', 'clock'],
  SUBMITTED: ['wait', 'clock'],
  ACCEPTED: ['wait', 'clock'],
  SCHEDULED: ['wait', 'clock'],
  ALLOCATED_SAVING: ['wait', 'clock'],
  LAUNCHED_UNMANAGED_SAVING: ['wait', 'clock'],
  ALLOCATED: ['wait', 'clock'],
  LAUNCHED: ['wait', 'clock'],
  PENDING: ['wait', 'clock'],
  FINAL_SAVING: ['run', 'play'],
  FINISHING: ['run', 'play'],
  RUNNING: ['run', 'play'],
  ACTIVE: ['run', 'play'],
  FINISHED: ['good', 'check'],
  COMPLETE: ['good', 'check'],
  COMPLETED: ['good', 'check'],
  SUCCEEDED: ['good', 'check'],
  SUCCESS: ['good', 'check'],
  FAILED: ['bad', 'cross'],
  LOST: ['bad', 'cross'],
  UNHEALTHY: ['bad', 'warning'],
  KILLED: ['dim', 'stop'],
  SKIPPED: ['dim', 'minus'],
  UNDEFINED: ['dim', 'minus'],
  DECOMMISSIONING: ['wait', 'down'],
  DECOMMISSIONED: ['dim', 'stop'],
  SHUTDOWN: ['dim', 'stop'],
  REBOOTED: ['wait', 'warning'],
};

export const tone = (state: string): Tone => kinds[state]?.[0] ?? 'dim';

/** "NEW_SAVING" as "new saving". */
export const word = (state: string) => state.toLowerCase().replaceAll('_', ' ');

export function State({ state, text }: { state: string; text?: string }): JSX.Element {
  const [colour, icon] = kinds[state] ?? ['dim', 'minus'];
  return (
    <span class={`state ${colour}`}>
      <Icon name={icon} />
      {text ?? word(state)}
    </span>
  );
}

const kNodeUp = 'up';

/** A node's state; YARN calls a node that is up RUNNING. */
export const nodeWord = (state: string) => (state === 'RUNNING' ? kNodeUp : word(state));

export function NodeState({ state }: { state: string }): JSX.Element {
  const up = state === 'RUNNING';
  return <State state={up ? 'SUCCESS' : state} text={nodeWord(state)} />;
}

/** An application's state and, once it has finished, how it ended. */
export function AppState({ state, final }: { state: string; final: string }): JSX.Element {
  if (state === 'FINISHED' && final !== 'UNDEFINED') {
    return <State state={final} />;
  }
  return <State state={state} />;
}
