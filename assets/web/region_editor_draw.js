// Region editor, part 4: the pictures. One draw a frame at most, each costs what it has pixels.
const canvas = part("canvas");
const overview = part("overview");
const overviewCanvas = part("overview-canvas");
const windowNode = part("window");
const playhead = part("playhead");
const peaks = new PeakShelf(() => later());
const regionNodes = new Map();
let pending = false;

function later() {
  if (pending) return;
  pending = true;
  requestAnimationFrame(() => {
    pending = false;
    if (state.clip) drawAll();
  });
}

function fitCanvas(node) {
  const box = node.getBoundingClientRect();
  const ratio = window.devicePixelRatio || 1;
  const width = Math.max(1, Math.round(box.width * ratio));
  const height = Math.max(1, Math.round(box.height * ratio));
  if (node.width !== width) node.width = width;
  if (node.height !== height) node.height = height;
  const paint = node.getContext("2d");
  paint.clearRect(0, 0, width, height);
  return { paint, width, height, ratio };
}

function palette() {
  const style = getComputedStyle(root);
  const color = (name) => style.getPropertyValue(`--ms-${name}`);
  return {
    font: style.fontFamily, wave: color("ed-wave"), region: color("ed-region-wave"),
    changed: color("cell-opening"), line: color("line"), quiet: color("quiet"),
    beat: color("ed-beat"), bar: color("ed-bar"), now: color("cell-now"),
    kept: color("cell-kept"), outside: color("ed-outside"),
  };
}

function drawAll() {
  const colors = palette();
  drawStage(colors);
  drawOverview(colors);
  placeRegions();
  placePlayhead();
}

// Zones of the stage from top to bottom, in canvas pixels.
function zones(ratio) {
  const zone = (node) => ({ top: node.offsetTop * ratio, height: node.offsetHeight * ratio });
  return { ruler: zone(part("ruler")), wave: zone(wave), lanes: zone(part("lanes")) };
}

function drawStage(colors) {
  const fitted = fitCanvas(canvas);
  const { start, span } = state.view;
  const view = { ...fitted, colors, start, span, ...zones(fitted.ratio) };
  view.x = (seconds) => ((seconds - start) / span) * view.width;
  drawOutside(view);
  drawBeats(view);
  drawWave(view, view.wave, 0.46);
  drawLanes(view);
  drawRuler(view);
}

// What a candidate adds lies on another ground than the source.
function drawOutside(view) {
  const { paint, width, colors, lanes } = view;
  const from = Math.max(0, view.x(0));
  const to = Math.min(width, view.x(state.clip.duration_s));
  paint.fillStyle = colors.outside;
  const bottom = lanes.top + lanes.height;
  if (from > 0) paint.fillRect(0, view.wave.top, from, bottom - view.wave.top);
  if (to < width) paint.fillRect(to, view.wave.top, width - to, bottom - view.wave.top);
}

function drawBeats(view) {
  const beats = state.value.beats;
  if (!beats) return;
  view.paint.globalAlpha = beats.sure ? 1 : 0.5; // a guess looks like one
  drawTimes(view, beats.beat || [], view.colors.beat, view.ratio);
  drawTimes(view, beats.bar || [], view.colors.bar, 2 * view.ratio);
  view.paint.globalAlpha = 1;
}

// Lines closer than six pixels would be a grey wall: they are left out.
function drawTimes(view, times, color, thickness) {
  const { paint, start, span, width, ratio, ruler, lanes } = view;
  const from = placeOf(times, start);
  const to = placeOf(times, start + span + TOUCH_S);
  if (to - from > width / (6 * ratio)) return;
  const top = ruler.top + ruler.height;
  paint.fillStyle = color;
  for (let i = from; i < to; i++) {
    const x = clamp(Math.round(view.x(times[i]) - thickness / 2), 0, width - thickness);
    paint.fillRect(x, top, thickness, lanes.top + lanes.height - top);
  }
}

// Source and candidate in one line: the candidate inside its excerpt, coloured where it differs.
function drawWave(view, zone, tall) {
  const { paint, colors, width, start, span, ratio } = view;
  const shown = shownSound();
  const inRegion = walker(unionOf(state.regions.map(realOf)));
  const isChanged = walker(shown.changed);
  let last = "";
  const middle = zone.top + zone.height / 2;
  const scale = (tall * zone.height) / shown.loudest;
  for (let x = 0; x < width; x++) {
    const from = start + (x / width) * span;
    const to = from + span / width;
    const column = readColumn(shown, from, to);
    if (!column) continue;
    const isNew = inRegion(from, to);
    const kind = isChanged(from, to) ? "changed" : isNew ? "region" : "wave";
    const height = Math.max(ratio, (column.high - column.low) * scale);
    if (kind !== last) paint.fillStyle = colors[kind];
    last = kind;
    paint.fillRect(x, middle - column.high * scale, 1, height);
  }
}

// Drawn larger when quiet, so that its shape is seen; the sound itself is as it is.
function shownSound() {
  const source = peaks.get(state.clip.peaks);
  const candidate = chosen();
  const added = candidate && peaks.get(candidate.peaks);
  const excerpt = candidate && excerptSpan(candidate);
  const loudest = Math.max(32, source ? source.loudest : 0, added ? added.loudest : 0);
  const changed = added ? changedSpans(source, added, excerpt.start) : [];
  return { source, added, excerpt, loudest, changed };
}

