/** The panels that anybody on this machine may see: sentences, tiles, routes, pools, alerts. */
import { byId, cells, el, keyed, meter, setMarked, setText, show } from './elements.mjs';
import { bytes, count, duration, NOTHING, percent, plural, short, timeOfDay } from './words.mjs';

/** The same words as in the title and what is read aloud. */
export const LEVELS = {
  healthy: 'Healthy',
  watch: 'Watch',
  warning: 'Warning',
  critical: 'Critical',
  draining: 'Draining',
};

function showAnswers({ answers, advice }) {
  byId('health').dataset.level = answers.level;
  setText(byId('health-word'), LEVELS[answers.level] ?? answers.level);
  setText(byId('health-sentence'), answers.health);
  setText(byId('slow-sentence'), answers.slow);
  const [first] = advice ?? [];
  const fine = 'Nothing: what was counted asks for no change.';
  const none = advice === null ? 'Too little was asked so far to advise anything.' : fine;
  setMarked(byId('change-sentence'), first === undefined ? none : first.sentence);
  const more = (advice?.length ?? 0) - 1;
  setText(byId('change-more'), more > 0 ? `and ${more} more` : '');
  show(byId('change-more'), more > 0);
}

/** Requests of the last seconds, for a rate that moves; a restart begins anew. */
function openRate() {
  const ticks = [];
  return (total, atMs) => {
    const last = ticks.at(-1);
    if (last !== undefined && (total < last.total || atMs < last.atMs)) ticks.length = 0;
    ticks.push({ total, atMs });
    while (ticks.length > 2 && atMs - ticks[0].atMs > 10_000) ticks.shift();
    const [first] = ticks;
    return atMs > first.atMs ? (1000 * (total - first.total)) / (atMs - first.atMs) : 0;
  };
}
const rateOf = openRate();
const memory = meter('Part of the memory for answers that is in use');

function tile(id, value, note) {
  setText(byId(id), value);
  setText(byId(`${id}-note`), note);
}

function showTiles({ cache, computing, timestamp }) {
  const asked = cache.total_requests;
  const { last_minute: minute, memory: held } = cache;
  const recent = minute.hits + minute.misses;
  const since = asked === 0 ? 'nothing was asked yet' : `${percent(cache.hit_rate_percent)} in all`;
  tile('hit-rate', recent === 0 ? NOTHING : percent(minute.hit_rate_percent), since);
  const rate = rateOf(asked, Date.parse(timestamp));
  const bypassed = cache.bypassed === 0 ? '' : `, ${short(cache.bypassed)} past the cache`;
  tile('requests', `${short(rate)} /s`, `${count(asked)} so far${bypassed}`);
  const mean = cache.hits === 0 ? 'no hit yet' : `${duration(cache.avg_latency_saved_ms)} a hit`;
  tile('latency', duration(cache.total_latency_saved_ms), mean);
  const { compute_seconds_saved: saved, compute_seconds_spent: spent } = cache;
  const times = spent === 0 ? 'nothing spent' : `${duration(1000 * spent)} spent`;
  tile('compute', duration(1000 * saved), times);
  const { flights, waiters } = computing;
  tile('computing', count(flights.now), `${plural(waiters.now, 'caller')} waiting`);
  const troubles = `${short(cache.stale_served)} stale, ${short(cache.cache_errors)} store errors`;
  tile('errors', count(minute.errors), `last minute; ${count(cache.errors)} in all, ${troubles}`);
  const share = held.max_bytes === 0 ? 0 : held.bytes / held.max_bytes;
  memory.set(share);
  const limits = `of ${bytes(held.max_bytes)}; ${plural(held.entries, 'answer')}`;
  tile('memory', bytes(held.bytes), `${limits}, ${short(held.evictions)} evicted`);
}

const ROUTE_COLUMNS = [
  { head: 'Route', scope: 'row', className: 'name', text: ({ route }) => route },
  {
    ...{ head: 'Compute saved', className: 'number strong' },
    text: (one) => (one.hits + one.coalesced === 0 ? NOTHING : duration(1000 * one.seconds_saved)),
  },
  {
    ...{ head: 'Spent', className: 'number less' },
    text: (one) => (one.misses === 0 ? NOTHING : duration(1000 * one.seconds_spent)),
  },
  {
    ...{ head: 'Hit rate', className: 'number' },
    text: (one) => (one.hits + one.misses === 0 ? NOTHING : percent(one.hit_rate_percent)),
  },
  {
    ...{ head: 'Requests', className: 'number' },
    text: ({ hits, misses }) => short(hits + misses),
  },
  {
    ...{ head: 'Hit p50', className: 'number' },
    text: ({ hits, hit_ms_p50: ms }) => (hits === 0 ? NOTHING : duration(ms)),
  },
  {
    ...{ head: 'Miss p50', className: 'number' },
    text: ({ misses, miss_ms_p50: ms }) => (misses === 0 ? NOTHING : duration(ms)),
  },
  {
    ...{ head: 'Miss p95', className: 'number less' },
    text: ({ misses, miss_ms_p95: ms }) => (misses === 0 ? NOTHING : duration(ms)),
  },
  { head: 'Joined', className: 'number less', text: ({ coalesced }) => short(coalesced) },
  {
    ...{ head: 'Errors', className: 'number' },
    text: ({ errors }) => count(errors),
    mark: ({ errors }) => (errors > 0 ? 'bad' : ''),
  },
];

