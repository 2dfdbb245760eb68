/** What several views are made of. */

export const at = id => document.getElementById(id);

/** Makes an element: its properties, then what is in it. */
export const make = (name, properties = {}, ...parts) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...parts);
  return element;
};

export const button = (text, act) => {
  const made = make('button', { type: 'button' }, text);
  made.addEventListener('click', act);
  return made;
};

export const say = (state, error = '') => {
  at('state').textContent = state;
  at('error').textContent = error;
};

/** Does work and shows its failure. */
export const attempt = async work => {
  try {
    await work();
  } catch (error) {
    if (error.name === 'AbortError') {
      say('Stopped.');
    } else {
      say('', error.message);
    }
  }
};

/** Makes a piece of a drawing, which the page has a template of: an element of SVG with its attributes. */
export const drawn = (name, attributes = {}, text = '') => {
  const piece = at('drawing').content.querySelector(name).cloneNode(false);
  for (const [key, value] of Object.entries(attributes)) {
    piece.setAttribute(key, value);
  }

  piece.textContent = text;
  return piece;
};

export const percent = share => `${Math.round(share * 100)} %`;

export const timeText = milliseconds => milliseconds < 1000
  ? `${Math.round(milliseconds)} ms`
  : `${(milliseconds / 1000).toFixed(1)} s`;
