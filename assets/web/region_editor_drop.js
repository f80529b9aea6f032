// Region editor: a file that is dropped on it is uploaded, and Python opens it.
let dropDepth = 0; // a drag enters and leaves every child too

function hasFiles(event) {
  return Boolean(event.dataTransfer) && Array.from(event.dataTransfer.types).includes("Files");
}

function showDrop(depth) {
  dropDepth = Math.max(0, depth);
  root.dataset.drop = String(dropDepth > 0);
}

async function dropped(file) {
  say(`Uploading ${file.name}`);
  try {
    const sent = await upload(file);
    trigger("upload", { path: sent.path, name: file.name });
  } catch (error) {
    // Gradio's own message says what its limit is.
    say(`${file.name} could not be uploaded`);
  }
}

element.addEventListener("dragenter", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  showDrop(dropDepth + 1);
});
element.addEventListener("dragleave", (event) => hasFiles(event) && showDrop(dropDepth - 1));
element.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
element.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  showDrop(0);
  const [file] = event.dataTransfer.files;
  if (file) dropped(file);
});

// Beside the editor, a browser would leave the page for the file, and all that is on it were lost.
for (const name of ["dragover", "drop"]) {
  window.addEventListener(name, (event) => hasFiles(event) && event.preventDefault());
}