function openRoutes(onPurge) {
  const acts = (item) => [
    el(
      'button',
      {
        ...{ type: 'button', class: 'small', onclick: () => onPurge('route', item().route) },
        'aria-label': `Purge the route ${item().route} …`,
      },
      'Purge…',
    ),
  ];
  const make = cells(ROUTE_COLUMNS, acts);
  return ({ routes }) => {
    keyed(byId('routes'), routes.list, ({ route }) => route, make);
    show(byId('routes-empty'), routes.list.length === 0);
    const hidden = routes.count - routes.list.length;
    setText(byId('routes-more'), hidden > 0 ? `${hidden} more are not shown.` : '');
  };
}

function makePool() {
  const name = el('span', { class: 'name' });
  const use = el('span', { class: 'number strong' });
  const note = el('p', { class: 'note' });
  const bar = meter('Part of the pool that is in use');
  const node = el('li', { class: 'pool' }, el('div', { class: 'line' }, name, use), bar.node, note);
  return {
    node,
    update(pool) {
      setText(name, pool.name);
      setText(use, `${count(pool.in_use)} of ${count(pool.max)} in use`);
      bar.set(pool.max === 0 ? 0 : pool.in_use / pool.max);
      const waits = `${count(pool.waiting)} waiting, mean wait ${duration(pool.mean_wait_ms)}`;
      const bad = `${count(pool.errors)} errors, ${count(pool.exhaustions)} gave up`;
      setText(note, `${waits}, peak ${count(pool.peak)}, ${bad} · ${pool.setting}`);
    },
  };
}

const REDIS = {
  disabled: 'Off: answers are kept in the memory of this process only.',
  healthy: 'Healthy.',
  degraded: 'Degraded: some commands fail.',
  readonly: 'Read only: answers are read from it, none is stored.',
  down: 'Down: every answer comes from memory or is computed.',
};

function showRedis({ redis }) {
  byId('redis').dataset.status = redis.status;
  setText(byId('redis-word'), redis.status === 'disabled' ? 'off' : redis.status);
  setText(byId('redis-sentence'), REDIS[redis.status] ?? redis.status);
  const info = redis.pool_info;
  const told =
    info === undefined
      ? ''
      : `${count(info.in_use_connections)} of ${count(info.max_connections)} connections in use, ` +
        `${count(info.waiting)} waiting; breaker ${redis.breaker ?? 'closed'}`;
  setText(byId('redis-note'), told);
}

const STATES = { ok: 'ok', pending: 'pending', firing: 'firing' };
const WORST_FIRST = ['firing', 'pending', 'ok'];

function makeAlert() {
  const state = el('span', { class: 'state' });
  const name = el('span', { class: 'name' });
  const since = el('span', { class: 'note' });
  const sentence = el('p', { class: 'note' });
  const node = el('li', { class: 'alert' }, el('div', {}, state, name, since), sentence);
  return {
    node,
    update(alert) {
      node.dataset.state = alert.state;
      node.dataset.severity = alert.severity;
      setText(state, STATES[alert.state] ?? alert.state);
      setText(name, alert.name);
      const value = alert.value === null ? 'not judged yet' : `at ${short(alert.value)}`;
      const limit = `limit ${short(alert.threshold)}`;
      const from = alert.since === null ? '' : ` since ${timeOfDay(alert.since)}`;
      setText(since, `${alert.severity}, ${value}, ${limit}${from}`);
      setText(sentence, alert.state === 'ok' ? '' : alert.sentence);
    },
  };
}

function showAlerts({ alerts }) {
  const of = (state) => alerts.filter((alert) => alert.state === state);
  const [firing, pending, fine] = WORST_FIRST.map(of);
  keyed(byId('alerts'), [...firing, ...pending], ({ name }) => name, makeAlert);
  keyed(byId('alerts-ok'), fine, ({ name }) => name, makeAlert);
  show(byId('alerts-empty'), firing.length + pending.length === 0);
  show(byId('alerts-fine'), fine.length > 0);
  setText(byId('alerts-fine-head'), `Those that are ok (${fine.length})`);
  const sum = `${firing.length} firing, ${pending.length} pending, ${fine.length} ok`;
  setText(byId('alerts-sum'), sum);
}

function makeAdvice() {
  const sentence = el('p', {});
  const change = el('code', {});
  const evidence = el('p', { class: 'note' });
  const node = el('li', { class: 'advice' }, sentence, change, evidence);
  return {
    node,
    update(one) {
      setMarked(sentence, one.sentence);
      setText(change, `${one.setting}: ${one.value}`);
      const parts = Object.entries(one.evidence).map(
        ([name, value]) => `${name.replaceAll('_', ' ')} ${short(value)}`,
      );
      setText(evidence, parts.length === 0 ? '' : `Evidence (${one.about}): ${parts.join(' · ')}`);
    },
  };
}

function showAdvice({ advice }) {
  keyed(byId('advice'), advice ?? [], (one) => `${one.about} ${one.setting}`, makeAdvice);
  const few = 'Advice begins when 50 requests were asked; so far there were fewer.';
  const fine = 'Nothing to change: the numbers are fine.';
  setText(byId('advice-empty'), advice === null ? few : fine);
  show(byId('advice-empty'), (advice?.length ?? 0) === 0);
}

export function openPanels({ onPurge }) {
  byId('memory-meter').append(memory.node);
  const showRoutes = openRoutes(onPurge);
  return (view) => {
    showAnswers(view);
    showTiles(view);
    showRoutes(view);
    keyed(byId('pools'), view.pools, ({ name }) => name, makePool);
    show(byId('pools-empty'), view.pools.length === 0);
    showRedis(view);
    showAlerts(view);
    showAdvice(view);
    const nodes = view.workers > 1 ? `, ${plural(view.workers, 'process', 'processes')}` : '';
    setText(byId('about'), `${view.version}, up ${duration(1000 * view.uptime_seconds)}${nodes}`);
    setText(byId('watchers'), `${plural(view.watchers.open, 'page')} of ${view.watchers.max}`);
  };
}
