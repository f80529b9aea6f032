// The K x T grid. The value is a preview line and then a trace (engine/decode/trace.py), one JSON
// object a line, growing at its end: only the new lines are read.
const cells = element.querySelector(".ms-cells");
const timeAxis = element.querySelector(".ms-time");
const where = element.querySelector(".ms-where");
const note = element.querySelector(".ms-note");
const picker = element.querySelector(".ms-variations");
const spoken = element.querySelector(".ms-unseen");
const keptKey = element.querySelector(".ms-legend-kept");
const shares = Array.from(element.querySelectorAll(".ms-share"));

// What a cell shows. The first six are the trace's own numbers.
const EMPTY = 0, FIXED = 1, NOW = 2, AGAIN = 3, KEPT = 4, REOPENED = 5, OPENING = 6;
// Where a pixel covers several frames it shows the most telling one.
const RANK = [2, 1, 5, 4, 0, 3, 0];
const LOOKS = [
  { color: "--ms-cell-masked", height: 0.14 },
  { color: "--ms-cell-fixed", height: 0.82 },
  { color: "--ms-cell-now", height: 1 },
  { color: "--ms-cell-again", height: 0.46 },
  { color: "--ms-cell-kept", height: 0.82 },
  { color: "--ms-cell-again", height: 0.46 },
  { color: "--ms-cell-opening", height: 0.82 },
];

let seen = "";
let grid = null;
let shown = 0; // variation
let drawing = false;
let announced = "";

function decode(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function start(shape, frameRate, startS) {
  const [nVariations, nLevels, nFrames] = shape;
  const size = nVariations * nLevels * nFrames;
  grid = {
    nVariations, nLevels, nFrames, frameRate, startS, kept: false,
    state: new Uint8Array(size), sure: new Uint8Array(size), last: null, count: 0,
  };
  if (shown >= nVariations) shown = 0;
  pickers();
}

function header(line) {
  start(line.shape, grid ? grid.frameRate : 50, grid ? grid.startS : 0);
  grid.count = line.count;
  if (!line.given) return;
  const bits = decode(line.given.cells);
  grid.state.forEach((_, i) => {
    if ((bits[i >> 3] >> (7 - (i & 7))) & 1) {
      grid.state[i] = KEPT;
      grid.sure[i] = 255;
      grid.kept = true;
    }
  });
}

function settle() {
  for (let i = 0; i < grid.state.length; i++) {
    if (grid.state[i] === NOW) grid.state[i] = grid.written && grid.written.has(i) ? OPENING : FIXED;
  }
}

// The last step shines for a moment; then a finished grid shows what it is, not what came last.
function rest() {
  const finished = grid;
  setTimeout(() => {
    if (grid !== finished) return;
    settle();
    later();
  }, 800);
}

function opening(line) {
  const { nVariations, nLevels, nFrames } = grid;
  const sure = decode(line.confidence);
  grid.written = grid.written || new Set();
  let at = 0;
  for (let b = 0; b < nVariations; b++) {
    for (const [level, frame] of line.cells) {
      const i = (b * nLevels + level) * nFrames + frame;
      grid.state[i] = NOW;
      grid.sure[i] = sure[at++];
      grid.written.add(i);
    }
  }
}

function refinement(line) {
  const { nVariations, nLevels, nFrames } = grid;
  const packed = decode(line.state);
  const sure = decode(line.confidence);
  let cell = 0;
  let at = 0;
  for (let b = 0; b < nVariations; b++) {
    for (let t = 0; t < nFrames; t++, cell++) {
      const state = cell & 1 ? packed[cell >> 1] & 15 : packed[cell >> 1] >> 4;
      const i = (b * nLevels + line.stage) * nFrames + t;
      if (state !== KEPT) grid.state[i] = state;
      if (state === NOW || state === AGAIN) grid.sure[i] = sure[at++];
    }
  }
}

function read() {
  const value = typeof props.value === "string" ? props.value : "";
  if (!value.startsWith(seen)) {
    seen = "";
    grid = null;
  }
  const end = value.lastIndexOf("\n") + 1;
  for (const text of value.slice(seen.length, end).split("\n")) {
    if (!text) continue;
    const line = JSON.parse(text);
    if (line.format === "magnet-grid/1") {
      start(line.shape, line.frame_rate_hz, line.start_s || 0);
    } else if (line.format) {
      header(line);
    } else {
      settle();
      if (line.phase === "opening") opening(line);
      else refinement(line);
      grid.last = line;
      if (line.index + 1 === grid.count) rest();
    }
  }
  seen = value.slice(0, end);
  later();
}

function share(level) {
  const { nLevels, nFrames, state } = grid;
  const from = (shown * nLevels + level) * nFrames;
  let fixed = 0;
  for (let i = from; i < from + nFrames; i++) {
    if (state[i] !== EMPTY && state[i] !== AGAIN && state[i] !== REOPENED) fixed++;
  }
  return fixed / nFrames;
}

function words() {
  const { last, nLevels, nFrames, frameRate } = grid;
  const size = `${nLevels} levels by ${(nFrames / frameRate).toFixed(1)} seconds`;
  const idle = "Left to right is time; each row adds finer detail";
  if (!last) return { where: "", note: idle, summary: `Token grid, ${size}, all masked`, key: "" };
  let fixed = 0;
  for (let level = 0; level < nLevels; level++) fixed += share(level) / nLevels;
  const percent = `${Math.round(100 * fixed)} percent of all tokens are fixed`;
  const left = last.phase === "opening";
  const part = left ? "Left to right" : `Level ${last.stage + 1} of ${nLevels}`;
  const finished = last.index + 1 === grid.count;
  const position = `step ${last.step + 1} of ${last.total_steps}`;
  return {
    where: finished ? "" : `${part} · ${position} · `,
    note: finished
      ? `Finished in ${last.index + 1} steps`
      : `guidance ${last.cfg_coef.toFixed(1)} · temperature ${last.temperature.toFixed(2)}`,
    summary: `Token grid, ${size}. ${finished ? "Finished" : `${part}, ${position}`}. ${percent}.`,
    // Heard once a level, not once a step.
    key: finished ? "end" : part,
  };
}

function pickers() {
  picker.replaceChildren();
  if (grid.nVariations < 2) return;
  for (let b = 0; b < grid.nVariations; b++) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = String(b + 1);
    button.dataset.variation = String(b);
    button.setAttribute("aria-label", `Variation ${b + 1}`);
    button.setAttribute("aria-pressed", String(b === shown));
    picker.append(button);
  }
}

