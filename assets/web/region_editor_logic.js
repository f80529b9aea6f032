// Region editor, part 1: times, grids and regions. Knows neither the page nor sound.
// A region is { id, start, stop, levels }: times as asked for, in seconds of the source, and the
// levels it makes anew (null: all). A setting is { rate, duration, times }: where ends move to.
const LEVEL_NAMES = ["coarse", "middle coarse", "middle fine", "fine"];
const TOUCH_S = 1e-6;

function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

function frameOf(seconds, rate) {
  return Math.floor(seconds * rate + 0.5);
}

// How many a clip has; a part of one counts whole. What floating point adds is no part.
function framesOf(duration, rate) {
  return Math.ceil(duration * rate - TOUCH_S);
}

// The first of ascending times that is not before `seconds`.
function placeOf(times, seconds) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < seconds) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Of two as near the later, as in engine/audio/snapping.py.
function nearest(times, seconds) {
  const place = placeOf(times, seconds);
  if (place === 0) return times[0];
  if (place === times.length) return times[place - 1];
  const before = times[place - 1];
  return times[place] - seconds <= seconds - before ? times[place] : before;
}

// The times of a grid, or null where boundaries go to frames only.
function gridTimes(beats, snap) {
  if (!beats || (snap !== "beat" && snap !== "bar")) return null;
  return beats[snap] && beats[snap].length ? beats[snap] : null;
}

// The place of the grid that a time is moved to, before it goes to a frame.
function gridPlace(seconds, { times, duration }) {
  const asked = clamp(seconds, 0, duration);
  return times ? nearest(times, asked) : asked;
}

function boundaryFrame(seconds, setting) {
  const last = frameOf(setting.duration, setting.rate);
  return clamp(frameOf(gridPlace(seconds, setting), setting.rate), 0, last);
}

// Of a region's end: one within the last frame is the clip's, as in engine/edit/areas.py.
function stopFrame(seconds, setting) {
  const { rate, duration } = setting;
  const place = gridPlace(seconds, setting);
  const last = framesOf(duration, rate);
  return place * rate > last - 1 + TOUCH_S ? last : frameOf(place, rate);
}

// Where new sound will really start and stop; at least one frame.
function realRegion(region, setting) {
  const { rate, duration } = setting;
  const last = Math.max(1, framesOf(duration, rate));
  const start = Math.min(boundaryFrame(region.start, setting), last - 1);
  const stop = Math.max(stopFrame(region.stop, setting), start + 1);
  return { start: start / rate, stop: Math.min(stop / rate, duration) };
}

// A region of which the grid would leave nothing, as the frame or the beat around its middle.
function wideEnough(region, setting) {
  const { rate, duration, times } = setting;
  if (stopFrame(region.stop, setting) > boundaryFrame(region.start, setting)) return region;
  if (!times) {
    const real = realRegion(region, setting);
    return { ...region, start: real.start, stop: Math.min(real.start + 1 / rate, duration) };
  }
  const middle = (region.start + region.stop) / 2;
  const place = clamp(placeOf(times, middle + TOUCH_S) - 1, 0, times.length - 2);
  return { ...region, start: times[place], stop: times[place + 1] };
}

// Milliseconds, as they are shown; never past the clip's end by rounding.
function askedTime(seconds, duration) {
  return clamp(Math.round(seconds * 1000) / 1000, 0, duration);
}

// The next place of the grid before or after a time.
function stepTime(seconds, direction, setting) {
  const { rate, duration, times } = setting;
  if (!times) return clamp((frameOf(seconds, rate) + direction) / rate, 0, duration);
  const half = 0.5 / rate; // a boundary stands on a frame, up to half of one beside its beat
  if (direction > 0) {
    const next = placeOf(times, seconds + half + TOUCH_S);
    return next < times.length ? times[next] : duration;
  }
  const before = placeOf(times, seconds - half - TOUCH_S) - 1;
  return before >= 0 ? times[before] : 0;
}

// Moves a region by whole places of the grid without changing its length, as far as there is room.
function movedByGrid(region, direction, setting) {
  const real = realRegion(region, setting);
  const length = real.stop - real.start;
  const start = stepTime(real.start, direction, setting);
  // On an uneven grid the end goes its own step, so that both ends stay on beats.
  const stop = setting.times ? stepTime(real.stop, direction, setting) : start + length;
  if (start >= setting.duration || stop - start < TOUCH_S) return region;
  const stuck = direction > 0 ? real.stop >= setting.duration - TOUCH_S : real.start <= 0;
  if (stuck) return region;
  return { ...region, start, stop: Math.min(stop, setting.duration) };
}

