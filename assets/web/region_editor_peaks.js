// Region editor, part 2: the envelope of a sound, fetched once and halved again and again, so that
// a picture of any zoom costs as much as it has pixels.
const PEAKS_PER_S = 200;

class Peaks {
  constructor(pairs) {
    this.levels = [pairs];
    while (this.levels[this.levels.length - 1].length > 2) {
      this.levels.push(halved(this.levels[this.levels.length - 1]));
    }
    const top = this.levels[this.levels.length - 1];
    this.loudest = top.length ? Math.max(Math.abs(top[0]), Math.abs(top[1])) : 0;
    this.low = 0;
    this.high = 0;
  }

  get seconds() {
    return this.levels[0].length / 2 / PEAKS_PER_S;
  }

  // Sets `low` and `high` to the extremes between two times; false where there is no sound.
  read(from, to) {
    const first = from * PEAKS_PER_S;
    const last = to * PEAKS_PER_S;
    const count = this.levels[0].length / 2;
    if (last <= 0 || first >= count) return false;
    if (last - first < 1) return this.between((first + last) / 2 - 0.5, count);
    const depth = Math.min(this.levels.length - 1, Math.floor(Math.log2(last - first)));
    const pairs = this.levels[depth];
    const size = 2 ** depth;
    const end = Math.min(pairs.length / 2, Math.ceil(last / size));
    this.low = 127;
    this.high = -127;
    for (let i = Math.max(0, Math.floor(first / size)); i < end; i++) {
      if (pairs[2 * i] < this.low) this.low = pairs[2 * i];
      if (pairs[2 * i + 1] > this.high) this.high = pairs[2 * i + 1];
    }
    return true;
  }

  // Closer than one column a pixel: a line from column to column, not stairs.
  between(column, count) {
    const pairs = this.levels[0];
    const left = clamp(Math.floor(column), 0, count - 1);
    const right = Math.min(left + 1, count - 1);
    const share = clamp(column - left, 0, 1);
    this.low = pairs[2 * left] + share * (pairs[2 * right] - pairs[2 * left]);
    this.high = pairs[2 * left + 1] + share * (pairs[2 * right + 1] - pairs[2 * left + 1]);
    return true;
  }
}

function halved(pairs) {
  const count = pairs.length / 2;
  const half = new Int8Array(2 * Math.ceil(count / 2));
  for (let i = 0; i < half.length / 2; i++) {
    const left = 4 * i;
    const right = 2 * i + 1 < count ? left + 2 : left;
    half[2 * i] = Math.min(pairs[left], pairs[right]);
    half[2 * i + 1] = Math.max(pairs[left + 1], pairs[right + 1]);
  }
  return half;
}

// Where an excerpt that begins at `start` differs from the source: found once, as spans. Its
// columns begin with the source's if it starts on a whole one; else both neighbours bound what is
// the same.
const CHANGES = new WeakMap();
const SAME = 2; // of 127: what rounding makes
const GAP = 20; // columns; new sound may look like the old for a moment

function changedSpans(source, added, start) {
  const known = CHANGES.get(added);
  if (known && known.source === source) return known.spans;
  const spans = source ? findChanges(source.levels[0], added.levels[0], start * PEAKS_PER_S) : [];
  CHANGES.set(added, { source, spans });
  return spans;
}

function findChanges(source, added, offset) {
  const spans = [];
  const whole = Math.abs(offset - Math.round(offset)) < 1e-3;
  const shift = whole ? Math.round(offset) : Math.floor(offset);
  let begin = -1;
  let end = -1;
  const close = () => {
    if (end - begin >= 2) spans.push({ start: begin + offset, stop: end + offset });
  };
  for (let i = 0; i < added.length / 2; i++) {
    if (!differs(source, added, i, i + shift, whole)) continue;
    if (begin < 0 || i - end > GAP) {
      close();
      begin = i;
    }
    end = i + 1;
  }
  close();
  return spans.map(({ start, stop }) => ({ start: start / PEAKS_PER_S, stop: stop / PEAKS_PER_S }));
}

function differs(source, added, i, j, whole) {
  const next = whole ? j : j + 1;
  if (j < 0 || 2 * next >= source.length) return true;
  const low = added[2 * i];
  const high = added[2 * i + 1];
  const outside =
    low < Math.min(source[2 * j], source[2 * next]) - SAME ||
    high > Math.max(source[2 * j + 1], source[2 * next + 1]) + SAME;
  if (outside || !whole) return outside;
  return low > source[2 * j] + SAME || high < source[2 * j + 1] - SAME;
}

// Envelopes by address. What is not wanted any more is dropped.
class PeakShelf {
  constructor(arrived) {
    this.arrived = arrived;
    this.known = new Map();
  }

  get(file) {
    const entry = file && this.known.get(file.url);
    return entry ? entry.peaks : null;
  }

  want(files) {
    const wanted = new Set(files.filter(Boolean).map((file) => file.url));
    for (const url of this.known.keys()) if (!wanted.has(url)) this.known.delete(url);
    for (const url of wanted) if (!this.known.has(url)) this.fetch(url);
  }

  async fetch(url) {
    const entry = { peaks: null };
    this.known.set(url, entry);
    try {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(String(answer.status));
      entry.peaks = new Peaks(new Int8Array(await answer.arrayBuffer()));
    } catch {
      this.known.delete(url); // asked for again with the next value
    }
    this.arrived();
  }
}
