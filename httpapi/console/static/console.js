// The console's script. Every page works without it; it makes following links and filters quicker and adds keys and dragging.
// Event text only ever enters the page as the server's escaped HTML or as textContent.

document.documentElement.classList.add("scripted");

const $ = (selector, from = document) => from.querySelector(selector);
const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

// ---- the viewer's time zone

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const zoneKept = () => document.cookie.split("; ").includes("annals-zone=" + encodeURIComponent(zone));
if (zone && !zoneKept()) {
  document.cookie = "annals-zone=" + encodeURIComponent(zone) + ";path=/;max-age=31536000;samesite=lax";
  if ($("time") && zoneKept()) location.reload(); // a browser that keeps no cookies would load it for ever
}

// ---- pages without reloading

let under = null; // the request under way

// visit shows another page of the same site. Only <main> is exchanged; open menus, the focus and what is being typed stay.
async function visit(url, { push = true, keep = false } = {}) {
  under?.abort();
  const mine = (under = new AbortController());
  document.body.setAttribute("aria-busy", "true");
  let res, text;
  try {
    res = await fetch(url, { signal: mine.signal, headers: { Accept: "text/html" }, credentials: "same-origin" });
    text = await res.text();
  } catch (err) {
    if (err.name !== "AbortError") location.assign(url); // the browser says what is wrong
    return;
  } finally {
    if (under === mine) document.body.removeAttribute("aria-busy");
  }
  if (under !== mine) return;
  if (!res.headers.get("Content-Type")?.startsWith("text/html")) return location.assign(url);
  const page = new DOMParser().parseFromString(text, "text/html");
  const main = $("#main", page);
  if (!main || page.documentElement.lang !== document.documentElement.lang || res.redirected) {
    location.assign(res.url || url);
    return;
  }
  const before = shown(), place = placeOfFocus();
  const open = keep ? $$("details[open][id]").map((d) => d.id) : [];
  const scrolled = keep ? $$(".pop .options").map((o) => [o.closest("details")?.id, o.scrollTop]) : [];
  $("#main").replaceWith(document.adoptNode(main));
  document.title = page.title;
  const nav = $(".top", page);
  if (nav) $(".top").replaceWith(document.adoptNode(nav));
  if (push) history.pushState({}, "", url);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  for (const [id, top] of scrolled) { const o = id && $("#" + CSS.escape(id) + " .options"); if (o) o.scrollTop = top; }
  document.dispatchEvent(new CustomEvent("annals:page"));
  focusAgain(before, place, keep);
}

const shown = () => $("#drawer")?.dataset.event;

// placeOfFocus notes where the focus is, so that it is there again in the page that comes: a control has an ID, or a name and a value.
function placeOfFocus() {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  return { id: at.id, name: at.name, value: at.value, kind: at.type, start: at.selectionStart, end: at.selectionEnd };
}

// focusAgain moves the focus into details that have been opened, back to the row of those that have been closed, or leaves it where it was.
function focusAgain(before, place, keep) {
  const now = shown();
  if (now !== undefined && now !== before) {
    const way = place && ["drawer-next", "drawer-prev"].includes(place.id) && document.getElementById(place.id);
    return (way || $("#drawer")).focus({ preventScroll: true });
  }
  if (before !== undefined && now === undefined) {
    const row = $$("#events tr[data-event]").find((r) => r.dataset.event === before);
    return (row ? $(".c-open a", row) : $("#main")).focus({ preventScroll: true });
  }
  if (!keep) return $("#main").focus({ preventScroll: true });
  if (!place) return;
  const again = place.id ? document.getElementById(place.id)
    : place.name ? $$("main [name]").find((c) => c.name === place.name && c.value === place.value && c.type === place.kind) : null;
  if (!again) return;
  again.focus({ preventScroll: true });
  if (again.tagName === "INPUT" && place.start != null) {
    if (again.type === "search") again.value = place.value;
    again.setSelectionRange(place.start, place.end);
  }
}

const here = (a) => a.origin === location.origin && a.pathname === location.pathname;

