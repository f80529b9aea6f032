// Cards of takes. Cards are matched by id, so that a playing one is left alone when others arrive.
const list = element.querySelector(".ms-take-list");
const empty = element.querySelector(".ms-takes-empty");
const cards = new Map();
const MODES = { parallel: "parallel", hybrid: "hybrid", autoregressive: "autoregressive" };

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function bytes(text) {
  const raw = atob(text);
  return Int8Array.from(raw, (character) => (character.charCodeAt(0) << 24) >> 24);
}

class Card {
  constructor(take, name) {
    this.take = take;
    this.name = name; // "take 3": what a screen reader calls it
    this.peaks = bytes(take.peaks);
    this.audio = new Audio();
    this.audio.preload = "none";
    this.audio.src = take.file.url;
    this.node = make("li", `ms-card ms-take${take.is_example ? " ms-take-example" : ""}`);
    this.build();
    this.listen();
  }

  build() {
    const take = this.take;
    this.play = make("button", "ms-play");
    this.play.type = "button";
    this.wave = make("canvas", "ms-wave");
    this.wave.tabIndex = 0;
    this.wave.setAttribute("role", "slider");
    this.wave.setAttribute("aria-label", `Position in ${this.name}`);
    this.wave.setAttribute("aria-valuemin", "0");
    this.wave.setAttribute("aria-valuemax", take.duration_s.toFixed(1));
    this.time = make("span", "ms-take-time");
    const head = make("div", "ms-take-head");
    const prompt = make("p", "ms-take-prompt", take.prompt || "No prompt");
    prompt.title = take.prompt;
    head.append(prompt, this.actions());
    const body = make("div", "ms-take-body");
    body.append(this.play, this.wave, this.time);
    this.node.append(head);
    if (take.maker) this.node.append(make("p", "ms-take-maker", take.maker));
    this.node.append(body);
    this.refresh();
  }

  actions() {
    const take = this.take;
    const actions = make("div", "ms-take-actions");
    const mode = make("span", "ms-tag", MODES[take.mode] || take.mode);
    const seed = make("button", "ms-tag ms-seed", `seed ${take.seed}`);
    seed.type = "button";
    seed.dataset.seedOf = take.id;
    seed.title = "Use this seed again";
    const edit = make("button", "ms-tag ms-edit-take", "Inpaint");
    edit.type = "button";
    edit.dataset.inpaint = take.id;
    edit.title = "Make parts of this take anew";
    edit.setAttribute("aria-label", `Inpaint ${this.name}`);
    const link = make("a", "ms-download", "WAV");
    link.href = take.file.url;
    link.download = take.name;
    link.setAttribute("aria-label", `Download ${this.name} as WAV`);
    actions.append(mode, seed, edit, link);
    return actions;
  }

