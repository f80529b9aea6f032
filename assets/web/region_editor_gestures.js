// Region editor, part 9: mouse, pen and fingers on the waveform, the lanes and the overview.
const CLICK_PX = 4; // less than this is no drag

class Gestures {
  constructor() {
    this.pointers = new Map();
    this.current = null;
    layer.addEventListener("pointerdown", (event) => this.down(event));
    layer.addEventListener("pointermove", (event) => this.move(event));
    layer.addEventListener("pointerup", (event) => this.up(event));
    layer.addEventListener("pointercancel", (event) => this.cancel(event));
    stage.addEventListener("wheel", (event) => turnWheel(event), { passive: false });
  }

  busy() {
    return this.current !== null;
  }

  down(event) {
    if (!state.clip || (event.pointerType === "mouse" && event.button !== 0)) return;
    this.pointers.set(event.pointerId, event);
    layer.setPointerCapture(event.pointerId);
    if (this.pointers.size === 2) return this.pinch();
    if (this.pointers.size > 2) return;
    const time = timeAt(event.clientX);
    this.current = { ...this.kind(event, time), pointer: event.pointerId, from: event, time };
    if (this.current.kind === "seek") player.seek(time);
  }

  // What a press begins, by what lies under it.
  kind(event, time) {
    const node = event.target.closest(".ms-ed-region");
    const region = node && regionById(Number(node.dataset.region));
    const handle = event.target.closest("[data-handle]");
    if (handle && region) {
      const { handle: edge } = handle.dataset;
      return { kind: "resize", edge, region, before: region, offset: boxOf(region)[edge] - time };
    }
    const lanes = part("lanes").getBoundingClientRect();
    if (event.clientY >= lanes.top) return { kind: "paint", region, level: levelAt(event) };
    if (region) {
      return { kind: "move", region: { ...region, ...this.grabbed(region) }, before: region };
    }
    return { kind: event.target === part("ruler") ? "seek" : "create" };
  }

  // On a grid a region is carried by what it will be: both its ends then step together.
  grabbed(region) {
    return state.snap === "off" ? {} : realOf(region);
  }

  move(event) {
    if (!this.pointers.has(event.pointerId)) return;
    this.pointers.set(event.pointerId, event);
    const now = this.current;
    if (!now) return;
    if (now.kind === "pinch") return this.pinched();
    if (now.pointer !== event.pointerId) return;
    if (now.kind === "seek") return player.seek(timeAt(event.clientX));
    const far = Math.max(
      Math.abs(event.clientX - now.from.clientX), Math.abs(event.clientY - now.from.clientY),
    );
    now.last = event;
    if (now.moved) return this.drag(now, event);
    if (far < CLICK_PX) return;
    now.moved = true;
    this.drag(now, event);
    this.turnPage(now);
  }

  // While a drag is held beyond an edge, the view goes on.
  turnPage(now) {
    if (this.current !== now) return;
    const box = layer.getBoundingClientRect();
    const x = now.last.clientX;
    const way = x < box.left ? -1 : x > box.right ? 1 : 0;
    if (way) {
      panBy(0.015 * way * state.view.span);
      this.drag(now, now.last);
    }
    requestAnimationFrame(() => this.turnPage(now));
  }

  drag(now, event) {
    const time = timeAt(event.clientX);
    if (now.kind === "create") this.stretch(now, now.time, time, null);
    if (now.kind === "paint") this.paint(now, event, time);
    if (now.kind === "move") setRegion(carried(now.region, time - now.time));
    if (now.kind === "resize") setRegion(pulled(now.region, now.edge, time + now.offset));
    layer.dataset.drag = now.kind;
    drawList();
    later();
  }

  // A new region between where the drag began and where it is.
  stretch(now, one, other, levels) {
    const { duration_s: duration } = state.clip;
    const start = askedTime(Math.min(one, other), duration);
    const stop = askedTime(Math.max(one, other), duration);
    if (state.draft === null) state.draft = newRegion(start, stop, levels).id;
    setRegion({ id: state.draft, start, stop, levels });
  }

  paint(now, event, time) {
    const level = levelAt(event);
    const low = Math.min(level, now.level);
    const levels = Array.from({ length: Math.abs(level - now.level) + 1 }, (_, i) => low + i);
    this.stretch(now, now.time, time, normalLevels(levels, state.clip.n_levels));
  }

  up(event) {
    this.pointers.delete(event.pointerId);
    const now = this.current;
    if (!now || (now.kind !== "pinch" && now.pointer !== event.pointerId)) return;
    this.current = null;
    delete layer.dataset.drag;
    if (now.kind === "pinch" || now.kind === "seek") return;
    if (now.moved) this.release(now);
    else this.press(now);
  }