document.addEventListener("click", (e) => {
  const a = e.target.closest?.("a[href]");
  if (a && e.button === 0 && !e.metaKey && !e.ctrlKey && !e.shiftKey && !e.altKey && !a.hasAttribute("download") && !a.target) {
    const url = new URL(a.href instanceof SVGAnimatedString ? a.href.baseVal : a.href, location.href);
    if (here(url) && !url.hash) {
      e.preventDefault();
      const paging = !!a.closest(".pager");
      visit(url.href, { keep: !!a.closest(".events, .histogram, .chips, .pager, .drawer, .bar") }).then(() => paging && scrollY > 0 && $("#events")?.scrollIntoView());
    }
    return;
  }
  const tr = e.target.closest?.("tr[data-href]");
  if (tr && !getSelection().toString()) visit(tr.dataset.href, { keep: true });
  for (const d of $$("details.menu[open]")) if (!d.contains(e.target)) d.open = false;
});
addEventListener("popstate", () => visit(location.href, { push: false }));

// ---- filters act as they are changed

function submitted(form) {
  for (const box of $$(".find", form)) box.value = box.value.trim();
  const data = new FormData(form);
  const params = new URLSearchParams();
  for (const [name, value] of data) if (typeof value === "string" && value.trim() !== "") params.append(name, value);
  const range = params.get("range");
  if (range !== "custom") for (const name of ["from", "to"]) params.delete(name);
  return form.getAttribute("action") + (params.size ? "?" + params : "");
}
document.addEventListener("submit", (e) => {
  const form = e.target;
  if (!form.matches("form[data-live]")) return;
  e.preventDefault();
  remember(form.q?.value);
  visit(submitted(form), { keep: true });
});
document.addEventListener("change", (e) => {
  const control = e.target;
  if (control.matches("[data-submit]")) return control.form.submit();
  const form = control.form;
  if (!form?.matches("form[data-live]") || control.id === "q" || control.matches(".find")) return;
  if (control.id === "range" && control.value === "custom") {
    $("#custom-period").classList.add("shown");
    return $("#custom-period input").focus();
  }
  if (control.closest("#custom-period")) return; // the other end may come; Enter or the button asks
  visit(submitted(form), { keep: true });
});

// ---- suggestions in menus: what is typed is looked for among all values, not only those listed

let asking = 0;
document.addEventListener("input", (e) => {
  const box = e.target;
  const menu = box.closest?.("details[data-suggest]");
  if (!menu || !box.matches(".find")) return;
  const typed = box.value.trim().toLowerCase();
  for (const li of $$(".options li", menu)) li.hidden = typed !== "" && !($(".option", li) ?? li).textContent.toLowerCase().includes(typed); // the count is no part of it
  clearTimeout(asking);
  if (typed === "") return;
  asking = setTimeout(async () => {
    const params = new URLSearchParams(submitted(box.form).split("?")[1]);
    params.set("field", menu.dataset.suggest);
    params.set("typed", typed);
    const res = await fetch("/suggest?" + params, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!res?.ok || box.value.trim().toLowerCase() !== typed) return;
    const list = $(".options", menu), have = new Map($$("li", list).map((li) => [$("input", li)?.value, li]));
    for (const found of (await res.json()).values) {
      const li = option(menu.dataset.suggest, found), old = have.get(found.value);
      if (!old) list.append(li);
      else if (old.hidden) { // it was found by something else than the name
        $("input", li).checked = $("input", old).checked;
        old.replaceWith(li);
      }
    }
    const none = $(".none", list);
    if (none) none.hidden = $$("input", list).length > 0;
  }, 150);
});

function option(field, { value, note, count }) {
  const li = document.createElement("li"), label = document.createElement("label"), input = document.createElement("input");
  const name = document.createElement("span"), text = document.createElement("bdi"), n = document.createElement("span");
  Object.assign(input, { type: "checkbox", name: field, value });
  name.className = "option";
  text.textContent = value;
  name.append(text);
  if (note) {
    const small = document.createElement("small"), bdi = document.createElement("bdi");
    bdi.textContent = note;
    small.append(bdi);
    name.append(" ", small);
  }
  n.className = "n";
  n.textContent = count.toLocaleString(document.documentElement.lang);
  label.append(input, name, n);
  li.append(label);
  return li;
}

// ---- history of the keyword box, on this machine only

const historyKey = "annals-queries";
function remember(text) {
  text = text?.trim();
  if (!text) return;
  try {
    const all = JSON.parse(localStorage.getItem(historyKey) ?? "[]").filter((t) => t !== text);
    localStorage.setItem(historyKey, JSON.stringify([text, ...all].slice(0, 20)));
  } catch { /* without storage there is no history */ }
}
function offerHistory() {
  const q = $("#q");
  if (!q || q.list) return;
  const list = document.createElement("datalist");
  list.id = "q-history";
  try {
    for (const text of JSON.parse(localStorage.getItem(historyKey) ?? "[]")) list.append(new Option(text, text));
  } catch { return; }
  q.after(list);
  q.setAttribute("list", list.id);
}

