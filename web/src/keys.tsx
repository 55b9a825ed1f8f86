// Keys: / filters, g o, g n and g a go to pages, ? shows this list.

import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

import { navigate } from './router';

const kSequence = 1_200; // milliseconds in which the second key must follow
const kTargets: Record<string, string> = { o: '/', n: '/nodes', a: '/apps' };

const helpOpen = signal(false);
let afterG = 0;

export function startKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const target = Date.now() - afterG < kSequence ? kTargets[event.key] : undefined;
    afterG = event.key === 'g' ? Date.now() : 0;
    if (target) navigate(target);
    else if (event.key === '/' && focusFilter()) event.preventDefault();
    else if (event.key === '?') helpOpen.value = !helpOpen.value;
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, select, textarea') !== null;
}

function focusFilter(): boolean {
  const field = document.querySelector<HTMLInputElement>('.search input');
  field?.focus();
  field?.select();
  return field !== null;
}

export function KeyHelp() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = helpOpen.value;
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog ref={dialog} class="help" aria-label="Keys" onClose={() => (helpOpen.value = false)}>
      <h2>Keys</h2>
      <dl>
        <div>
          <dt>
            <kbd>g</kbd> <kbd>o</kbd>
          </dt>
          <dd>Overview</dd>
        </div>
        <div>
          <dt>
            <kbd>g</kbd> <kbd>n</kbd>
          </dt>
          <dd>Nodes</dd>
        </div>
        <div>
          <dt>
            <kbd>g</kbd> <kbd>a</kbd>
          </dt>
          <dd>Applications</dd>
        </div>
        <div>
          <dt>
            <kbd>/</kbd>
          </dt>
          <dd>Filter this list</dd>
        </div>
        <div>
          <dt>
            <kbd>?</kbd>
          </dt>
          <dd>This list</dd>
        </div>
      </dl>
      <button type="button" class="button" onClick={() => (helpOpen.value = false)}>
        Close
      </button>
    </dialog>
  );
}
