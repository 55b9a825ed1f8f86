// Why an application's jobs cannot be told: only a running driver tells them, so that their absence
// before and after is no fault, and nothing that trying again would mend.

import { HttpError } from '../api/http';
import type { Application } from '../api/types';
import type { Resource, View } from '../live/resource';
import { paths } from '../router';
import { Empty, Failure, Notice } from '../ui/bits';

interface Props<T> {
  app: View<Application>;
  work: Resource<T>; // something that the driver answers
  what: string; // "Stage"
}

export function NotAnswered<T>({ app, work, what }: Props<T>) {
  const { data, error } = work.view.value;
  if (!error) return null;
  if (app.error && !app.data) {
    return <Failure error={app.error} what="Application" retry={() => work.reload()} />;
  }
  if (!(error instanceof HttpError && error.status === 404)) {
    return <Failure error={error} what={what} retry={() => work.reload()} />;
  }
  if (!app.data) return null; // not known yet
  if (data) return app.data.finishedTime > 0 ? <LastSeen /> : null;
  if (app.data.finishedTime > 0) {
    return (
      <Empty title={`${what}s are shown while an application runs`}>
        This one has ended. <a href={`${paths.app(app.data.id)}?view=containers`}>Its containers and logs</a>
      </Empty>
    );
  }
  return <Empty title={`${what}: nothing to show yet`}>{error.message}</Empty>;
}

/** Above what was loaded before the application ended. */
export function LastSeen() {
  return <Notice>The application has ended. This is what its driver said last.</Notice>;
}
