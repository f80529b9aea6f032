// Region editor, last part: takes values from Python, and joins the parts before it.
// Local regions win over the server's unless its `rev` is new: beats and candidates may arrive
// while somebody drags.
function takeRegions(regions) {
  state.seenRev = regions.rev;
  state.draft = null;
  state.regions = (regions.list || []).map((each) => ({
    id: state.nextId++,
    start: each.start_s,
    stop: each.stop_s,
    levels: normalLevels(each.levels, state.clip.n_levels),
  }));
}

function takeClip(clip, old) {
  const same = old && old.id === clip.id;
  if (old && !same) player.pause(); // while it is still known what plays
  state.clip = clip;
  if (same) return false;
  player.loopId = null;
  state.choice = null;
  state.lastChoice = null;
  // An edit that was kept is a new clip of the same length: the view stays where it was.
  if (!old || Math.abs(old.duration_s - clip.duration_s) > 1e-3) {
    player.at = 0;
    fitView();
  }
  return true;
}

// The first candidate is shown when new ones come, unless something is being listened to.
function takeCandidates(before) {
  const ids = candidates().map((each) => each.id);
  const arrived = ids.length > 0 && !ids.some((id) => before.has(id));
  if (state.choice !== null && !ids.includes(state.choice)) {
    player.pause();
    state.choice = null;
  }
  if (arrived && !player.playing && !player.loading) {
    state.choice = ids[0];
    state.lastChoice = ids[0];
  }
  player.at = clamp(player.at, soundSpan().start, soundSpan().stop);
  return arrived;
}

function clear() {
  if (state.clip) player.pause();
  gestures.undo();
  state.clip = null;
  state.regions = [];
  state.choice = null;
  peaks.want([]);
  placeRegions();
  drawHead();
}

function edgesOf({ start, stop }) {
  return `${start.toFixed(3)} ${stop.toFixed(3)}`;
}

function takeValue() {
  const value = props.value || {};
  const before = new Set(candidates().map((each) => each.id));
  const edges = state.clip && edgesOf(bounds());
  state.value = value;
  if (!value.clip) return clear();
  const isNew = takeClip(value.clip, state.clip);
  const regions = value.regions || { rev: 0, list: [] };
  if (isNew || regions.rev !== state.seenRev) {
    gestures.undo();
    takeRegions(regions);
    state.snap = value.snap || state.snap;
  }
  // While the beats are not known yet, what was chosen waits for them.
  if (value.beats && !gridTimes(value.beats, state.snap) && state.snap !== "off") {
    state.snap = "frame";
  }
  const arrived = takeCandidates(before);
  // What a candidate adds is shown at once; elsewhere the view stays.
  if (edges && edges !== edgesOf(bounds())) fitView();
  peaks.want([value.clip, ...candidates()].map((each) => each.peaks));
  player.keep();
  drawEverything();
  // The page went to the progress when the run began.
  if (arrived) part("overview").scrollIntoView({ block: "nearest" });
}

function drawEverything() {
  writeBack();
  drawHead();
  drawList();
  drawCandidates();
  showPlayer();
  later();
}

function looseFocus(event) {
  const node = event.target.closest(".ms-ed-region");
  if (!node || !state.clip || gestures.busy()) return;
  // After the focus has arrived where it goes; a merge must not pull it away from there.
  setTimeout(() => state.clip && !gestures.busy() && settle());
}

element.addEventListener("click", pressed);
element.addEventListener("keydown", keyDown);
element.addEventListener("focusout", looseFocus);
list.addEventListener("input", (event) => {
  if (event.target.dataset.edge) event.target.dataset.typing = "true";
});
list.addEventListener("change", (event) => {
  const row = event.target.closest("[data-row]");
  const region = row && regionById(Number(row.dataset.row));
  if (region && event.target.dataset.edge) typed(event.target, region);
});
new ResizeObserver(later).observe(stage);
new MutationObserver(later).observe(document.body, { attributeFilter: ["class"] });
takeValue();
watch("value", takeValue);