  release(now) {
    hint("");
    const id = state.draft === null ? now.region.id : state.draft;
    // A drag over nothing but what a candidate adds leaves nothing of the source.
    if (regionById(id).start === regionById(id).stop) return this.undo();
    settle(id);
    const region = regionById(id);
    if (!region) return;
    later();
    requestAnimationFrame(() => {
      const node = regionNode(id);
      if (node) node.focus({ preventScroll: true });
    });
    say(wordsOf(region));
  }

  // A press without a drag.
  press(now) {
    if (now.kind === "create") player.seek(now.time);
    if (now.kind !== "paint") return;
    if (now.region) switchLevel(now.region.id, now.level);
    else player.seek(now.time);
  }

  // The browser took the touch for scrolling: all is as before.
  cancel(event) {
    this.pointers.delete(event.pointerId);
    this.undo();
  }

  undo() {
    const now = this.current;
    this.current = null;
    delete layer.dataset.drag;
    if (now && now.before) setRegion(now.before);
    state.regions = state.regions.filter((each) => each.id !== state.draft);
    state.draft = null;
    if (state.clip) drawList();
    later();
    return true;
  }

  pinch() {
    this.undo();
    const [a, b] = [...this.pointers.values()];
    this.current = { kind: "pinch", a: timeAt(a.clientX), b: timeAt(b.clientX) };
  }

  // Both times stay under their fingers.
  pinched() {
    if (this.pointers.size < 2) return;
    const box = layer.getBoundingClientRect();
    const [a, b] = [...this.pointers.values()].map((each) => (each.clientX - box.left) / box.width);
    if (Math.abs(b - a) < 0.02) return;
    const span = Math.abs((this.current.b - this.current.a) / (b - a));
    setView(this.current.a - a * span, span);
  }
}

function levelAt(event) {
  const lanes = part("lanes").getBoundingClientRect();
  const nLevels = state.clip.n_levels;
  return clamp(Math.floor(((event.clientY - lanes.top) / lanes.height) * nLevels), 0, nLevels - 1);
}

function carried(region, by) {
  const { duration_s: duration } = state.clip;
  const shift = clamp(by, -region.start, duration - region.stop);
  return {
    ...region,
    start: askedTime(region.start + shift, duration),
    stop: askedTime(region.stop + shift, duration),
  };
}

// The other edge stays where it is; a frame is left at least.
function pulled(region, edge, time) {
  const { duration_s: duration, frame_rate_hz: rate } = state.clip;
  const asked = askedTime(time, duration);
  if (edge === "start") return { ...region, start: Math.min(asked, region.stop - 1 / rate) };
  return { ...region, stop: Math.max(asked, region.start + 1 / rate) };
}

function switchLevel(id, level) {
  const changed = toggledLevel(regionById(id), level, state.clip.n_levels);
  if (!changed) {
    hint("A region makes one level anew at least. Delete the region to keep everything.");
    return;
  }
  hint("");
  setRegion(changed);
  settle(id);
  say(wordsOf(regionById(id)));
}

function turnWheel(event) {
  if (!state.clip) return;
  const lines = event.deltaMode === 1 ? 16 : 1;
  const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
  if (event.ctrlKey || event.metaKey) {
    zoomBy(Math.exp(clamp(event.deltaY * lines, -200, 200) / 240), timeAt(event.clientX));
  } else if (event.shiftKey || sideways) {
    const delta = (sideways ? event.deltaX : event.deltaY) * lines;
    panBy((delta / layer.clientWidth) * state.view.span);
  } else {
    return; // the page scrolls
  }
  event.preventDefault();
}

// The overview: the view's middle goes to where it is pressed, or is dragged by where it was held.
function dragOverview(event) {
  const all = bounds();
  const box = overview.getBoundingClientRect();
  const at = (each) => all.start + ((each.clientX - box.left) / box.width) * (all.stop - all.start);
  const { start, span } = state.view;
  const inside = at(event) >= start && at(event) <= start + span;
  const held = inside ? at(event) - start : span / 2;
  const to = (each) => setView(at(each) - held, span);
  to(event);
  overview.setPointerCapture(event.pointerId);
  overview.onpointermove = to;
  overview.onpointerup = overview.onpointercancel = () => (overview.onpointermove = null);
}

const gestures = new Gestures();
overview.addEventListener("pointerdown", (event) => state.clip && dragOverview(event));
