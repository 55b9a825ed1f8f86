// The browser has no session: where a fresh link comes from.

import { useTitle } from './title';
import { Copy } from '../ui/bits';
import { Logo } from '../ui/icons';

export function SignedOut() {
  useTitle('Signed out');
  return (
    <div class="signed-out">
      <Logo />
      <h1>This browser is not signed in</h1>
      <p>Its session has ended, or it never had one. On the machine where you use rmctl, run</p>
      <p class="command">
        <code>rmctl ui</code>
        <Copy text="rmctl ui" />
      </p>
      <p>and open the fresh link that it prints. Each link works once.</p>
      <button type="button" class="button" onClick={() => location.reload()}>
        Try again
      </button>
    </div>
  );
}
