// Runs when the widget is mounted, with: element, trigger, props, server, upload, watch.
function show() {
  element.querySelector(".ms-line").textContent = typeof props.value === "string" ? props.value : "";
}
show();
watch("value", show);