// Asks of times that only grow whether one of some spans, in order, touches them.
function walker(spans) {
  let place = 0;
  return (from, to) => {
    while (place < spans.length && spans[place].stop <= from) place++;
    return place < spans.length && spans[place].start < to;
  };
}

function readColumn({ source, added, excerpt }, from, to) {
  const within = added && from >= excerpt.start && from < excerpt.stop;
  if (within && added.read(from - excerpt.start, to - excerpt.start)) return added;
  return source && source.read(from, to) ? source : null;
}

// Four rows: a full bar is made anew, a thin line is kept.
function drawLanes(view) {
  const { paint, width, ratio, colors, lanes } = view;
  const nLevels = state.clip.n_levels;
  const pitch = lanes.height / nLevels;
  for (let level = 0; level < nLevels; level++) {
    const middle = lanes.top + (level + 0.5) * pitch;
    paint.fillStyle = colors.line;
    paint.fillRect(0, Math.round(middle), width, ratio);
    for (const region of state.regions) {
      const real = realOf(region);
      const on = !region.levels || region.levels.includes(level);
      const tall = on ? pitch - 5 * ratio : 3 * ratio;
      const x = view.x(real.start);
      const wide = Math.max(2 * ratio, view.x(real.stop) - x);
      if (x > width || x + wide < 0) continue;
      paint.fillStyle = on ? colors.now : colors.kept;
      paint.fillRect(x, Math.round(middle - tall / 2), wide, Math.round(tall));
    }
  }
}

function drawRuler(view) {
  const { paint, width, ratio, colors, ruler, start, span } = view;
  const step = rulerStep(span, width / ratio);
  const digits = rulerDigits(step);
  const bottom = ruler.top + ruler.height;
  paint.fillStyle = colors.quiet;
  paint.font = `${11 * ratio}px ${colors.font}`;
  paint.textBaseline = "middle";
  for (let i = Math.ceil((start * 5) / step); (i * step) / 5 <= start + span + TOUCH_S; i++) {
    const x = clamp(Math.round(view.x((i * step) / 5)), 0, width - ratio);
    const labelled = i % 5 === 0;
    const tall = (labelled ? 8 : 4) * ratio;
    paint.fillRect(x, bottom - tall, ratio, tall);
    if (!labelled) continue;
    const label = clockTime((i / 5) * step, digits);
    const wide = paint.measureText(label).width;
    const left = x + 4 * ratio;
    if (left + wide <= width) paint.fillText(label, left, ruler.top + ruler.height * 0.42);
  }
}

function drawOverview(colors) {
  const fitted = fitCanvas(overviewCanvas);
  const all = bounds();
  const span = all.stop - all.start;
  const view = { ...fitted, colors, start: all.start, span };
  view.x = (seconds) => ((seconds - all.start) / span) * view.width;
  drawWave(view, { top: 0, height: view.height }, 0.42);
  view.paint.fillStyle = colors.now;
  for (const region of state.regions) {
    const real = realOf(region);
    const wide = Math.max(2 * view.ratio, view.x(real.stop) - view.x(real.start));
    view.paint.fillRect(view.x(real.start), view.height - 3 * view.ratio, wide, 3 * view.ratio);
  }
  windowNode.style.left = `${(100 * (state.view.start - all.start)) / span}%`;
  windowNode.style.width = `${(100 * state.view.span) / span}%`;
  overview.dataset.whole = String(state.view.span >= span - TOUCH_S);
}

// Boxes are elements over the canvas, so that they can be focused and named.
function regionNode(id) {
  return regionNodes.get(id);
}

function makeRegionNode(region) {
  const node = part("region-form").content.firstElementChild.cloneNode(true);
  node.dataset.region = String(region.id);
  regionNodes.set(region.id, node);
  layer.insertBefore(node, playhead);
  return node;
}

function placeRegions() {
  const wanted = new Set(state.regions.map((region) => region.id));
  for (const [id, node] of regionNodes) {
    if (wanted.has(id)) continue;
    node.remove();
    regionNodes.delete(id);
  }
  for (const region of state.regions) {
    const node = regionNode(region.id) || makeRegionNode(region);
    const box = boxOf(region);
    node.style.left = `${100 * shareOf(box.start)}%`;
    node.style.width = `${(100 * (box.stop - box.start)) / state.view.span}%`;
    node.dataset.number = String(numberOf(region));
    node.dataset.looping = String(player.loopId === region.id);
    const wide = ((box.stop - box.start) / state.view.span) * layer.clientWidth;
    node.dataset.narrow = String(wide < 56);
    const words = region.id === state.draft ? "New region" : wordsOf(region);
    if (node.getAttribute("aria-label") !== words) node.setAttribute("aria-label", words);
  }
  orderRegionNodes();
}

// In order of time, for Tab. Moving a focused element would take its focus away: later then.
function orderRegionNodes() {
  if (layer.contains(document.activeElement) && document.activeElement !== wave) return;
  const ordered = state.regions.map((region) => regionNode(region.id));
  const inPage = [...layer.querySelectorAll(".ms-ed-region")];
  if (ordered.every((node, i) => node === inPage[i])) return;
  ordered.forEach((node) => layer.insertBefore(node, playhead));
}

function placePlayhead() {
  const share = shareOf(player.position());
  playhead.hidden = share < 0 || share > 1;
  playhead.style.transform = `translateX(${share * layer.clientWidth}px)`;
}
