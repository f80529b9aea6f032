// Region editor, part 6: sound of longer clips, played by the browser's own players: one for the
// source, one for each excerpt; whichever the place belongs to is heard.
const EARLY_S = 0.005; // before an end, within which it counts as reached

class MediaEngine {
  constructor(ended) {
    this.ended = ended;
    this.lead = 0;
    this.players = new Map();
    this.active = null;
  }

  keepOnly(urls) {
    for (const [url, audio] of this.players) {
      if (urls.has(url)) continue;
      audio.pause();
      audio.removeAttribute("src");
      this.players.delete(url);
    }
  }

  fetchAhead() {}

  async prepare(clip, candidate) {
    const audible = [clip, candidate].filter(Boolean);
    await Promise.all(audible.map((each) => this.load(each.audio.url)));
    return this.plan(clip, candidate);
  }

  load(url) {
    if (!this.players.has(url)) this.players.set(url, this.make(url));
    const audio = this.players.get(url);
    if (audio.readyState >= 1) return Promise.resolve();
    return new Promise((resolve, reject) => {
      audio.addEventListener("loadedmetadata", resolve, { once: true });
      const fail = () => {
        this.players.delete(url); // the next press tries again
        reject(new Error("the file is gone"));
      };
      audio.addEventListener("error", fail, { once: true });
    });
  }

  make(url) {
    const audio = new Audio();
    audio.preload = "auto";
    // A hidden page gets no frames; these come four times a second all the same.
    for (const name of ["timeupdate", "ended"]) audio.addEventListener(name, () => this.tick());
    audio.src = url;
    return audio;
  }

  // Which player has which part of the timeline, and where its own time begins there.
  plan(clip, candidate) {
    const source = { audio: this.players.get(clip.audio.url), origin: 0 };
    if (!candidate) return [{ ...source, start: 0, stop: clip.duration_s }];
    const middle = excerptSpan(candidate);
    const excerpt = { audio: this.players.get(candidate.audio.url), origin: middle.start };
    const pieces = [
      { ...source, start: 0, stop: middle.start },
      { ...excerpt, start: middle.start, stop: middle.stop },
      { ...source, start: middle.stop, stop: clip.duration_s },
    ];
    return pieces.filter((piece) => piece.stop - piece.start > EARLY_S);
  }

  start({ sound, at, loop, until }) {
    this.stop();
    this.pieces = sound;
    this.loop = loop;
    this.until = until;
    this.enter(at);
  }

  enter(at) {
    const piece = this.pieces.find((each) => at < each.stop - EARLY_S);
    if (!piece) return this.loop ? this.enter(this.loop.start) : this.finish();
    if (this.active && this.active.audio !== piece.audio) this.active.audio.pause();
    this.active = piece;
    piece.audio.currentTime = Math.max(0, at - piece.origin);
    if (piece.audio.paused) {
      piece.audio.play().catch((problem) => problem.name !== "AbortError" && this.finish());
    }
  }

  tick() {
    if (!this.active || this.active.audio.seeking) return;
    const at = this.position();
    if (this.until !== null && at >= this.until - EARLY_S) return this.finish();
    if (this.loop && at >= this.loop.stop - EARLY_S) return this.enter(this.loop.start);
    const { audio, stop } = this.active;
    if (at >= stop - EARLY_S || audio.ended) this.enter(stop);
  }

  finish() {
    this.stop();
    this.ended();
  }

  stop() {
    if (this.active) this.active.audio.pause();
    this.active = null;
  }

  position() {
    return this.active.audio.currentTime + this.active.origin;
  }
}
