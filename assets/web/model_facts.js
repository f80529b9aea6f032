// Facts of the chosen model. Names and licences come from files, so all is written as text.
const root = element.querySelector(".ms-facts");
const summary = element.querySelector(".ms-facts-summary");
const state = element.querySelector(".ms-facts-state");
const list = element.querySelector("dl");
let known = null;
let latest = 0;

function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function row([word, value]) {
  const node = document.createElement("div");
  node.append(document.createElement("dt"), document.createElement("dd"));
  node.firstChild.textContent = word;
  node.lastChild.textContent = value;
  return node;
}

function show() {
  const value = props.value || {};
  // Values of several events may arrive in another order than they were made in.
  if (value.at < latest) return;
  latest = value.at || latest;
  // Of a run with a model that was chosen before.
  if (value.passing && known !== null && known !== value.name) return;
  put(summary, value.summary || "");
  put(state, value.words || "");
  state.dataset.state = value.state || "";
  list.replaceChildren(...(value.facts || []).map(row));
  // Somebody who looks at another model wants to know what it is.
  if (known !== null && known !== value.name) root.open = true;
  known = value.name;
}
show();
watch("value", show);
