// Region editor, part 10: keys, buttons and number fields.
const NEW_REGION_S = 1;

function focusedRegion() {
  const node = document.activeElement && document.activeElement.closest(".ms-ed-region");
  return node && element.contains(node) ? regionById(Number(node.dataset.region)) : null;
}

// True where the key was meant for the editor.
function anyKey(event) {
  const field = event.target.matches("input");
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (command && key === "z" && !field) return act(event.shiftKey ? "redo" : "undo");
  if (command || event.altKey || field) return false;
  if (key === "x") return swapChoice();
  const zoom = { "+": 0.5, "=": 0.5, "-": 2, _: 2 }[event.key];
  if (zoom) return zoomBy(zoom, zoomPlace()), true;
  return false;
}

function waveKey(event) {
  const { start, stop } = soundSpan();
  const steps = { ArrowRight: 1, ArrowLeft: -1, PageUp: 5, PageDown: -5 };
  if (event.key === " ") player.toggle();
  else if (event.key === "Home") seekTo(start);
  else if (event.key === "End") seekTo(stop);
  else if (steps[event.key]) seekTo(player.position() + steps[event.key] * nudge());
  else return false;
  return true;
}

// A second, or less where less is in view.
function nudge() {
  return Math.min(1, state.view.span / 20);
}

function seekTo(seconds) {
  player.seek(seconds);
  reveal(player.position());
}

function reveal(seconds) {
  const { start, span } = state.view;
  if (seconds < start || seconds > start + span) setView(seconds - span / 2, span);
}

function regionKey(event, region) {
  const direction = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (direction) return arrow(region, direction, event);
  if (event.key === "Delete" || event.key === "Backspace") removeRegion(region.id);
  else if (event.key === "Enter") playRegion(region);
  else if (event.key === " ") player.toggle();
  else if (event.key === "Escape") wave.focus({ preventScroll: true });
  else if (event.key === "Home") carryTo(region, 0);
  else if (event.key === "End") carryTo(region, state.clip.duration_s);
  else if (/^[1-9]$/.test(event.key)) digit(region, Number(event.key) - 1);
  else return false;
  return true;
}

function digit(region, level) {
  if (level < state.clip.n_levels) switchLevel(region.id, level);
}

function arrow(region, direction, event) {
  const edge = event.altKey ? "start" : "stop";
  const changed = event.shiftKey
    ? resizedByGrid(region, edge, direction, setting())
    : movedByGrid(region, direction, setting());
  nudged(changed, event.shiftKey ? edge : direction > 0 ? "stop" : "start");
  return true;
}

function carryTo(region, seconds) {
  nudged(carried(region, seconds - region.start), seconds ? "stop" : "start");
}

// Merging waits until the focus leaves: an arrow may carry a region across another.
function nudged(changed, edge) {
  const { duration_s: duration } = state.clip;
  const start = askedTime(changed.start, duration);
  setRegion({ ...changed, start, stop: askedTime(changed.stop, duration) });
  writeBack();
  player.refreshLoop();
  drawList();
  reveal(realOf(changed)[edge]);
  later();
  say(wordsOf(regionById(changed.id)));
}

function playRegion(region) {
  player.audition([realOf(region)]);
}

function addRegion() {
  const { duration_s: duration } = state.clip;
  const { times } = setting();
  const bar = gridTimes(state.value.beats, "bar");
  const start = clamp(player.position(), 0, Math.max(0, duration - NEW_REGION_S));
  let from = start;
  let to = start + NEW_REGION_S;
  if (times && bar && bar.length > 1) {
    const place = clamp(placeOf(bar, start + TOUCH_S) - 1, 0, bar.length - 2);
    [from, to] = [bar[place], bar[place + 1]];
  }
  const { id } = newRegion(from, to);
  settle(id);
  reveal(realOf(regionById(id)).start);
  requestAnimationFrame(() => regionNode(id) && regionNode(id).focus({ preventScroll: true }));
  say(`Added: ${wordsOf(regionById(id))}`);
}

function chooseSnap(snap) {
  state.snap = snap;
  writeBack();
  player.refreshLoop();
  drawSnap(state.value.beats);
  drawList();
  later();
  say(`Snap: ${snap}`);
}

