import { addressOf, ask } from './service.js';
import { at, say, timeText } from './parts.js';
import { Card, keep } from './gallery.js';
import { model, requestOf } from './settings.js';

/** Marks a region of a picture, which is then drawn anew. */

const canvas = at('mask');
const marks = document.createElement('canvas');
let picture = null;
let brush = { x: 0, y: 0 };
let last = null;

/** Shows the picture, what is marked on it, and the brush where the keyboard moves it. */
const draw = () => {
  const context = canvas.getContext('2d');
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  context.globalAlpha = .6;
  context.drawImage(marks, 0, 0);
  context.globalAlpha = 1;
  if (document.activeElement === canvas) {
    context.beginPath();
    context.arc(brush.x, brush.y, radius(), 0, 2 * Math.PI);
    context.lineWidth = canvas.width / 128;
    context.strokeStyle = '#fff';
    context.stroke();
  }
};

/** The brush has a size in hundredths of the picture. */
const radius = () => Number(at('brush').value) / 200 * canvas.width;

const mark = point => {
  const context = marks.getContext('2d');
  context.strokeStyle = context.fillStyle = '#ff2d95';
  context.lineCap = 'round';
  context.lineWidth = 2 * radius();
  context.beginPath();
  context.moveTo((last ?? point).x, (last ?? point).y);
  context.lineTo(point.x, point.y);
  context.stroke();

  // A line of no length is not drawn.
  context.beginPath();
  context.arc(point.x, point.y, radius(), 0, 2 * Math.PI);
  context.fill();
  last = brush = point;
  draw();
};

const pointOf = event => {
  const box = canvas.getBoundingClientRect();
  return {
    x: (event.clientX - box.left) / box.width * canvas.width, y: (event.clientY - box.top) / box.height * canvas.height,
  };
};

const clearMarks = () => {
  marks.getContext('2d').clearRect(0, 0, marks.width, marks.height);
  draw();
};

/** Takes a picture, at the size of the model. */
export const open = async address => {
  const image = new Image();
  image.src = address;
  await image.decode();
  const side = model().imageSide;
  picture = Object.assign(document.createElement('canvas'), { width: side, height: side });
  picture.getContext('2d').drawImage(image, 0, 0, side, side);
  canvas.width = canvas.height = marks.width = marks.height = Math.max(side, 256);
  brush = { x: canvas.width / 2, y: canvas.height / 2 };
  at('edit-figure').hidden = false;
  at('edit-start').disabled = at('edit-clear').disabled = false;
  at('edited').replaceChildren();
  clearMarks();
};

const pictureOf = from => ({ data: from.toDataURL('image/png').split(',')[1] });

/** Bright pixels stay; what is marked is dark. */
const maskOf = () => {
  const side = picture.width;
  const mask = Object.assign(document.createElement('canvas'), { width: side, height: side });
  const context = mask.getContext('2d');
  context.drawImage(marks, 0, 0, side, side);
  const pixels = context.getImageData(0, 0, side, side);
  for (let pixel = 0; pixel < pixels.data.length; pixel += 4) {
    pixels.data.fill(pixels.data[pixel + 3] > 127 ? 0 : 255, pixel, pixel + 3);
    pixels.data[pixel + 3] = 255;
  }

  context.putImageData(pixels, 0, 0);
  return mask;
};

/** Has the marked region drawn anew. */
export const edit = async () => {
  const request = { ...requestOf(), labels: requestOf().labels.slice(0, 1) };
  delete request.count;
  at('edit-start').disabled = true;
  say('Decoding.');
  try {
    const start = performance.now();
    const body = { request, image: pictureOf(picture), mask: pictureOf(maskOf()) };
    const answer = await (await ask('v1/edit', { body })).json();
    const [image] = answer.images;
    const card = new Card(`edited: ${image.labelName || image.label}`);
    const time = timeText(performance.now() - start);
    card.finish(
      addressOf(image.image), `Edited image of ${image.labelName || image.label}`,
      `N = ${answer.steps} · seed ${answer.seed} · ${time}`);
    at('edited').replaceChildren(card.figure.cloneNode(true));
    keep(card, { ...request, seed: answer.seed }, image);
    say('Done; it is among the images of this session, too.');
  } finally {
    at('edit-start').disabled = false;
  }
};

canvas.addEventListener('pointerdown', event => {
  canvas.setPointerCapture(event.pointerId);
  last = null;
  mark(pointOf(event));
});
canvas.addEventListener('pointermove', event => {
  if (event.buttons & 1) {
    mark(pointOf(event));
  }
});
canvas.addEventListener('keydown', event => {
  const step = radius();
  const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  if (moves[event.key]) {
    event.preventDefault();
    const [x, y] = moves[event.key];
    const inside = value => Math.min(Math.max(value, 0), canvas.width);
    brush = { x: inside(brush.x + x), y: inside(brush.y + y) };
    draw();
  } else if (event.key === ' ') {
    event.preventDefault();
    last = null;
    mark(brush);
  }
});
canvas.addEventListener('focus', draw);
canvas.addEventListener('blur', draw);
at('edit-clear').addEventListener('click', clearMarks);
