// Why an application waits, in the words of the server, which are those of rmctl too: what stands in
// the way, how much of each limit is used, who holds it, who comes first, and what could be done.

import { explanation } from '../api/cluster';
import type { Application, AskExplanation, Blocker, Holder } from '../api/types';
import { useResource } from '../live/resource';
import { paths } from '../router';
import { extra, named, NamedMeters, sized } from '../ui/amount';
import { Meter, Name } from '../ui/bits';
import { plural } from '../ui/format';
import { group } from './applications';
import { topicsOf } from './sources';

export function Waiting({ app }: { app: Application }) {
  const resource = useResource(`explanation ${app.id}`, () => ({
    load: (abort) => explanation(app.id, abort),
    topics: [...topicsOf('app', app.id), 'cluster'],
    stale: (event) => event === 'app' || event === 'cluster',
  }));
  const why = resource.view.value.data;
  if (!why?.waiting) return null;
  const left = why.asksCount - why.asks.length;
  return (
    <section class="diagnosis wait">
      <h2>{group(app) === 'PENDING' ? 'Why it waits' : 'What it waits for'}</h2>
      <p class="said">
        <Name>{why.headline}</Name>
      </p>
      {why.asks.length === 0 && why.blockers.length > 1 && <Blockers blockers={why.blockers} />}
      {why.asks.map((ask) => (
        <Ask key={ask.ask} ask={ask} />
      ))}
      {(why.promotions ?? []).map((one) => (
        <div class="ask" key={one.container}>
          <h3>
            {one.container} on {one.node}: opportunistic, to become guaranteed
          </h3>
          <Blockers blockers={one.blockers} />
        </div>
      ))}
      {left > 0 && <p>{plural(left, 'more ask')} not shown.</p>}
    </section>
  );
}

function Ask({ ask }: { ask: AskExplanation }) {
  return (
    <div class="ask">
      <h3>
        {plural(ask.containers, 'container')} of {sized(ask.size)}
        {ask.never && ', which can never run'}
      </h3>
      <Blockers blockers={ask.blockers} />
      <p>
        <Name>{ask.estimate.sentence}</Name>
      </p>
      <p class="next">
        <Name>{ask.nextStep}</Name>
      </p>
    </div>
  );
}

function Blockers({ blockers }: { blockers: Blocker[] }) {
  return (
    <ul class="blockers">
      {blockers.map((blocker) => (
        <li key={blocker.reason + blocker.sentence}>
          <span class="code">{blocker.reason}</span> <Name>{blocker.sentence}</Name>
          {rejected(blocker) && <p class="summary">Nodes: {rejected(blocker)}</p>}
          <Bars blocker={blocker} />
          <Holders holders={blocker.holders ?? []} />
        </li>
      ))}
    </ul>
  );
}

const rejected = (blocker: Blocker) =>
  (blocker.rejected ?? []).map(({ what, nodes }) => `${nodes} ${what}`).join(', ');

/** Used of the limit, and behind it what one container needs more. */
function Bars({ blocker: { limit, used, needed, where } }: { blocker: Blocker }) {
  if (!limit || !used) return null;
  const of = where ? ` of ${where}` : '';
  return (
    <div class="bars">
      <Meter
        label={`Memory${of}`}
        used={used.memory}
        total={limit.memory}
        reserved={extra(used.memory, limit.memory, needed?.memory)}
        unit="MiB"
      />
      <Meter
        label={`Vcores${of}`}
        used={used.vCores}
        total={limit.vCores}
        reserved={extra(used.vCores, limit.vCores, needed?.vCores)}
        noun="vcores"
      />
      <NamedMeters used={named(used)} total={named(limit)} needed={named(needed)} where={of} />
    </div>
  );
}

function Holders({ holders }: { holders: Holder[] }) {
  if (holders.length === 0) return null;
  return (
    <ul class="holders">
      {holders.map((holder) => (
        <li key={holder.application}>
          <a href={paths.app(holder.application)}>{holder.application}</a>:{' '}
          {plural(holder.containers, 'container')}, {sized(holder.amount)}
        </li>
      ))}
    </ul>
  );
}
