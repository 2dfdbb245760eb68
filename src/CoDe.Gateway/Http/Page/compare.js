import { ask } from './service.js';
import { at, say, timeText } from './parts.js';
import { Card } from './gallery.js';
import { model, requestOf, stepsText } from './settings.js';

/** The settings with each N and with plain VAR, at one seed. */

const COMPARED = 4;

const seedOf = request => request.seed ?? `${crypto.getRandomValues(new Uint32Array(1))[0]}`;

const makeWith = async (steps, request, card) => {
  const query = new URLSearchParams({ model: request.model, label: request.labels[0], seed: request.seed, steps });
  if (request.settings) {
    query.set('guidance', request.settings.guidance);
  }

  const start = performance.now();
  try {
    const response = await ask(`v1/image?${query}`, { headers: { 'Cache-Control': 'no-cache' } });
    const picture = await response.blob();
    const time = performance.now() - start;
    card.finish(URL.createObjectURL(picture), `Image with ${stepsText(steps)}`, timeText(time));
    return time;
  } catch (error) {
    card.fail(error.message);
    return null;
  }
};

/** Compares, one after another: two at once would share the devices, and their times would not be their own. */
export const compare = async () => {
  const all = model().sides.length;
  const count = Math.min(COMPARED, all - 1);
  const compared = Array.from({ length: count }, (_, index) => all - count + index);
  const request = requestOf();
  request.seed = seedOf(request);
  at('seed').value = request.seed;
  const cards = new Map([...compared, all].map(steps => [steps, new Card(stepsText(steps))]));
  for (const old of at('comparison').querySelectorAll('img')) {
    URL.revokeObjectURL(old.src);
  }

  at('comparison').replaceChildren(...[...cards.values()].map(card => card.figure));
  at('compare-start').disabled = true;
  try {
    const times = new Map();
    for (const [steps, card] of cards) {
      say(`Decoding with ${stepsText(steps)}.`);
      card.facts.textContent = 'decodes';
      times.set(steps, await makeWith(steps, request, card));
    }

    for (const [steps, card] of cards) {
      if (steps !== all && times.get(steps) && times.get(all)) {
        card.facts.textContent += ` · ${(times.get(all) / times.get(steps)).toFixed(2)}× as fast as plain VAR`;
      }
    }

    say(`Done: seed ${request.seed}.`);
  } finally {
    at('compare-start').disabled = false;
  }
};
