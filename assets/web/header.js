// The theme switch. The choice stays in this browser.
const KEY = "magnet-studio-theme";

function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage may be forbidden; the switch then lasts as long as the page
  }
}

function apply(theme) {
  document.body.classList.toggle("dark", theme === "dark");
  document.documentElement.style.colorScheme = theme;
}

function current() {
  return document.body.classList.contains("dark") ? "dark" : "light";
}

// An address with ?__theme= comes from someone who wants just that.
const asked = new URL(window.location.href).searchParams.get("__theme");
const saved = remembered();
apply(asked !== "dark" && asked !== "light" && saved ? saved : current());

element.addEventListener("click", (event) => {
  if (!event.target.closest(".ms-theme")) return;
  const theme = current() === "dark" ? "light" : "dark";
  apply(theme);
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // see remembered()
  }
});
