import { ask } from './service.js';
import { at } from './parts.js';

/**
 * The form of settings. What is typed is sent as it is: the service reads numbers, and says what is wrong with them.
 */

let models = [];
let chosen = new Set(['0']);

export const model = () => models[at('model').selectedIndex];

/** Plain VAR is all scales by the drafter. */
export const stepsText = steps => steps === model().sides.length ? `plain VAR` : `N = ${steps}`;

export const nameOf = label => model().classNames[label]
  || (Number(label) === model().classes ? 'none' : `class ${label}`);

const option = (text, value, selected = false) => new Option(text, value, selected, selected);

const showLabels = () => {
  const words = at('search').value.trim().toLowerCase().split(/\s+/);
  const all = [
    ...Array.from({ length: model().classes }, (_, index) => [`${index}`, model().classNames[index] ?? '']),
    ['none', 'no class'],
  ];
  const found = all.filter(([value, name]) => words.every(word => `${value} ${name}`.toLowerCase().includes(word)));
  if (!found.some(([value]) => chosen.has(value)) && found.length > 0) {
    chosen = new Set([found[0][0]]);
  }

  at('labels').replaceChildren(...found.map(([value, name]) => option(
    value === 'none' ? 'none (no class)' : name ? `${name} · ${value}` : value, value, chosen.has(value))));
};

const showModel = () => {
  const { steps, sides, sampling } = model();
  at('steps').replaceChildren(
    option('default', ''),
    ...steps.map(each => option(each === sides.length ? `${each}, plain VAR` : `${each} of ${sides.length}`, each)));
  at('guidance').placeholder = `${sampling.guidance}`;
  showLabels();
};

/** Asks which models there are. */
export const loadModels = async () => {
  models = (await (await ask('v1/models')).json()).models;
  at('model').replaceChildren(...models.map(each => option(each.name, each.name)));
  if (models.length > 0) {
    showModel();
  }

  return models.length;
};

/** The settings as a request; fields that are empty are left out. */
export const requestOf = () => {
  const request = { model: at('model').value, labels: [...chosen] };
  for (const field of ['count', 'seed', 'steps']) {
    const value = at(field).value.trim();
    if (value !== '') {
      request[field] = value;
    }
  }

  const guidance = at('guidance').value.trim();
  return guidance === '' ? request : { ...request, settings: { guidance } };
};

/** Puts a request into the form. */
export const showRequest = request => {
  at('model').value = request.model;
  at('search').value = '';
  chosen = new Set(request.labels);
  showModel();
  for (const field of ['count', 'seed', 'steps']) {
    at(field).value = request[field] ?? '';
  }

  at('guidance').value = request.settings?.guidance ?? '';
  at('labels').selectedOptions[0]?.scrollIntoView?.({ block: 'nearest' });
};

at('model').addEventListener('change', showModel);
at('search').addEventListener('input', showLabels);
at('search').addEventListener('keydown', event => {
  if (event.key === 'ArrowDown') {
    event.preventDefault();
    at('labels').focus();
  }
});
at('labels').addEventListener('change', () => {
  chosen = new Set([...at('labels').selectedOptions].map(each => each.value));
});
