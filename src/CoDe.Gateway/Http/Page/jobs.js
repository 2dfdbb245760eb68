import { addressOf, ask, eventsOf } from './service.js';
import { at, attempt, button, make, say } from './parts.js';
import { requestOf } from './settings.js';

/** Jobs: what there is, how far they are, and their pictures as they come. */

const PICTURES = 24;

const rows = new Map();
let nextPage = '';

const stateOf = job => job.state.replace('JOB_STATE_', '').toLowerCase();

const pathOf = id => `v1/jobs/${encodeURIComponent(id)}`;

/** A job in the list. */
class Row {
  constructor(job) {
    this.id = job.id;
    this.progress = make('progress', {});
    this.progress.setAttribute('aria-label', `Images of ${job.id}`);
    this.facts = make('span', { className: 'facts' });
    this.cancel = button('Cancel', () => attempt(
      async () => this.show(await (await ask(`${pathOf(job.id)}/cancel`, { body: {} })).json())));
    this.pictures = make('div', { className: 'gallery small' });
    this.token = '';
    this.more = button('Pictures', () => attempt(() => this.showPictures()));
    this.item = make(
      'li', {},
      make(
        'div', { className: 'job' }, make('strong', {}, job.id), this.progress, this.facts, this.more, this.cancel),
      this.pictures);
    this.show(job);
  }

  show(job) {
    const state = stateOf(job);
    this.progress.max = job.images;
    this.progress.value = job.done;
    this.facts.textContent = `${state}, ${job.done} of ${job.images}${job.message ? ` · ${job.message}` : ''}`;
    this.cancel.hidden = state !== 'running';
    this.isRunning = state === 'running';
  }

  /** Shows the next page: of a running job those that came meanwhile. */
  async showPictures() {
    const query = new URLSearchParams({ page_size: PICTURES, page_token: this.token });
    const page = await (await ask(`${pathOf(this.id)}/images?${query}`)).json();
    this.pictures.append(...page.images.map(image => make('img', {
      src: addressOf(image.image), alt: `Image ${image.index} of ${this.id}: ${image.labelName || image.label}`,
    })));
    this.token = page.nextPageToken;
    this.more.textContent = 'More pictures';
    this.more.hidden = this.token === '';
  }

  async watch() {
    for await (const [name, data] of eventsOf(await ask(`${pathOf(this.id)}/watch`))) {
      if (name === 'job') {
        this.show(data);
      }
    }
  }
}

/** Lists the jobs, the newest first. */
export const list = async (from = '') => {
  const page = await (await ask(`v1/jobs?${new URLSearchParams({ page_size: 20, page_token: from })}`)).json();
  if (from === '') {
    rows.clear();
    at('job-list').replaceChildren();
  }

  for (const job of page.jobs) {
    const each = new Row(job);
    rows.set(job.id, each);
    at('job-list').append(each.item);
  }

  nextPage = page.nextPageToken;
  at('jobs-more').hidden = nextPage === '';
  at('jobs-empty').hidden = rows.size > 0;

  // One alone: a browser has six connections to a service.
  const newest = [...rows.values()].find(each => each.isRunning);
  if (newest && from === '') {
    attempt(() => newest.watch());
  }
};

/** Submits the settings as a job. */
export const submit = async () => {
  const job = await (await ask('v1/jobs', { body: { request: requestOf() } })).json();
  location.hash = '#jobs';
  say(`Job ${job.id} is submitted.`);
};

at('jobs-again').addEventListener('click', () => attempt(() => list()));
at('jobs-more').addEventListener('click', () => attempt(() => list(nextPage)));
