import { addressOf, ask, eventsOf } from './service.js';
import { at, button, make, say, timeText } from './parts.js';
import { model, nameOf, requestOf, showRequest, stepsText } from './settings.js';
import { showCalls } from './calls.js';

/** Images of this session: each appears as it is decoded, and has its settings. */

const MOST = 200;

let asked = null;

/** A picture with what is known of it. */
export class Card {
  constructor(title) {
    this.image = make('img', { alt: '', hidden: true });
    this.progress = make('progress', { max: model().sides.length, value: 0 });
    this.progress.setAttribute('aria-label', `Scales of ${title}`);
    this.title = make('strong', {}, title);
    this.facts = make('span', { className: 'facts' }, 'waits');
    this.more = make('div', { className: 'more' });
    this.frame = make('div', { className: 'frame' }, this.image, this.progress);
    this.figure = make(
      'figure', { className: 'card' }, this.frame, make('figcaption', {}, this.title, this.facts, this.more));
  }

  scale(scales, of) {
    this.progress.max = of;
    this.progress.value = scales;
    this.facts.textContent = `scale ${scales} of ${of}`;
  }

  show(address, alt) {
    URL.revokeObjectURL(this.image.src);
    this.image.src = address;
    this.image.alt = alt;
    this.image.hidden = false;
  }

  preview(image) {
    this.figure.classList.add('is-draft');
    this.show(addressOf(image), `Draft of ${this.title.textContent}`);
  }

  finish(address, alt, facts) {
    this.figure.classList.remove('is-draft');
    this.figure.classList.add('is-done');
    this.show(address, alt);
    this.facts.textContent = facts;
    this.progress.remove();
  }

  fail(message) {
    this.figure.classList.add('is-failed');
    this.progress.remove();
    this.facts.textContent = message;
  }
}

/** Adds what can be done with an image that is done. */
const addActions = (card, request, image) => {
  const name = `${image.labelName || image.label}-${request.seed}.png`;
  const save = make('a', { href: card.image.src, download: name }, 'Save');
  card.more.append(
    button('Again, with…', () => {
      showRequest(request);
      at('seed').focus();
      location.hash = '#make';
      at('form').scrollIntoView({ block: 'nearest' });
    }),
    button('Edit', () => {
      dispatchEvent(new CustomEvent('edit-image', { detail: card.image.src }));
      location.hash = '#edit';
    }),
    button('Call', () => showCalls(request)),
    save);
};

const addToGallery = cards => {
  at('gallery-empty').hidden = true;
  at('gallery').prepend(...cards.map(card => card.figure));
  for (const old of [...at('gallery').children].slice(MOST)) {
    URL.revokeObjectURL(old.querySelector('img').src);
    old.remove();
  }
};

/** Puts an image into the gallery that is done already. */
export const keep = (card, request, image) => {
  addActions(card, request, image);
  addToGallery([card]);
};

const titleOf = image => image.labelName || nameOf(image.label);

/** Makes images and shows how they come along. */
const run = async (request, signal) => {
  const start = performance.now();
  const response = await ask('v1/generate/stream', { body: request, signal });
  const cards = new Map();
  let used = request;
  let finished = 0;
  const cardOf = index => cards.get(index);
  try {
    for await (const [name, data] of eventsOf(response)) {
      if (name === 'queued') {
        used = { ...request, seed: data.seed };
        const count = Number(request.count ?? 1);
        request.labels.flatMap(label => Array(count).fill(label))
          .forEach((label, index) => cards.set(index, new Card(label === 'none' ? 'none' : nameOf(label))));
        addToGallery([...cards.values()]);
        say(data.ahead > 0 ? `${data.ahead} images are before these.` : 'Decoding.');
      } else if (name === 'scale_done') {
        cardOf(data.index).scale(data.scales, data.of);
      } else if (name === 'drafted') {
        cardOf(data.index).preview(data.preview);
      } else if (name === 'image') {
        finished++;
        const card = cardOf(data.index);
        const steps = request.steps ? stepsText(Number(request.steps)) : 'default N';
        card.finish(
          addressOf(data.image), `Image of ${titleOf(data)}`,
          `${steps} · seed ${used.seed} · ${timeText(performance.now() - start)}`);
        addActions(card, used, data);
      } else if (name === 'error') {
        throw new Error(data.message);
      }
    }

    say(`Done: ${finished} ${finished === 1 ? 'image' : 'images'} in ${timeText(performance.now() - start)}.`);
  } finally {
    for (const card of cards.values()) {
      if (!card.figure.classList.contains('is-done')) {
        card.fail('was not made');
      }
    }
  }
};

/** Makes images of the settings; asked again meanwhile, stops. */
export const makeOrStop = async () => {
  if (asked) {
    asked.abort();
    return;
  }

  asked = new AbortController();
  at('submit').textContent = 'Stop';
  say('Asking.');
  try {
    await run(requestOf(), asked.signal);
  } finally {
    asked = null;
    at('submit').textContent = 'Make images';
  }
};
