// Region editor, part 7: what is played, from where, and how far. Two engines make the sound.
const IN_MEMORY_S = 120;
const ROLL_S = 1.5; // heard before and after a region when it is auditioned

class Player {
  constructor() {
    const ended = () => this.next();
    this.engines = { buffers: new BufferEngine(ended), media: new MediaEngine(ended) };
    this.at = 0;
    this.playing = false;
    this.loading = false;
    this.loopId = null;
    this.until = null; // where playing ends; null: where the sound ends
    this.queue = []; // spans that are played after that
    this.ask = 0;
  }

  get engine() {
    return state.clip.duration_s <= IN_MEMORY_S ? this.engines.buffers : this.engines.media;
  }

  position() {
    if (!this.playing) return this.at;
    const { start, stop } = soundSpan();
    return clamp(this.engine.position(), start, stop);
  }

  // A region that repeats; else a loop candidate, which repeats as a whole.
  loopSpan() {
    const region = this.loopId !== null && regionById(this.loopId);
    if (region) return realOf(region);
    return state.value.loop && chosen() ? soundSpan() : null;
  }

  async play(from = this.position(), queue = null) {
    const ask = ++this.ask;
    const candidate = chosen();
    this.until = queue ? queue[0].stop : null;
    this.queue = queue ? queue.slice(1) : [];
    this.loading = true;
    showPlayer();
    if (!(await this.ready(ask, candidate))) return;
    this.loading = false;
    this.begin(from, candidate);
  }

  // False where another press came in the meantime, or there is no sound.
  async ready(ask, candidate) {
    try {
      audioContext();
      const sound = await this.engine.prepare(state.clip, candidate);
      if (ask !== this.ask) return false;
      this.sound = sound;
      this.keep(); // the others too, so that switching to them takes no time
      return true;
    } catch (problem) {
      if (ask === this.ask) this.fail(problem);
      return false;
    }
  }

  begin(from, candidate) {
    const { start, stop } = soundSpan();
    const loop = this.until === null ? this.loopSpan() : null;
    const late = from >= (this.until === null ? stop : this.until) - 0.01;
    let at = clamp(late ? start : from, start, stop);
    if (loop && (at < loop.start || at >= loop.stop)) at = loop.start;
    document.dispatchEvent(new CustomEvent("ms-play", { detail: element }));
    const shift = (candidate && candidate.shift_s) || 0;
    this.playing = true;
    this.looped = loop;
    this.engine.start({ sound: this.sound, at, loop, until: this.until, shift });
    showPlayer();
    animate();
  }

  fail(problem) {
    this.loading = false;
    this.pause();
    hint(`The sound cannot be played: ${problem.message}.`);
  }

  pause() {
    this.ask++;
    this.loading = false;
    if (this.playing) {
      this.at = this.position();
      this.playing = false;
      this.engine.stop();
    }
    showPlayer();
  }

  toggle() {
    if (this.playing || this.loading) this.pause();
    else this.play();
  }

  // The engine came to the end of a span.
  next() {
    const { start, stop } = soundSpan();
    const span = this.queue.shift();
    if (span) {
      this.until = span.stop;
      this.begin(span.start, chosen());
      return;
    }
    this.playing = false;
    this.at = this.until === null ? start : clamp(this.until, start, stop);
    showPlayer();
  }

  seek(seconds) {
    const { start, stop } = soundSpan();
    const at = clamp(seconds, start, stop);
    if (this.playing) {
      this.queue = [];
      this.until = null;
      if (!this.inLoop(at)) this.loopId = null;
      this.begin(at, chosen());
      later();
    } else {
      this.at = at;
    }
    showPlayer();
  }

  inLoop(at) {
    const region = this.loopId !== null && regionById(this.loopId);
    const span = region ? realOf(region) : null;
    return !span || (at >= span.start && at < span.stop);
  }

  setLoop(id) {
    this.loopId = id;
    if (id !== null) this.play(realOf(regionById(id)).start);
    else if (this.playing) this.goOn();
    drawList();
    later();
  }

  // A region that repeats was moved, or is no more.
  refreshLoop() {
    if (this.loopId !== null && !regionById(this.loopId)) this.loopId = null;
    if (!this.playing || this.until !== null) return;
    const loop = this.loopSpan();
    if (JSON.stringify(loop) !== JSON.stringify(this.looped)) this.goOn();
  }

  // With another loop or none, where it is.
  goOn() {
    this.begin(this.position() + this.engine.lead, chosen());
  }

  // Source and candidates change places; the place in time stays.
  async choose(id) {
    if (state.choice === id) return;
    const was = this.position();
    if (this.loading) {
      state.choice = id;
      this.play();
    } else if (!this.playing) {
      state.choice = id;
      this.at = clamp(was, soundSpan().start, soundSpan().stop);
    } else {
      await this.change(id);
    }
    if (id !== null) state.lastChoice = id;
    showPlayer();
    drawCandidates();
    later();
  }

  // The old sound goes on until the new one is ready.
  async change(id) {
    const ask = ++this.ask;
    const candidate = candidates().find((each) => each.id === id) || null;
    if (!(await this.ready(ask, candidate)) || !this.playing) return;
    const at = this.position() + this.engine.lead; // where the old sound is when the new one starts
    state.choice = id;
    this.begin(at, candidate);
  }

  audition(spans) {
    if (!spans.length) return;
    this.loopId = null;
    drawList();
    // What is new in a loop is heard across the place where it repeats.
    if (this.loopSpan()) this.play(spans[spans.length - 1].start);
    else this.play(spans[0].start, spans);
  }

  // Forgets the files of what is not shown any more, and fetches what may be switched to.
  keep() {
    const files = [state.clip, ...candidates()].map((each) => each.audio.url);
    Object.values(this.engines).forEach((engine) => engine.keepOnly(new Set(files)));
    this.engine.fetchAhead(files);
  }
}

const player = new Player();

let animated = false;

function animate() {
  if (animated) return;
  animated = true;
  requestAnimationFrame(frame);
}

function frame() {
  animated = false;
  if (!player.playing) return;
  player.engine.tick();
  if (!player.playing) return;
  follow();
  showTime(0.25);
  placePlayhead();
  animate();
}

// Turns the page when the playhead leaves the view, unless somebody is working in it.
let lastShare = 0;

function follow() {
  const share = shareOf(player.position());
  if (share > 1 && lastShare <= 1 && lastShare >= 0 && !gestures.busy()) {
    setView(state.view.start + 0.9 * state.view.span, state.view.span);
  }
  lastShare = share;
}

document.addEventListener("ms-play", (event) => {
  if (event.detail !== element && state.clip && (player.playing || player.loading)) player.pause();
});
