import { ask, eventsOf } from './service.js';
import { at, drawn, make, percent } from './parts.js';

/** The live timeline: a lane a device, a bar a batch. */

const SHOWN = 30_000;
const KEPT = 60_000;
const LANE_HEIGHT = 36;
const RETRIES = [1000, 2000, 5000, 10_000];

const lanes = new Map();
let base = 0;
let offset = -Infinity;
let watching = null;

const hostOf = address => address.replace(/^https?:\/\//, '');

/** The time of the service, in milliseconds since the first event. */
const now = () => performance.now() + offset - base;

const timeOf = text => Date.parse(text) - base;

const laneOf = replica => {
  if (!lanes.has(replica)) {
    const svg = drawn('svg', {
      preserveAspectRatio: 'none', role: 'img', 'aria-label': `Batches of ${hostOf(replica)}`,
    });
    const name = make('span', {}, hostOf(replica));
    at('lanes').append(make('div', { className: 'lane' }, name, svg));
    lanes.set(replica, { svg, name, running: null });
  }

  return lanes.get(replica);
};

const classOf = batch => (batch.outcome !== '' && batch.outcome !== 'done' ? 'failed'
  : batch.stage === 'drafter' ? 'draft' : 'refine');

const barOf = (batch, extra = '') => {
  const bar = drawn('rect', {
    class: `${classOf(batch)} ${extra}`.trim(),
    x: timeOf(batch.start),
    // Drafts above and refines below, so that the overlap is seen without colour, also of one device for both.
    y: batch.stage === 'drafter' ? 2 : LANE_HEIGHT / 2,
    height: LANE_HEIGHT / 2 - 2,
  });
  const images = `${batch.images} ${batch.images === 1 ? 'image' : 'images'}`;
  const steps = batch.steps ? `N = ${batch.steps}` : 'encoded';
  bar.append(drawn('title', {}, `${batch.stage}: ${images}, ${steps}, ${batch.outcome || 'runs'}`));
  return bar;
};

const addBatch = batch => {
  const bar = barOf(batch);
  bar.setAttribute('width', Math.max(timeOf(batch.end) - timeOf(batch.start), 1));
  const { svg } = laneOf(batch.replica);
  svg.append(bar);
  while (svg.firstChild && Number(svg.firstChild.getAttribute('x')) < now() - KEPT) {
    svg.firstChild.remove();
  }
};

const showRunning = running => {
  for (const lane of lanes.values()) {
    lane.running?.remove();
    lane.running = null;
  }

  for (const batch of running) {
    const lane = laneOf(batch.replica);
    lane.running = barOf(batch, 'running');
    lane.svg.append(lane.running);
  }
};

const showNumbers = state => {
  const { hits, collapsed, misses } = state.cache;
  const found = Number(hits) + Number(collapsed);
  const looked = found + Number(misses);
  const rows = [
    ['Images a second', state.imagesPerSecond.toFixed(1)],
    ['Images that wait', `${state.queueDepth}`],
    ...state.stages.flatMap(({ stage, utilisation, batchSize }) => [
      [`${stage === 'drafter' ? 'Drafters' : 'Refiners'} busy`, percent(utilisation)],
      [`Images a ${stage === 'drafter' ? 'draft' : 'refine'} batch`, batchSize.toFixed(1)],
    ]),
    ['Overlap, 1 to 2', state.overlap === undefined ? '–' : state.overlap.toFixed(2)],
    ['From the cache', looked === 0 ? '–' : `${found} of ${looked}`],
  ];
  at('numbers').replaceChildren(
    ...rows.map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))));
};

const row = (...cells) => make('tr', {}, ...cells.map(cell => make('td', {}, cell)));

const showState = state => {
  base ||= Date.parse(state.time);
  offset = Math.max(offset, Date.parse(state.time) - performance.now());
  const known = new Set(state.replicas.map(replica => replica.address));
  for (const [address, lane] of [...lanes].filter(([address]) => !known.has(address))) {
    lane.svg.parentElement.remove();
    lanes.delete(address);
  }

  state.replicas.forEach(replica => laneOf(replica.address));
  showRunning(state.running);
  showNumbers(state);
  at('replicas').replaceChildren(...state.replicas.map(
    each => row(each.stage, hostOf(each.address), each.device || '–', each.state)));
  at('gateways').replaceChildren(...state.gateways.map(
    each => row(each.name, each.state, each.dispatches ? 'forms the batches' : '')));
};

const draw = () => {
  if (!watching) {
    return;
  }

  for (const { svg, running } of lanes.values()) {
    svg.setAttribute('viewBox', `${now() - SHOWN} 0 ${SHOWN} ${LANE_HEIGHT}`);
    running?.setAttribute('width', Math.max(now() - Number(running.getAttribute('x')), 1));
  }

  requestAnimationFrame(draw);
};

const clear = () => {
  lanes.clear();
  at('lanes').replaceChildren();
  [base, offset] = [0, -Infinity];
};

const tell = text => { at('timeline-state').textContent = text; };

const read = async signal => {
  const response = await ask('v1/timeline', { signal });
  clear();
  tell('Live.');
  for await (const [name, data] of eventsOf(response)) {
    if (name === 'state') {
      showState(data);
    } else if (name === 'batch') {
      addBatch(data);
    } else if (name === 'error') {
      break;
    }
  }
};

/** Follows the service until the view is left, and comes back after a lost connection. */
export const watch = async () => {
  if (watching) {
    return;
  }

  const { signal } = watching = new AbortController();
  requestAnimationFrame(draw);
  for (let lost = 0; !signal.aborted; lost++) {
    try {
      tell('Connecting.');
      await read(signal);
      lost = 0;
    } catch (error) {
      if (signal.aborted) {
        return;
      }

      if (error.status === 401 || error.status === 403) {
        tell(error.message);
        watching = null;
        return;
      }
    }

    tell('The connection is lost; trying again.');
    await new Promise(resolve => { setTimeout(resolve, RETRIES[Math.min(lost, RETRIES.length - 1)]); });
  }
};

export const leave = () => {
  watching?.abort();
  watching = null;
};
