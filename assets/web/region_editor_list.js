// Region editor, part 8: what stands around the waveform: head, player, regions, candidates.
const list = part("list");
const rows = new Map();

// Writes only what changed: a screen reader would read it again, and a click could be lost.
function put(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

function hint(words) {
  put(part("hint"), words);
}

function drawHead() {
  const { clip, value } = state;
  root.dataset.state = clip ? "clip" : "empty";
  put(part("message"), value.message || "");
  if (!clip) return;
  const { history = {}, busy, beats } = value;
  put(part("name"), clip.name);
  put(part("facts"), clip.facts);
  put(part("beats"), beats ? beats.words : "beats not known yet");
  part("name").title = clip.name;
  part("undo").disabled = busy || !history.can_undo;
  part("redo").disabled = busy || !history.can_redo;
  root.dataset.busy = String(Boolean(busy));
  wave.setAttribute("aria-label", `Waveform of ${clip.name}`);
  drawSnap(beats);
}

function drawSnap(beats) {
  const none = beats ? beats.words : "The beats are not known yet";
  for (const button of element.querySelectorAll("[data-snap]")) {
    const { snap } = button.dataset;
    const musical = snap === "beat" || snap === "bar";
    const missing = musical && !gridTimes(beats, snap);
    button.disabled = missing;
    button.title = missing ? none : "";
    button.setAttribute("aria-checked", String(snap === state.snap));
    button.tabIndex = snap === state.snap ? 0 : -1;
  }
}

function showPlayer() {
  const button = part("play");
  const active = player.playing || player.loading;
  button.dataset.playing = String(active);
  button.dataset.loading = String(player.loading);
  button.setAttribute("aria-label", active ? "Pause" : "Play");
  part("audition").disabled = !newSpans().length;
  showTime();
  placePlayhead();
  drawRowPlay();
}

// What is read aloud changes less often than what is seen: in steps of `coarse` seconds.
function showTime(coarse = 0) {
  const at = player.position();
  const { start, stop } = soundSpan();
  put(part("position"), clockTime(at));
  put(part("duration"), clockTime(stop));
  if (Math.abs(at - Number(wave.getAttribute("aria-valuenow"))) < coarse) return;
  wave.setAttribute("aria-valuemin", start.toFixed(3));
  wave.setAttribute("aria-valuemax", stop.toFixed(3));
  wave.setAttribute("aria-valuenow", at.toFixed(3));
  wave.setAttribute("aria-valuetext", `${at.toFixed(2)} of ${stop.toFixed(2)} seconds`);
}

// Regions as rows. A row is kept while its region lives, so that a field keeps the focus.
function drawList() {
  const wanted = new Set(state.regions.map((region) => region.id));
  for (const [id, row] of rows) {
    if (wanted.has(id)) continue;
    row.remove();
    rows.delete(id);
  }
  state.regions.forEach((region, i) => {
    const row = rows.get(region.id) || makeRow(region);
    drawRow(row, region, i + 1);
    const holdsFocus = row.contains(document.activeElement);
    if (list.children[i] !== row && !holdsFocus) list.insertBefore(row, list.children[i] || null);
  });
  part("none").hidden = state.regions.length > 0;
  part("audition").disabled = !newSpans().length;
}

function makeRow(region) {
  const row = part("row-form").content.firstElementChild.cloneNode(true);
  row.dataset.row = String(region.id);
  rows.set(region.id, row);
  return row;
}

function drawRow(row, region, number) {
  const real = realOf(region);
  const { n_levels: nLevels, duration_s: duration } = state.clip;
  const of = `of region ${number}`;
  const show = row.querySelector("[data-do=show]");
  put(show, String(number));
  show.setAttribute("aria-label", `Show region ${number}`);
  for (const edge of ["start", "stop"]) {
    const field = row.querySelector(`[data-edge="${edge}"]`);
    field.max = String(duration);
    field.setAttribute("aria-label", `${edge === "start" ? "Start" : "Stop"} ${of}, seconds`);
    if (document.activeElement !== field || !field.dataset.typing) {
      field.value = region[edge].toFixed(3);
    }
    put(row.querySelector(`[data-asked="${edge}"]`), askedWords(region[edge], real[edge]));
  }
  const beats = beatWords(beatsIn(real, state.value.beats && state.value.beats.beat));
  const length = `${(real.stop - real.start).toFixed(3)} s`;
  put(row.querySelector(".ms-ed-length"), beats ? `${length} · ${beats}` : length);
  row.querySelectorAll("[data-level]").forEach((button) => {
    const level = Number(button.dataset.level);
    button.hidden = level >= nLevels;
    const on = !region.levels || region.levels.includes(level);
    button.setAttribute("aria-pressed", String(on));
    button.title = LEVEL_NAMES[level];
    button.setAttribute("aria-label", `Level ${level + 1} (${LEVEL_NAMES[level]}) ${of}`);
  });
  row.querySelector("[data-do=play]").setAttribute("aria-label", `Play region ${number}`);
  row.querySelector("[data-do=loop]").setAttribute("aria-label", `Loop region ${number}`);
  row.querySelector("[data-do=delete]").setAttribute("aria-label", `Delete region ${number}`);
  drawRowPlay();
}

function askedWords(asked, real) {
  if (Math.abs(asked - real) <= 0.0005) return "";
  return `asked ${asked.toFixed(3)} s, will be ${real.toFixed(3)} s`;
}

function drawRowPlay() {
  for (const [id, row] of rows) {
    const loop = row.querySelector("[data-do=loop]");
    loop.setAttribute("aria-pressed", String(player.loopId === id));
  }
}

// Candidates as cards of one choice, the source first.
const cards = part("cards");
let shownCards = "";

function drawCandidates() {
  const all = candidates();
  part("candidates").hidden = !all.length;
  root.dataset.candidates = String(all.length > 0);
  const key = JSON.stringify(all.map((each) => [each.id, each.seed, each.proof]));
  if (key !== shownCards) makeCards(all);
  shownCards = key;
  const busy = Boolean(state.value.busy);
  for (const card of cards.children) {
    const on = card.dataset.candidate === (state.choice === null ? "" : state.choice);
    card.setAttribute("aria-checked", String(on));
    card.tabIndex = on ? 0 : -1;
  }
  part("commit").disabled = busy || !chosen();
  part("discard").disabled = busy;
}

function makeCards(all) {
  const source = makeCard("", "Source", "", "as it is now");
  const made = all.map((each, i) =>
    makeCard(each.id, String(i + 1), `seed ${each.seed}`, each.proof || ""),
  );
  cards.replaceChildren(source, ...made);
}

function makeCard(id, title, seed, proof) {
  const card = part("card-form").content.firstElementChild.cloneNode(true);
  card.dataset.candidate = id;
  put(card.querySelector(".ms-ed-card-title"), title);
  put(card.querySelector(".ms-ed-card-seed"), seed);
  put(card.querySelector(".ms-ed-card-proof"), proof);
  card.setAttribute("aria-label", id ? `Candidate ${title}, ${seed}, ${proof}` : "Source");
  return card;
}