  listen() {
    const audio = this.audio;
    this.play.addEventListener("click", () => this.toggle());
    for (const name of ["play", "pause", "ended", "timeupdate", "seeked"]) {
      audio.addEventListener(name, () => this.refresh());
    }
    audio.addEventListener("play", () => this.animate());
    audio.addEventListener("error", () => {
      this.gone = true; // the server keeps takes for a day
      this.refresh();
    });
    this.wave.addEventListener("pointerdown", (event) => {
      const box = this.wave.getBoundingClientRect();
      this.seek(((event.clientX - box.left) / box.width) * this.take.duration_s);
    });
    this.wave.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1, PageUp: 5, PageDown: -5 }[event.key];
      if (step) this.seek(audio.currentTime + step);
      else if (event.key === "Home") this.seek(0);
      else if (event.key === "End") this.seek(this.take.duration_s);
      else if (event.key === " " || event.key === "Enter") this.toggle();
      else return;
      event.preventDefault();
    });
    new ResizeObserver(() => this.draw()).observe(this.wave);
  }

  seek(seconds) {
    this.audio.currentTime = Math.min(this.take.duration_s, Math.max(0, seconds));
    this.refresh();
  }

  toggle() {
    if (!this.audio.paused) return this.audio.pause();
    for (const other of cards.values()) if (other !== this) other.audio.pause();
    document.dispatchEvent(new CustomEvent("ms-play", { detail: element }));
    this.audio.play().catch(() => this.refresh());
  }

  animate() {
    if (this.audio.paused) return;
    this.draw();
    requestAnimationFrame(() => this.animate());
  }

  refresh() {
    const playing = !this.audio.paused;
    const at = this.audio.currentTime;
    this.play.dataset.playing = String(playing);
    this.play.setAttribute("aria-label", `${playing ? "Pause" : "Play"} ${this.name}`);
    this.play.disabled = Boolean(this.gone);
    this.time.textContent = this.gone ? "file is gone" : `${clock(at)} / ${clock(this.take.duration_s)}`;
    this.wave.setAttribute("aria-valuenow", at.toFixed(1));
    this.wave.setAttribute("aria-valuetext", `${at.toFixed(1)} of ${this.take.duration_s.toFixed(1)} seconds`);
    this.draw();
  }

  draw() {
    const box = this.wave.getBoundingClientRect();
    if (!box.width) return;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(box.width * ratio);
    const height = Math.round(box.height * ratio);
    if (this.wave.width !== width) this.wave.width = width;
    if (this.wave.height !== height) this.wave.height = height;
    const paint = this.wave.getContext("2d");
    const style = getComputedStyle(this.wave);
    const pitch = Math.max(2, Math.round(3 * ratio));
    const n = this.peaks.length / 2;
    // Drawn larger when quiet, so that its shape is seen; the sound itself is as generated.
    const loudest = Math.max(32, ...this.peaks.map(Math.abs));
    const played = (this.audio.currentTime / this.take.duration_s) * width;
    paint.clearRect(0, 0, width, height);
    for (let x = 0; x < width; x += pitch) {
      const from = Math.floor((x / width) * n);
      const to = Math.max(from + 1, Math.floor(((x + pitch) / width) * n));
      let low = 0;
      let high = 0;
      for (let i = from; i < to && i < n; i++) {
        low = Math.min(low, this.peaks[2 * i]);
        high = Math.max(high, this.peaks[2 * i + 1]);
      }
      const top = (0.5 - (0.48 * high) / loudest) * height;
      const bottom = (0.5 - (0.48 * low) / loudest) * height;
      paint.fillStyle = style.getPropertyValue(x < played ? "--ms-wave-played" : "--ms-wave");
      paint.fillRect(x, top, pitch - ratio, Math.max(ratio, bottom - top));
    }
  }

  remove() {
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.node.remove();
  }
}

function placeholder() {
  const node = make("li", "ms-card ms-take ms-pending");
  node.setAttribute("aria-hidden", "true");
  node.append(make("div", "ms-take-head"), make("div", "ms-take-body"));
  return node;
}

function show() {
  const value = props.value || {};
  const takes = value.takes || [];
  const wanted = new Set(takes.map((take) => take.id));
  for (const [id, card] of cards) {
    if (!wanted.has(id)) {
      card.remove();
      cards.delete(id);
    }
  }
  list.querySelectorAll(".ms-pending").forEach((node) => node.remove());
  const nOwn = takes.filter((take) => !take.is_example).length;
  takes.forEach((take, index) => {
    // Own takes are numbered as they were made, examples as they stand.
    const name = take.is_example ? `example ${index - nOwn + 1}` : `take ${nOwn - index}`;
    if (!cards.has(take.id)) cards.set(take.id, new Card(take, name));
  });
  // Reorder without touching cards that stand right: moving a node would stop nothing, but flash.
  takes.forEach((take, index) => {
    const node = cards.get(take.id).node;
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] || null);
  });
  for (let i = 0; i < (Number(value.pending) || 0); i++) list.prepend(placeholder());
  empty.hidden = list.children.length > 0;
  cards.forEach((card) => card.draw());
}

element.addEventListener("click", (event) => {
  const seed = event.target.closest("[data-seed-of]");
  if (seed) trigger("select", { take: seed.dataset.seedOf, action: "seed" });
  const edit = event.target.closest("[data-inpaint]");
  if (edit) trigger("select", { take: edit.dataset.inpaint, action: "inpaint" });
});

// One thing plays at a time on the page: whatever starts says so.
document.addEventListener("ms-play", (event) => {
  if (event.detail !== element) cards.forEach((card) => card.audio.pause());
});

new MutationObserver(() => cards.forEach((card) => card.draw())).observe(document.body, {
  attributeFilter: ["class"],
});
show();
watch("value", show);