function fit(canvas) {
  const box = canvas.getBoundingClientRect();
  const ratio = window.devicePixelRatio || 1;
  const width = Math.max(1, Math.round(box.width * ratio));
  const height = Math.max(1, Math.round(box.height * ratio));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const paint = canvas.getContext("2d");
  paint.clearRect(0, 0, width, height);
  return { paint, width, height, ratio, style: getComputedStyle(element) };
}

function drawRow(view, level) {
  const { paint, width, height, ratio, style } = view;
  const { nLevels, nFrames, state, sure } = grid;
  const from = (shown * nLevels + level) * nFrames;
  const pitch = height / nLevels;
  const full = pitch - 8 * ratio;
  const middle = (level + 0.5) * pitch;
  const gap = width / nFrames >= 3 * ratio ? ratio : 0;
  for (let x = 0; x < width; ) {
    const first = Math.floor((x * nFrames) / width);
    let frame = first;
    for (let t = first + 1; t < ((x + 1) * nFrames) / width && t < nFrames; t++) {
      if (RANK[state[from + t]] > RANK[state[from + frame]]) frame = t;
    }
    // The next pixel that shows another frame.
    const end = Math.max(x + 1, Math.ceil(((first + 1) * width) / nFrames));
    const kind = state[from + frame];
    const look = LOOKS[kind];
    const tall = Math.max(2 * ratio, full * look.height);
    const certain = kind === FIXED || kind === OPENING;
    paint.globalAlpha = certain ? 0.55 + (0.45 * sure[from + frame]) / 255 : 1;
    paint.fillStyle = style.getPropertyValue(look.color);
    paint.fillRect(x, Math.round(middle - tall / 2), Math.max(1, end - x - gap), Math.round(tall));
    x = end;
  }
  paint.globalAlpha = 1;
}

function drawTime() {
  const { paint, width, height, ratio, style } = fit(timeAxis);
  const seconds = grid.nFrames / grid.frameRate;
  const room = width / ratio / (grid.startS ? 56 : 44); // late times are longer words
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60].find((each) => seconds / each <= room) || 60;
  paint.fillStyle = style.getPropertyValue("--ms-quiet");
  paint.font = `${11 * ratio}px ${style.fontFamily}`;
  paint.textBaseline = "top";
  const end = grid.startS + seconds + 1e-6;
  for (let i = Math.ceil(grid.startS / step - 1e-6); i * step <= end; i++) {
    const x = Math.min(width - ratio, ((i * step - grid.startS) / seconds) * width);
    const label = `${+(i * step).toFixed(1)} s`;
    const wide = paint.measureText(label).width;
    paint.fillRect(x, 0, ratio, 4 * ratio);
    paint.fillText(label, Math.min(Math.max(0, x - wide / 2), width - wide), 6 * ratio, height);
  }
}

function draw() {
  drawing = false;
  const view = fit(cells);
  if (!grid) start([1, shares.length, 500], 50, 0);
  for (let level = 0; level < grid.nLevels; level++) drawRow(view, level);
  drawTime();
  keptKey.hidden = !grid.kept;
  const text = words();
  where.textContent = text.where;
  note.textContent = text.note;
  cells.setAttribute("aria-label", text.summary);
  shares.forEach((node) => {
    node.textContent = grid.last ? `${Math.round(100 * share(Number(node.dataset.level)))}%` : "";
  });
  if (text.key && text.key !== announced) spoken.textContent = text.summary;
  announced = text.key;
}

function later() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(draw);
}

picker.addEventListener("click", (event) => {
  const button = event.target.closest("[data-variation]");
  if (!button) return;
  shown = Number(button.dataset.variation);
  for (const other of picker.children) {
    other.setAttribute("aria-pressed", String(other === button));
  }
  later();
});

new ResizeObserver(later).observe(cells);
new MutationObserver(later).observe(document.body, { attributeFilter: ["class"] });
read();
watch("value", read);
