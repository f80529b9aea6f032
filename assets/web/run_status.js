// Progress of one run. Everything is written as text; a message may quote what somebody typed.
const root = element.querySelector(".ms-status");
const title = element.querySelector(".ms-status-title");
const detail = element.querySelector(".ms-status-detail");
const time = element.querySelector(".ms-status-time");
const bar = element.querySelector(".ms-bar");
const fill = element.querySelector(".ms-bar span");

function put(node, text) {
  const string = typeof text === "string" ? text : "";
  if (node.textContent !== string) node.textContent = string;
}

// On a phone the button is a screen away from the grid: go there when a run starts or fails.
function reveal(state) {
  if (state === root.dataset.state || !["queued", "failed"].includes(state)) return;
  const top = root.getBoundingClientRect().top;
  if (top >= 0 && top < window.innerHeight / 3) return;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  root.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
}

function show() {
  const value = props.value || {};
  const running = value.state === "running";
  // A step of a run that was just cancelled may come after the answer to Cancel.
  if (running && !["queued", "running"].includes(root.dataset.state)) return;
  reveal(value.state);
  root.dataset.state = value.state || "idle";
  // Steps come many times a second: a screen reader hears the state, not each step.
  for (const node of [title, detail]) node.setAttribute("aria-live", running ? "off" : "polite");
  put(title, value.title);
  put(detail, value.detail);
  put(time, value.time);
  const percent = Math.round(100 * Math.min(1, Math.max(0, Number(value.fraction) || 0)));
  bar.setAttribute("aria-valuenow", String(percent));
  bar.setAttribute("aria-valuetext", `${percent} %, ${value.title || ""}`);
  document.title = running ? `${percent} % · MAGNeT Studio` : "MAGNeT Studio"; // for other tabs
  fill.style.transform = `scaleX(${percent / 100})`;
}
show();
watch("value", show);
