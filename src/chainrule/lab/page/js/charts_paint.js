// Painting of maps: bytes from Python become colors, blue for negative or the first class, vermilion for positive.
const BLUE = [0, 114, 178];
const VERMILION = [213, 94, 0];
export const CLASSES = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#7a5195", "#8c8c8c", "#003f5c"];
const PAPER = {true: [24, 28, 33], false: [255, 255, 255]};

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

const between = (from, to, share) => from.map((value, i) => value + (to[i] - value) * share);

const palettes = new Map();

// 256 colors from blue over paper to vermilion.
function diverging(dark) {
  if (!palettes.has(dark)) {
    const paper = PAPER[dark];
    palettes.set(dark, Array.from({length: 256}, (_, i) => (i < 128 ? between(BLUE, paper, i / 128) : between(paper, VERMILION, (i - 128) / 127))));
  }
  return palettes.get(dark);
}

const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

function put(canvas, height, width, colorOf) {
  canvas.height = height;
  canvas.width = width;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) image.data.set([...colorOf(i), 255], 4 * i);
  context.putImageData(image, 0, 0);
}

/** A map of numbers of both signs, or of a probability. */
export function paintSigned(canvas, text, height, width, dark) {
  const values = bytes(text);
  const colors = diverging(dark);
  put(canvas, height, width, (i) => colors[values[i]]);
}

/** A map of classes, paler where the network is less sure. */
export function paintClasses(canvas, text, sure, size, dark) {
  const [labels, shares] = [bytes(text), bytes(sure)];
  const colors = CLASSES.map(rgb);
  put(canvas, size, size, (i) => between(PAPER[dark], colors[labels[i] % colors.length], 0.15 + (0.75 * shares[i]) / 255));
}

/** A picture of ink: dark on light, or light on dark. */
export function paintPicture(canvas, text, height, width, dark) {
  const values = bytes(text);
  put(canvas, height, width, (i) => Array(3).fill(dark ? values[i] : 255 - values[i]));
}

const SHAPES = [
  (path, x, y, r) => path.arc(x, y, r, 0, 2 * Math.PI),
  (path, x, y, r) => path.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r),
  (path, x, y, r) => polygon(path, x, y, 1.25 * r, 3),
  (path, x, y, r) => polygon(path, x, y, 1.2 * r, 4),
  (path, x, y, r) => polygon(path, x, y, 1.15 * r, 5),
  (path, x, y, r) => polygon(path, x, y, 1.15 * r, 6),
];

function polygon(path, x, y, r, corners) {
  for (let i = 0; i < corners; i++) {
    const angle = -Math.PI / 2 + (2 * Math.PI * i) / corners;
    path[i ? "lineTo" : "moveTo"](x + r * Math.cos(angle), y + r * Math.sin(angle));
  }
  path.closePath();
}

/** A point of a class: its own color and shape; hollow if it is one of validation. */
export function paintPoint(context, x, y, label, hollow, radius = 4) {
  const shape = Number.isInteger(label) && label >= 0 ? label : 0;
  context.beginPath();
  SHAPES[shape % SHAPES.length](context, x, y, radius);
  context.fillStyle = hollow ? "#ffffff" : CLASSES[shape % CLASSES.length];
  context.strokeStyle = hollow ? CLASSES[shape % CLASSES.length] : "#ffffff";
  context.lineWidth = hollow ? 2 : 1.2;
  context.fill();
  context.stroke();
}
