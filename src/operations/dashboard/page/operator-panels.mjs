/** The panels that need the operator token: what is computed now, the top answers, the orders. */
import { byId, cells, el, keyed, meter, setText, show } from './elements.mjs';
import { count, duration, plural, timeOfDay, bytes } from './words.mjs';

const addressOf = ({ host, path, query }) => `${host}${path}${query === null ? '' : `?${query}`}`;

/** Most gateways have one host: then its name would only be in the way. */
function shortAddresses(list) {
  const many = new Set(list.map(({ host }) => host)).size > 1;
  return list.map((one) => ({
    ...one,
    shown: many ? addressOf(one) : addressOf({ ...one, host: '' }),
  }));
}

function makeFlight() {
  const name = el('span', { class: 'name' });
  const time = el('span', { class: 'number' });
  const note = el('span', { class: 'note' });
  const bar = meter('Time so far, as part of the usual time');
  const node = el('li', {}, name, bar.node, time, note);
  return {
    node,
    update(flight) {
      const { running_ms: running, usual_ms: usual } = flight;
      setText(name, flight.shown);
      name.title = `${addressOf(flight)} (route ${flight.route})`;
      const late = usual !== null && running > 2 * usual;
      const estimate = usual === null ? 'no estimate yet' : `usually ${duration(usual)}`;
      setText(time, `${duration(running)}, ${estimate}${late ? ': late' : ''}`);
      const share = usual === null || usual === 0 ? 0 : running / usual;
      bar.set(share, late ? 'bad' : share > 1 ? 'warn' : 'fine');
      const waiting = `${plural(flight.waiters, 'caller')} waiting`;
      setText(note, flight.waiters === 0 ? 'nobody waits' : waiting);
    },
  };
}

function showFlights({ count: all, list }) {
  const keyOf = (one) => `${addressOf(one)} ${one.partition} ${one.route}`;
  keyed(byId('flights'), shortAddresses(list), keyOf, makeFlight);
  show(byId('flights-empty'), list.length === 0);
  setText(
    byId('flights-more'),
    all > list.length ? `${all - list.length} more are not shown.` : '',
  );
}

const TOP_COLUMNS = [
  { head: 'Address', scope: 'row', className: 'name', text: ({ shown }) => shown },
  { head: 'Whose', className: 'less', text: ({ partition }) => partition },
  {
    ...{ head: 'Compute saved', className: 'number strong' },
    text: ({ seconds_saved: saved }) => duration(1000 * saved),
  },
  { head: 'Hits', className: 'number', text: ({ hits }) => count(hits) },
  { head: 'Cost', className: 'number', text: ({ compute_ms: ms }) => duration(ms) },
  { head: 'Size', className: 'number less', text: ({ body_bytes: size }) => bytes(size) },
  {
    ...{ head: 'State', className: 'state' },
    text: ({ state, ttl_seconds: ttl }) => (state === 'fresh' ? `fresh, ${ttl} s left` : state),
    mark: ({ state }) => (state === 'fresh' ? 'fine' : state === 'stale' ? 'warn' : 'old'),
  },
];

function openTop({ onPurge, onExplain }) {
  const button = (text, what, onclick) =>
    el('button', { type: 'button', class: 'small', onclick, 'aria-label': what }, text);
  const acts = (item) => {
    const address = addressOf(item());
    const explain = button('Explain', `Explain ${address}`, () => {
      onExplain(`http://${addressOf(item())}`);
    });
    // What is masked here cannot be asked for.
    explain.hidden = address.includes('•');
    const purge = button('Purge…', `Purge ${address} …`, () => onPurge('key', item().key));
    return [explain, purge];
  };
  const make = cells(TOP_COLUMNS, acts);
  return (list) => {
    keyed(byId('top'), shortAddresses(list), ({ key }) => key, make);
    show(byId('top-empty'), list.length === 0);
    show(byId('top-table'), list.length > 0);
  };
}

function makeOrder() {
  const what = el('span', { class: 'name' });
  const when = el('span', { class: 'number' });
  const note = el('p', { class: 'note' });
  const node = el('li', {}, el('div', { class: 'line' }, what, when), note);
  return {
    node,
    update(order) {
      setText(what, `${order.type}: ${order.scope}`);
      setText(when, timeOfDay(Date.parse(order.at)));
      const matched = order.matched === null ? 'not counted' : plural(order.matched, 'answer');
      const reached =
        order.pending === 0
          ? `everywhere in ${duration(order.propagation_ms)}`
          : `${order.acked} of ${order.acked + order.pending} processes have it`;
      setText(note, `${order.mode} · ${matched} · ${reached}`);
    },
  };
}

export function openOperatorPanels(acts) {
  const showTop = openTop(acts);
  const setOpen = (open) => {
    byId('page').dataset.operator = open ? 'yes' : 'no';
  };
  return ({ operator }) => {
    setOpen(operator !== undefined);
    if (operator === undefined) {
      // What only an operator may see does not stay when he has gone.
      showFlights({ count: 0, list: [] });
      showTop([]);
      keyed(byId('orders'), [], () => '', makeOrder);
      return;
    }
    showFlights(operator.flights);
    showTop(operator.top);
    keyed(byId('orders'), operator.orders, ({ id }) => id, makeOrder);
    show(byId('orders-empty'), operator.orders.length === 0);
  };
}
