import { useKey } from './service.js';
import { at, attempt, say } from './parts.js';
import { loadModels, requestOf } from './settings.js';
import { makeOrStop } from './gallery.js';
import { compare } from './compare.js';
import { edit, open } from './edit.js';
import { list, submit } from './jobs.js';
import { leave, watch } from './timeline.js';
import { plan } from './plan.js';
import { showCalls } from './calls.js';

/** The views, one at a time by the hash of the address, and what the buttons of the settings do. */

const VIEWS = ['make', 'compare', 'edit', 'jobs', 'timeline', 'plan'];

const showView = () => {
  const hash = location.hash.slice(1);
  const view = VIEWS.includes(hash) ? hash : VIEWS[0];
  for (const each of VIEWS) {
    at(each).hidden = each !== view;
  }

  for (const link of document.querySelectorAll('nav a')) {
    if (link.getAttribute('href') === `#${view}`) {
      link.setAttribute('aria-current', 'page');
    } else {
      link.removeAttribute('aria-current');
    }
  }

  for (const part of document.querySelectorAll('[data-views]')) {
    part.hidden = !part.dataset.views.split(' ').includes(view);
  }

  at('main').classList.toggle('alone', at('form').hidden);
  at('error').textContent = '';
  if (view === 'timeline') {
    watch();
  } else {
    leave();
  }

  if (view === 'jobs') {
    attempt(() => list());
  }
};

const load = () => attempt(async () => {
  if (await loadModels() === 0) {
    say('', 'No drafter and refiner that serve the same model have answered yet; reload the page later.');
    return;
  }

  at('submit').disabled = at('compare-start').disabled = false;
  say('');
});

at('key-form').addEventListener('submit', event => {
  event.preventDefault();
  useKey(at('key').value.trim());
  at('key').value = '';
  at('key-form').hidden = true;
  leave();
  load();
  showView();
});
addEventListener('key-wanted', () => {
  at('key-form').hidden = false;
  at('key').focus();
});
at('form').addEventListener('submit', event => {
  event.preventDefault();
  if (!at('make').hidden) {
    attempt(makeOrStop);
  }
});
at('call').addEventListener('click', () => showCalls(requestOf()));
at('as-job').addEventListener('click', () => attempt(submit));
at('plan-form').addEventListener('submit', event => {
  event.preventDefault();
  say('');
  attempt(plan);
});
at('compare-start').addEventListener('click', () => attempt(compare));
at('edit-start').addEventListener('click', () => attempt(edit));
at('edit-file').addEventListener('change', () => attempt(async () => {
  const address = URL.createObjectURL(at('edit-file').files[0]);
  await open(address);
  URL.revokeObjectURL(address);
}));
addEventListener('edit-image', event => attempt(() => open(event.detail)));
document.querySelector('nav').addEventListener('click', () => say(''));
addEventListener('hashchange', showView);
load();
showView();