function swapChoice() {
  if (!candidates().length) return false;
  const other = candidates().some((each) => each.id === state.lastChoice)
    ? state.lastChoice
    : candidates()[0].id;
  player.choose(state.choice === null ? other : null);
  return true;
}

function act(action) {
  const { history = {}, busy } = state.value;
  const wanted = { undo: history.can_undo, redo: history.can_redo }[action];
  if (busy || wanted === false || wanted === undefined) return wanted !== undefined;
  trigger("select", { action });
  return true;
}

function decide(action) {
  if (!state.value.busy) trigger("select", { action, candidate: state.choice });
}

const BUTTONS = {
  play: () => player.toggle(),
  audition: () => player.audition(auditionSpans(
    newSpans(), ROLL_S, soundSpan().start, soundSpan().stop,
  )),
  add: addRegion,
  in: () => zoomBy(0.5, zoomPlace()),
  out: () => zoomBy(2, zoomPlace()),
  fit: fitView,
  undo: () => act("undo"),
  redo: () => act("redo"),
  commit: () => decide("commit"),
  discard: () => decide("discard"),
};

// Brings a region into view and gives it the focus.
function showRegion(region) {
  const real = realOf(region);
  const { start, span } = state.view;
  const length = real.stop - real.start;
  if (real.start < start || real.stop > start + span) {
    const wide = Math.max(span, 1.5 * length);
    setView((real.start + real.stop - wide) / 2, wide);
  }
  regionNode(region.id).focus({ preventScroll: true });
}

const ROW_BUTTONS = {
  show: showRegion,
  play: (region) => playRegion(region),
  loop: (region) => player.setLoop(player.loopId === region.id ? null : region.id),
  delete: (region) => removeRegion(region.id),
};

// A number is read when it is finished; words say why one cannot be.
function typed(field, region) {
  const { edge } = field.dataset;
  const { duration_s: duration } = state.clip;
  const asked = Number.parseFloat(field.value);
  delete field.dataset.typing;
  const changed = { ...region, [edge]: askedTime(asked, duration) };
  if (!Number.isFinite(asked)) hint("A time is a number of seconds.");
  else if (changed.stop <= changed.start) hint("A region starts before it stops.");
  else {
    hint(asked < 0 || asked > duration ? `The clip goes from 0 to ${duration.toFixed(3)} s.` : "");
    setRegion(changed);
    settle(region.id);
    if (regionById(region.id)) say(wordsOf(regionById(region.id)));
    return;
  }
  drawList();
}

function pressed(event) {
  const row = event.target.closest("[data-row]");
  const region = row && regionById(Number(row.dataset.row));
  const button = event.target.closest("button");
  if (!button || button.disabled) return;
  if (region && button.dataset.level) return switchLevel(region.id, Number(button.dataset.level));
  if (region && button.dataset.do) return ROW_BUTTONS[button.dataset.do](region);
  if (button.dataset.snap) return chooseSnap(button.dataset.snap);
  const { candidate } = button.dataset;
  if (candidate !== undefined) return player.choose(candidate || null);
  const name = [...button.classList].find((each) => each.startsWith("ms-ed-"));
  const task = name && BUTTONS[name.slice("ms-ed-".length)];
  if (task && state.clip) task();
}

// Arrows go through a group of choices, as the role promises.
function groupKey(event) {
  const group = event.target.closest("[role=radiogroup]");
  const direction = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!group || !direction) return false;
  const items = [...group.querySelectorAll("[role=radio]")].filter((item) => !item.disabled);
  const place = items.indexOf(event.target.closest("[role=radio]")) + direction;
  const next = items[(place + items.length) % items.length];
  next.focus();
  next.click();
  return true;
}

function keyDown(event) {
  if (!state.clip || event.defaultPrevented) return;
  const region = focusedRegion();
  const done =
    (event.key === "Escape" && gestures.busy() && gestures.undo()) ||
    groupKey(event) ||
    (region && regionKey(event, region)) ||
    (event.target === wave && waveKey(event)) ||
    anyKey(event);
  if (done) event.preventDefault();
}
