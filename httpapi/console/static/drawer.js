// The details of an event: a search in the tree, and copying. Values only ever enter the page as text.

const $ = (selector, from = document) => from.querySelector(selector);
const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

// ---- copying

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // not over plain HTTP: the old way
    const box = document.createElement("textarea");
    box.value = text;
    box.className = "visually-hidden";
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
  const told = $("#copied");
  if (told) told.textContent = $("#drawer").dataset.copied;
}

document.addEventListener("click", async (e) => {
  const button = e.target.closest?.("#drawer button");
  if (!button) return;
  if (button.matches(".copy-value")) copy(valueOf(button.previousElementSibling));
  else if (button.dataset.copyLink) copy(new URL(button.dataset.copyLink, location.href).href);
  else if (button.dataset.copyRaw) {
    const raw = $("#raw-json");
    copy(raw ? raw.textContent : await (await fetch(button.dataset.copyRaw)).text());
  }
});
document.addEventListener("keydown", (e) => {
  const value = e.target.closest?.("#drawer a.val");
  if (value && e.key === "c" && !e.ctrlKey && !e.metaKey && !e.altKey) copy(valueOf(value));
});

const valueOf = (a) => $("bdi", a)?.textContent ?? a.textContent;

// Each value has a button for the mouse; on the keyboard it is c, so that the buttons are no stops on the way.
function addButtons() {
  const drawer = $("#drawer");
  for (const a of drawer ? $$("a.val", drawer) : []) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "copy-value", tabIndex: -1, title: drawer.dataset.copy });
    button.setAttribute("aria-label", drawer.dataset.copy);
    a.after(button);
  }
}

// ---- the tree's search: items without the text are hidden, what has it is marked and unfolded

const unmark = (tree) => { for (const m of $$("mark", tree)) { const parent = m.parentNode; m.replaceWith(m.textContent); parent.normalize(); } };

function mark(element, typed) {
  const text = element.textContent, found = text.toLowerCase().indexOf(typed);
  if (found < 0) return false;
  if (text.toLowerCase().length !== text.length) return true; // letters that change their length: found, but not marked
  const m = document.createElement("mark");
  m.textContent = text.slice(found, found + typed.length);
  element.replaceChildren(text.slice(0, found), m, text.slice(found + typed.length));
  return true;
}

let folded = null; // how the tree was before the search

document.addEventListener("input", (e) => {
  if (e.target.id !== "tree-find") return;
  const tree = $("#details-tree"), typed = e.target.value.trim().toLowerCase();
  folded ??= new Map($$("details", tree).map((d) => [d, d.open]));
  unmark(tree);
  for (const li of $$("li", tree)) li.hidden = typed !== "";
  let n = 0;
  if (typed === "") {
    for (const [d, open] of folded) d.open = open;
    folded = null;
  } else {
    for (const bdi of $$("bdi", tree)) {
      if (!mark(bdi, typed)) continue;
      n++;
      if (bdi.closest("summary")) for (const li of $$("li", bdi.closest("li"))) li.hidden = false;
      for (let li = bdi.closest("li"); li; li = li.parentElement.closest("li")) {
        li.hidden = false;
        const d = $(":scope > details", li);
        if (d) d.open = true;
      }
    }
  }
  $("#tree-found").textContent = typed === "" ? "" : n.toLocaleString(document.documentElement.lang) + " " + $("#drawer").dataset.found;
});

document.addEventListener("annals:page", () => { folded = null; addButtons(); });
addButtons();
