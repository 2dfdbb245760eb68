import { ask } from './service.js';
import { at, drawn, make, percent } from './parts.js';

/** What devices would serve, as a table and as curves. What is typed is sent as it is: the service reads numbers. */

const WIDTH = 640;
const HEIGHT = 320;
const LEFT = 48;
const RIGHT = 24;
const BOTTOM = 44;
const TOP = 8;
const TICKS = 4;

const TIMES = ['stage', 'steps', 'batch', 'draft_s', 'refine_s', 'decode_s'];

/** Fields of the form, and of the request. */
const FIELDS = {
  'plan-devices': 'devices', 'plan-memory': 'device_gib', 'plan-rate': 'rate', 'plan-latency': 'latency',
};

const digits = value => value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

/** A line of `code bench --json`, with or without `--plan`. */
const rowOf = (line, index) => {
  let read;
  try {
    read = JSON.parse(line);
  } catch {
    throw new Error(`Line ${index + 1} of the times is no JSON.`);
  }

  const row = Object.fromEntries(TIMES.filter(name => read?.[name] !== undefined).map(name => [name, read[name]]));
  const memory = read?.total_gib ?? read?.peak_gib;
  return memory === undefined ? row : { ...row, peak_gib: memory };
};

const requestOf = () => {
  const lines = at('plan-times').value.split('\n').filter(line => line.trim() !== '');
  const request = { times: lines.map(rowOf) };
  for (const [id, field] of Object.entries(FIELDS)) {
    const value = at(id).value.trim();
    if (value !== '') {
      request[field] = value;
    }
  }

  const steps = at('plan-steps').value.split(',').map(each => each.trim()).filter(each => each !== '');
  return steps.length === 0 ? request : { ...request, steps };
};

const memoryOf = service => {
  const all = [service.drafterGib, service.shared ? undefined : service.refinerGib].filter(each => each !== undefined);
  return all.length === 0 ? '–' : all.map(digits).join(', ');
};

const tableRow = (service, index) => {
  const load = service.predicted;
  const mark = make('span', { className: `mark curve-${index}` }, `${index + 1}`);
  const cells = [
    service.steps, service.largestBatch, digits(service.capacity), digits(load.rate),
    digits(load.p50), digits(load.p95), digits(load.p99),
    percent(load.drafting), percent(load.refining), memoryOf(service),
  ];
  const head = make('th', { scope: 'row' }, mark, ` ${service.topology}`);
  return make('tr', {}, head, ...cells.map(cell => make('td', {}, `${cell}`)));
};

/** Round numbers from 0 to a value. */
const ticksTo = most => {
  const power = 10 ** Math.floor(Math.log10(most / TICKS));
  const step = power * [1, 2, 5, 10].find(each => each * power >= most / TICKS);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => Number((index * step).toPrecision(3)));
};

const axes = (x, y, mostRate, mostTime) => [
  ...ticksTo(mostTime).flatMap(time => [
    drawn('line', { x1: LEFT, x2: WIDTH - RIGHT, y1: y(time), y2: y(time) }),
    drawn('text', { x: LEFT - 6, y: y(time) + 4, class: 'end' }, `${time}`),
  ]),
  ...ticksTo(mostRate).map(
    rate => drawn('text', { x: x(rate), y: HEIGHT - BOTTOM + 18, class: 'middle' }, `${rate}`)),
  drawn('text', { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 6, class: 'middle' }, 'images a second'),
];

const curveOf = (service, index, x, y) => {
  const last = service.curve.at(-1);
  return [
    drawn('polyline', {
      class: `curve-${index}`, points: service.curve.map(load => `${x(load.rate)},${y(load.p95)}`).join(' '),
    }),
    drawn('circle', { class: `curve-${index}`, cx: x(service.predicted.rate), cy: y(service.predicted.p95), r: 4 }),
    drawn('text', { x: x(last.rate) + 5, y: y(last.p95) + 4 }, `${index + 1}`),
  ];
};

const draw = services => {
  const loads = services.flatMap(service => [...service.curve, service.predicted]);
  const mostRate = Math.max(...loads.map(load => load.rate));
  const mostTime = Math.max(...loads.map(load => load.p95));
  const x = rate => LEFT + rate / mostRate * (WIDTH - LEFT - RIGHT);
  const y = time => HEIGHT - BOTTOM - time / mostTime * (HEIGHT - BOTTOM - TOP);
  const svg = drawn('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img',
    'aria-label': 'Latency over images a second, a curve a row of the table',
  });
  svg.append(...axes(x, y, mostRate, mostTime), ...services.flatMap((each, index) => curveOf(each, index, x, y)));
  at('plan-curves').replaceChildren(svg);
};

const show = ({ shortfall, services, leftOut, times }) => {
  at('plan-answer').textContent = shortfall === '' ? 'The best first.' : shortfall;
  at('plan-answer').classList.toggle('error', shortfall !== '');
  at('plan-services').replaceChildren(...services.map(tableRow));
  at('plan-left-out').replaceChildren(...leftOut.map(reason => make('li', {}, `Left out: ${reason}`)));
  at('plan-used').textContent = `${times.length} times of stages were used.`;
  at('plan-result').hidden = services.length === 0;
  if (services.length > 0) {
    draw(services);
  }
};

/** Plans with what the form says. */
export const plan = async () => {
  at('plan-start').disabled = true;
  at('plan-answer').textContent = 'Planning.';
  at('plan-answer').classList.remove('error');
  try {
    show(await (await ask('v1/plan', { body: requestOf() })).json());
  } catch (error) {
    at('plan-answer').textContent = '';
    at('plan-left-out').replaceChildren();
    at('plan-result').hidden = true;
    throw error;
  } finally {
    at('plan-start').disabled = false;
  }
};