// ---- histogram: drag over it to look at that stretch; arrow keys go from bar to bar

const bars = () => $$("#histogram .bars a");
function histogram() { bars().forEach((b, i) => b.setAttribute("tabindex", i === 0 ? "0" : "-1")); }
document.addEventListener("keydown", (e) => {
  if (!e.target.closest?.("#histogram .bars a")) return;
  const all = bars(), at = all.indexOf(e.target), to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[e.key];
  if (to === undefined || !all[to]) return;
  e.preventDefault();
  all[at].setAttribute("tabindex", "-1");
  all[to].setAttribute("tabindex", "0");
  all[to].focus();
});

let drag = null; // { box, from, brush }: brush is what shows it, once it is one
const place = (e) => { const r = $(".bars", drag.box).getBoundingClientRect(); return Math.min(1, Math.max(0, (e.clientX - r.left) / r.width)); };
document.addEventListener("dragstart", (e) => { if (e.target.closest?.("#histogram")) e.preventDefault(); });
document.addEventListener("pointerdown", (e) => {
  if (e.button !== 0 || !e.target.closest?.("#histogram .bars")) return;
  drag = { box: $("#histogram"), brush: null };
  drag.from = place(e);
});
document.addEventListener("pointermove", (e) => {
  if (!drag) return;
  const to = place(e);
  if (!drag.brush) {
    if (Math.abs(to - drag.from) < .01) return;
    drag.brush = document.createElement("div");
    drag.brush.className = "brush";
    $(".plot", drag.box).append(drag.brush);
  }
  drag.brush.style.left = Math.min(drag.from, to) * 100 + "%";
  drag.brush.style.width = Math.abs(to - drag.from) * 100 + "%";
});
document.addEventListener("pointercancel", () => { drag?.brush?.remove(); drag = null; });
document.addEventListener("pointerup", (e) => {
  if (!drag) return;
  const to = place(e), { box, from, brush } = drag;
  drag = null;
  if (!brush) return;
  brush.remove();
  const swallow = (c) => { c.preventDefault(); c.stopImmediatePropagation(); }; // the bar under the mouse was not clicked
  addEventListener("click", swallow, { capture: true });
  setTimeout(() => removeEventListener("click", swallow, { capture: true }));
  const a = Date.parse(box.dataset.from), b = Date.parse(box.dataset.to);
  const url = new URL(location.href);
  url.pathname = "/events";
  for (const name of ["page", "event", "event_tenant"]) url.searchParams.delete(name);
  url.searchParams.set("range", "custom");
  url.searchParams.set("from", new Date(a + (b - a) * Math.min(from, to)).toISOString());
  url.searchParams.set("to", new Date(a + (b - a) * Math.max(from, to)).toISOString());
  visit(url.href, { keep: true });
});

// ---- keys

document.addEventListener("keydown", (e) => {
  if (e.key === "Escape") {
    const menu = $$("details.menu[open]").pop();
    if (menu) { menu.open = false; return $("summary", menu).focus(); }
    if (e.target.id === "tree-find" && e.target.value) return; // that clears the box
    const close = $("#drawer .close");
    if (close) return close.click();
    return e.target.blur?.();
  }
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.matches?.("input, select, textarea, [contenteditable]")) return;
  const rows = $$("#events tbody tr");
  const at = rows.findIndex((r) => r.classList.contains("at") || r.classList.contains("open"));
  switch (e.key) {
    case "/": e.preventDefault(); $("#q")?.focus(); $("#q")?.select(); break;
    case "j": case "k": {
      const way = $(e.key === "j" ? "#drawer-next" : "#drawer-prev");
      if (way) return way.click();
      const next = rows[e.key === "j" ? at + 1 : Math.max(0, at - 1)];
      if (!next) { $(e.key === "j" ? ".pager a[rel=next]" : ".pager a[rel=prev]")?.click(); break; }
      rows.forEach((r) => r.classList.remove("at"));
      next.classList.add("at");
      next.scrollIntoView({ block: "nearest" });
      break;
    }
    case "Enter": if (e.target === document.body || e.target.id === "main") rows[at]?.dataset.href && visit(rows[at].dataset.href, { keep: true }); break;
  }
});

function ready() { offerHistory(); histogram(); }
document.addEventListener("annals:page", ready);
ready();
$("#drawer")?.focus({ preventScroll: true });
