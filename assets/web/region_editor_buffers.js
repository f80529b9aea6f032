// Region editor, part 5: sound of clips up to two minutes, held in memory: loops without a gap, and
// source and candidates change places between two samples.
const RAMP_S = 0.006; // of loudness where one sound is cut and another begins
const LEAD_S = 0.01; // from the order to the first sample, so that both can be scheduled
const SEAM_S = 0.005; // excerpt and source are the same where they meet: a short blend is unheard
const KEPT_RESULTS = 3;

// One for the page's editor, made on the first press: browsers start no sound without one.
let context = null;

function audioContext() {
  if (!context) context = new AudioContext();
  if (context.state === "suspended") context.resume();
  return context;
}

// Decoded sounds by address, and results put together of the source and an excerpt.
class SoundShelf {
  constructor() {
    this.sounds = new Map();
    this.results = new Map();
  }

  keepOnly(urls) {
    for (const url of this.sounds.keys()) if (!urls.has(url)) this.sounds.delete(url);
    for (const url of this.results.keys()) if (!urls.has(url)) this.results.delete(url);
  }

  sound(url) {
    if (!this.sounds.has(url)) {
      const made = fetchSound(url);
      made.catch(() => this.sounds.delete(url)); // the next press tries again
      this.sounds.set(url, made);
    }
    return this.sounds.get(url);
  }

  async result(clip, candidate) {
    if (!candidate) return this.sound(clip.audio.url);
    const url = candidate.audio.url;
    const known = this.results.get(url);
    this.results.delete(url); // put back at the end: the first is the longest unused
    const made = known || this.compose(clip, candidate);
    this.results.set(url, made);
    if (this.results.size > KEPT_RESULTS) this.results.delete(this.results.keys().next().value);
    made.catch(() => this.results.delete(url));
    return made;
  }

  async compose(clip, candidate) {
    const both = [this.sound(clip.audio.url), this.sound(candidate.audio.url)];
    const [source, excerpt] = await Promise.all(both);
    return composed(source, excerpt, candidate, candidate.duration_s || clip.duration_s);
  }
}

async function fetchSound(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error("the file is gone");
  return audioContext().decodeAudioData(await answer.arrayBuffer());
}

function composed(source, excerpt, candidate, duration) {
  const rate = source.sampleRate;
  const nChannels = Math.max(source.numberOfChannels, excerpt.numberOfChannels);
  const size = Math.max(1, Math.round(duration * rate));
  const result = audioContext().createBuffer(nChannels, size, rate);
  const shift = Math.round((candidate.shift_s || 0) * rate);
  const from = Math.round(candidate.start_s * rate);
  for (let channel = 0; channel < nChannels; channel++) {
    const into = result.getChannelData(channel);
    into.set(channelOf(source, channel).subarray(0, Math.max(0, size - shift)), shift);
    const seam = { head: from > shift, tail: from + excerpt.length < shift + source.length };
    lay(into, channelOf(excerpt, channel), from, Math.round(SEAM_S * rate), seam);
  }
  return result;
}

function channelOf(sound, channel) {
  return sound.getChannelData(Math.min(channel, sound.numberOfChannels - 1));
}

// Blends over `wide` samples where the excerpt meets the source; between, it is copied.
function lay(into, excerpt, from, wide, seam) {
  const count = Math.max(0, Math.min(excerpt.length, into.length - from));
  const size = Math.min(wide, count >> 1);
  const last = from + count - 1;
  const head = into.slice(from, from + size);
  const tail = into.slice(last + 1 - size, last + 1).reverse();
  into.set(excerpt.subarray(0, count), from);
  for (let i = 0; i < size; i++) {
    const share = i / size;
    if (seam.head) into[from + i] = head[i] + share * (into[from + i] - head[i]);
    if (seam.tail) into[last - i] = tail[i] + share * (into[last - i] - tail[i]);
  }
}

class BufferEngine {
  constructor(ended) {
    this.ended = ended;
    this.lead = LEAD_S;
    this.shelf = new SoundShelf();
    this.run = null;
  }

  keepOnly(urls) {
    this.shelf.keepOnly(urls);
  }

  // What `start` needs, once it can start without delay.
  prepare(clip, candidate) {
    return this.shelf.result(clip, candidate);
  }

  fetchAhead(urls) {
    if (context) urls.forEach((url) => this.shelf.sound(url).catch(() => {}));
  }

  // Source time `at` lies `shift` later in the sound of a result.
  start({ sound, at, loop, until, shift }) {
    this.stop();
    const node = context.createBufferSource();
    const gain = context.createGain();
    const when = context.currentTime + LEAD_S;
    node.buffer = sound;
    gain.gain.setValueAtTime(0, when);
    gain.gain.linearRampToValueAtTime(1, when + RAMP_S);
    node.connect(gain).connect(context.destination);
    const run = { node, gain, when, at, loop };
    if (loop) {
      node.loop = true;
      node.loopStart = loop.start + shift;
      node.loopEnd = loop.stop + shift;
    }
    const length = until === null ? undefined : Math.max(0, until - at);
    node.start(when, Math.max(0, at + shift), length);
    node.onended = () => {
      if (this.run === run) this.finish();
    };
    this.run = run;
  }

  finish() {
    this.run = null;
    this.ended();
  }

  stop() {
    const run = this.run;
    if (!run) return;
    this.run = null;
    const now = context.currentTime + LEAD_S;
    run.gain.gain.cancelScheduledValues(now);
    run.gain.gain.setValueAtTime(1, now);
    run.gain.gain.linearRampToValueAtTime(0, now + RAMP_S);
    run.node.stop(now + RAMP_S);
  }

  position() {
    const { when, at, loop } = this.run;
    const time = at + Math.max(0, context.currentTime - when);
    if (!loop || time < loop.stop) return time;
    return loop.start + ((time - loop.start) % (loop.stop - loop.start));
  }

  tick() {}
}