// Moves one edge by a place of the grid; the other edge stays, a frame at least away.
function resizedByGrid(region, edge, direction, setting) {
  const real = realRegion(region, setting);
  let moved = real[edge];
  for (let tries = 0; tries < 3; tries++) {
    moved = stepTime(moved, direction, setting);
    const length = edge === "stop" ? moved - real.start : real.stop - moved;
    if (length < 0.5 / setting.rate) return region;
    const changed = { ...region, [edge]: moved };
    // The clip's end holds on to what is less than a frame away: on to the next place then.
    if (Math.abs(realRegion(changed, setting)[edge] - real[edge]) > TOUCH_S) return changed;
  }
  return region;
}

function levelKey(levels) {
  return levels ? levels.join() : "all";
}

// All levels are `null`, so that two ways of saying the same thing merge.
function normalLevels(levels, nLevels) {
  if (!levels) return null;
  const kept = [...new Set(levels)].filter((level) => level >= 0 && level < nLevels).sort();
  return kept.length === nLevels || !kept.length ? null : kept;
}

// Null where no level would be left.
function toggledLevel(region, level, nLevels) {
  const all = Array.from({ length: nLevels }, (_, each) => each);
  const old = region.levels || all;
  const levels = old.includes(level) ? old.filter((each) => each !== level) : [...old, level];
  return levels.length ? { ...region, levels: normalLevels(levels, nLevels) } : null;
}

// Regions of the same levels that overlap or touch become one; the id of `keep` survives.
function mergeRegions(regions, setting, keep) {
  const done = [];
  const ordered = regions.map((region) => ({ region, real: realRegion(region, setting) }));
  ordered.sort((a, b) => a.real.start - b.real.start || a.region.id - b.region.id);
  for (const next of ordered) {
    const key = levelKey(next.region.levels);
    const into = done.find(
      (each) => levelKey(each.region.levels) === key && next.real.start <= each.real.stop + TOUCH_S,
    );
    if (!into) {
      done.push({ region: next.region, real: { ...next.real } });
      continue;
    }
    const grows = next.real.stop > into.real.stop;
    into.region = {
      ...into.region,
      id: next.region.id === keep ? keep : into.region.id,
      stop: grows ? next.region.stop : into.region.stop,
    };
    if (grows) into.real.stop = next.real.stop;
  }
  return done.map((each) => each.region);
}

// Times that any region covers, in order and apart.
function unionOf(spans) {
  const union = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const last = union[union.length - 1];
    if (last && span.start <= last.stop) last.stop = Math.max(last.stop, span.stop);
    else union.push({ start: span.start, stop: span.stop });
  }
  return union;
}

// How many beats lie in a span. The first and the last interval end at the clip's edges, not at
// beats: they count by the median interval.
function beatsIn(span, times) {
  if (!times || times.length < 4) return null;
  const gaps = times.slice(1).map((time, i) => time - times[i]);
  const median = [...gaps].sort((a, b) => a - b)[gaps.length >> 1];
  let beats = 0;
  for (let i = Math.max(0, placeOf(times, span.start) - 1); i < gaps.length; i++) {
    if (times[i] >= span.stop) break;
    const inside = Math.min(span.stop, times[i + 1]) - Math.max(span.start, times[i]);
    const edge = i === 0 || i === gaps.length - 1;
    if (inside > 0) beats += inside / (edge ? median : gaps[i]);
  }
  return beats;
}

function beatWords(beats) {
  if (beats === null) return "";
  const rounded = Math.round(beats * 10) / 10;
  return `${rounded} ${rounded === 1 ? "beat" : "beats"}`;
}

function levelWords(levels, nLevels) {
  if (!levels || levels.length === nLevels) return "all levels";
  const names = levels.map((level) => level + 1);
  if (names.length === 1) return `level ${names[0]}`;
  return `levels ${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
}

function regionWords(number, real, levels, nLevels) {
  const times = `${real.start.toFixed(2)} to ${real.stop.toFixed(2)} seconds`;
  return `Region ${number}, ${times}, ${levelWords(levels, nLevels)}`;
}

// 62.5 -> "1:02.500"; what lies before the source starts is negative.
function clockTime(seconds, digits = 3) {
  const scale = 10 ** digits;
  const whole = Math.round(Math.abs(seconds) * scale);
  const minutes = Math.floor(whole / (60 * scale));
  const rest = (whole % (60 * scale)) / scale;
  const text = rest.toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  return `${seconds < 0 && whole ? "−" : ""}${minutes}:${text}`;
}

const RULER_STEPS = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600];

// Seconds between labels: the finest for which there is room.
function rulerStep(span, width) {
  const room = Math.max(2, width / 72);
  return RULER_STEPS.find((step) => span / step <= room) || RULER_STEPS[RULER_STEPS.length - 1];
}

function rulerDigits(step) {
  return step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
}

// The spans that "play the regions" goes through: with some sound before and after each.
function auditionSpans(reals, roll, low, high) {
  const wide = reals.map(({ start, stop }) => ({
    start: clamp(start - roll, low, high),
    stop: clamp(stop + roll, low, high),
  }));
  return unionOf(wide);
}
