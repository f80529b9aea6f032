// Region editor, part 3: what is shown, and the parts of the page that show it.
const MIN_SPAN_S = 1;

function part(name) {
  return element.querySelector(`.ms-ed-${name}`);
}

const root = part("root");
const stage = part("stage");
const layer = part("layer");
const wave = part("wave");
const spoken = element.querySelector(".ms-unseen");

const state = {
  value: {},
  clip: null,
  seenRev: null,
  snap: "frame",
  regions: [], // see part 1; in order of time, except while one is being dragged
  draft: null, // the id of a region that a drag is making
  choice: null, // id of the candidate that is heard and drawn; null: the source
  lastChoice: null, // what the key X goes back to
  view: { start: 0, span: 1 }, // seconds of the source
  nextId: 1,
};

function candidates() {
  return state.value.candidates || [];
}

function chosen() {
  return candidates().find((each) => each.id === state.choice) || null;
}

// All times on the page are the source's; a candidate that adds sound before it begins below 0.
function candidateSpan(candidate) {
  const shift = candidate.shift_s || 0;
  const length = candidate.duration_s || state.clip.duration_s;
  return { start: -shift, stop: length - shift };
}

function excerptSpan(candidate) {
  const shift = candidate.shift_s || 0;
  return { start: candidate.start_s - shift, stop: candidate.stop_s - shift };
}

// The whole timeline: the source, and whatever candidates add to it.
function bounds() {
  const spans = [{ start: 0, stop: state.clip.duration_s }, ...candidates().map(candidateSpan)];
  return {
    start: Math.min(...spans.map((span) => span.start)),
    stop: Math.max(...spans.map((span) => span.stop)),
  };
}

// What can be heard as chosen now.
function soundSpan() {
  const candidate = chosen();
  return candidate ? candidateSpan(candidate) : { start: 0, stop: state.clip.duration_s };
}

function setting() {
  const { duration_s: duration, frame_rate_hz: rate } = state.clip;
  return { rate, duration, times: gridTimes(state.value.beats, state.snap) };
}

function realOf(region) {
  return realRegion(region, setting());
}

// What the box spans: as asked where nothing snaps, else as it will be.
function boxOf(region) {
  return state.snap === "off" ? { start: region.start, stop: region.stop } : realOf(region);
}

// What is worth hearing: where candidates are new, which need have no region; else the regions.
function newSpans() {
  const candidate = chosen() || candidates()[0];
  if (!candidate || !candidate.changed || !candidate.changed.length) return state.regions.map(realOf);
  const shift = candidate.shift_s || 0;
  return candidate.changed.map(([start, stop]) => ({ start: start - shift, stop: stop - shift }));
}

function regionById(id) {
  return state.regions.find((region) => region.id === id);
}

function numberOf(region) {
  return state.regions.indexOf(region) + 1;
}

function wordsOf(region) {
  return regionWords(numberOf(region), realOf(region), region.levels, state.clip.n_levels);
}

// Emptied first: a screen reader is silent where the same words come twice.
function say(words) {
  spoken.textContent = "";
  requestAnimationFrame(() => (spoken.textContent = words));
}

// The view: which seconds the waveform shows.
function setView(start, span) {
  const all = bounds();
  const total = all.stop - all.start;
  state.view.span = clamp(span, Math.min(MIN_SPAN_S, total), total);
  state.view.start = clamp(start, all.start, all.stop - state.view.span);
  later();
}

function fitView() {
  const all = bounds();
  setView(all.start, all.stop - all.start);
}

// Zooms so that one time stays where it is.
function zoomBy(factor, around) {
  const all = bounds();
  const total = all.stop - all.start;
  const span = clamp(state.view.span * factor, Math.min(MIN_SPAN_S, total), total);
  const share = (around - state.view.start) / state.view.span;
  setView(around - share * span, span);
}

function panBy(seconds) {
  setView(state.view.start + seconds, state.view.span);
}

// Buttons and keys zoom around the playhead where it is in view, else around the middle.
function zoomPlace() {
  const { start, span } = state.view;
  const at = player.position();
  return at >= start && at <= start + span ? at : start + span / 2;
}

function timeAt(clientX) {
  const box = layer.getBoundingClientRect();
  return state.view.start + ((clientX - box.left) / box.width) * state.view.span;
}

function shareOf(seconds) {
  return (seconds - state.view.start) / state.view.span;
}

// Changing regions. Python reads what `writeBack` writes; a drag writes once, on release.
function setRegion(changed) {
  state.regions = state.regions.map((each) => (each.id === changed.id ? changed : each));
}

function newRegion(start, stop, levels = null) {
  const { duration_s: duration } = state.clip;
  const region = {
    id: state.nextId++,
    start: askedTime(start, duration),
    stop: askedTime(stop, duration),
    levels,
  };
  state.regions = [...state.regions, region];
  return region;
}

function writeBack() {
  const list = state.regions
    .filter((region) => region.id !== state.draft)
    .map(({ start, stop, levels }) => ({ start_s: start, stop_s: stop, levels }));
  const regions = { rev: state.seenRev, list };
  const old = props.value || {};
  if (JSON.stringify([old.regions, old.snap]) === JSON.stringify([regions, state.snap])) return;
  props.value = { ...old, regions, snap: state.snap };
}

// After every change that is complete. What is left of the region `keep` is a place of the grid at
// least: the engine refuses less.
function settle(keep) {
  state.draft = null;
  state.regions = state.regions.map((each) => (each.id === keep ? widened(each) : each));
  state.regions = mergeRegions(state.regions, setting(), keep);
  writeBack();
  player.refreshLoop();
  drawList();
  later();
}

function widened(region) {
  const wide = wideEnough(region, setting());
  const unit = setting().times ? state.snap : "frame";
  if (wide !== region) hint(`A region lasts one ${unit} at least.`);
  const { duration_s: duration } = state.clip;
  return wide === region
    ? region
    : { ...wide, start: askedTime(wide.start, duration), stop: askedTime(wide.stop, duration) };
}

function removeRegion(id) {
  const region = regionById(id);
  if (!region) return;
  const number = numberOf(region);
  const place = state.regions.indexOf(region);
  state.regions = state.regions.filter((each) => each !== region);
  settle();
  say(`Region ${number} deleted, ${state.regions.length} left`);
  const next = state.regions[Math.min(place, state.regions.length - 1)];
  (next ? regionNode(next.id) : wave).focus({ preventScroll: true });
}
