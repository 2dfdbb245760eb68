'use strict';

const at = id => document.getElementById(id);
const KEY = 'code-key';
let models = [];
let asked = null;

const say = (state, error = '') => {
  at('state').textContent = state;
  at('error').textContent = error;
};

/** What went wrong, in words: the service's, or ours where it gave none. */
const reasonOf = async response => {
  try {
    return (await response.json()).message;
  } catch {
    return `The service answered ${response.status}.`;
  }
};

/** Asks with the key, if there is one. Where the gateway wants another, the page asks for it. */
const ask = async (address, options = {}) => {
  const key = sessionStorage.getItem(KEY);
  const response = await fetch(address, key ? { ...options, headers: { Authorization: `Bearer ${key}` } } : options);
  if (response.status === 401) {
    sessionStorage.removeItem(KEY);
    at('key-form').hidden = false;
    at('key').focus();
  }

  return response;
};

const fill = (select, options) => select.replaceChildren(...options.map(([text, value]) => new Option(text, value)));

const showModel = () => {
  const model = models[at('model').selectedIndex];
  fill(at('label'), [...Array.from({ length: model.classes }, (_, index) => [model.classNames[index] ?? index, index]), ['none', 'none']]);
  fill(at('steps'), [['the model’s', ''], ...model.steps.map(steps => [`${steps} of ${model.sides.length}`, steps])]);
  at('guidance').placeholder = `the model’s: ${model.sampling.guidance}`;
};

const showImage = async (response, label, milliseconds) => {
  const [image, seed] = [at('image'), response.headers.get('CoDe-Seed')];
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(await response.blob());
  image.alt = `Image of the label ${label}`;
  at('used-seed').textContent = seed;
  at('used-steps').textContent = response.headers.get('CoDe-Steps');
  at('time').textContent = milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
  at('save').href = image.src;
  at('save').download = `${label}-${seed}.png`;
  at('figure').hidden = false;
  await image.decode();
  at('figure').scrollIntoView({ block: 'nearest' });
};

const queryOf = () => {
  const values = {
    model: at('model').value,
    label: at('label').value,
    seed: at('seed').value,
    steps: at('steps').value,
    guidance: at('guidance').value,
  };
  return new URLSearchParams(Object.entries(values).filter(([, value]) => value !== ''));
};

const make = async () => {
  asked = new AbortController();
  at('submit').textContent = 'Stop';
  say('Decoding.');
  const [query, label, start] = [queryOf(), at('label').selectedOptions[0].text, performance.now()];
  try {
    const response = await ask(`v1/image?${query}`, { signal: asked.signal });
    if (response.ok) {
      await showImage(response, label, performance.now() - start);
      say('Done.');
    } else {
      at('figure').hidden = true;
      say('', await reasonOf(response));
    }
  } catch {
    say(asked.signal.aborted ? 'Stopped.' : '', asked.signal.aborted ? '' : 'The service cannot be reached.');
  }

  asked = null;
  at('submit').textContent = 'Make the image';
};

const load = async () => {
  try {
    const response = await ask('v1/models');
    if (!response.ok) {
      say('', await reasonOf(response));
      return;
    }

    models = (await response.json()).models;
  } catch {
    say('', 'The service cannot be reached.');
    return;
  }

  if (models.length === 0) {
    say('', 'No drafter and refiner that serve the same model have answered yet; reload the page later.');
    return;
  }

  fill(at('model'), models.map(model => [model.name, model.name]));
  showModel();
  at('submit').disabled = false;
  say('The image appears here.');
};

at('key-form').addEventListener('submit', event => {
  event.preventDefault();
  sessionStorage.setItem(KEY, at('key').value.trim());
  at('key').value = '';
  at('key-form').hidden = true;
  load();
});
at('model').addEventListener('change', showModel);
at('keep').addEventListener('click', () => { at('seed').value = at('used-seed').textContent; });
at('form').addEventListener('submit', event => {
  event.preventDefault();
  if (asked) {
    asked.abort();
  } else {
    make();
  }
});
load();
