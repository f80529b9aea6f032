// The versions of the clip that is edited. All words are shown as text, whatever they hold.
const list = element.querySelector(".ms-version-list");
const empty = element.querySelector(".ms-versions-empty");

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function actions(version, isCurrent) {
  const node = make("div", "ms-version-actions");
  if (isCurrent) node.append(make("span", "ms-tag", "shown above"));
  else {
    const back = make("button", "ms-tag ms-version-show", "Show");
    back.type = "button";
    back.dataset.version = version.id;
    back.setAttribute("aria-label", `Show: ${version.label}`);
    node.append(back);
  }
  const link = make("a", "ms-download", "Download");
  link.href = version.file.url;
  link.download = version.name;
  link.setAttribute("aria-label", `Download ${version.name}`);
  node.append(link);
  return node;
}

function row(version, isCurrent) {
  const node = make("li", "ms-card ms-version");
  node.dataset.current = String(isCurrent);
  node.dataset.undone = String(version.undone);
  const words = make("div", "ms-version-words");
  words.append(make("p", "ms-version-label", version.label));
  const facts = [version.name, version.facts, version.parent].filter(Boolean).join(" · ");
  words.append(make("p", "ms-version-facts", facts));
  if (version.proof) words.append(make("p", "ms-version-proof", version.proof));
  if (version.hint) words.append(make("p", "ms-version-hint", version.hint));
  node.append(words, actions(version, isCurrent));
  return node;
}

function show() {
  const value = props.value || {};
  const versions = value.versions || [];
  list.replaceChildren(...versions.map((each) => row(each, each.id === value.current)));
  empty.hidden = versions.length > 0;
}

element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-version]");
  if (button) trigger("select", { version: button.dataset.version });
});

show();
watch("value", show);
