// Tabs of words; a tap tells the server, which answers with the new prompt.
const tabs = Array.from(element.querySelectorAll("[role=tab]"));
const chips = Array.from(element.querySelectorAll(".ms-chip[data-word]"));

function open(tab) {
  for (const other of tabs) {
    const selected = other === tab;
    other.setAttribute("aria-selected", String(selected));
    other.tabIndex = selected ? 0 : -1;
    element.querySelector("#" + other.getAttribute("aria-controls")).hidden = !selected;
  }
}

function show() {
  const active = new Set((props.value && props.value.active) || []);
  for (const chip of chips) chip.setAttribute("aria-pressed", String(active.has(chip.dataset.word)));
}

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.tab) open(button);
  else if (button.dataset.word) trigger("select", { word: button.dataset.word });
  else if (button.dataset.example) trigger("select", { example: Number(button.dataset.example) });
});

element.addEventListener("keydown", (event) => {
  const at = tabs.indexOf(event.target);
  const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (at < 0 || !move) return;
  const next = tabs[(at + move + tabs.length) % tabs.length];
  open(next);
  next.focus();
  event.preventDefault();
});

show();
watch("value", show);
