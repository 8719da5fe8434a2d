// The console's script. Every page works without it; it makes following links and filters quicker and adds keys and dragging.
// Event text only ever enters the page as the server's escaped HTML or as textContent.

document.documentElement.classList.add("scripted");

const $ = (selector, from = document) => from.querySelector(selector);
const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

// ---- the viewer's time zone

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.split("; ").some((c) => c.startsWith("annals-zone=" + encodeURIComponent(zone)))) {
  document.cookie = "annals-zone=" + encodeURIComponent(zone) + ";path=/;max-age=31536000;samesite=lax";
  if ($("time")) location.reload();
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
  const page = new DOMParser().parseFromString(text, "text/html");
  const main = $("#main", page);
  if (!main || page.documentElement.lang !== document.documentElement.lang || res.redirected) {
    location.assign(res.url || url);
    return;
  }
  const open = keep ? $$("details[open][id]").map((d) => d.id) : [];
  const at = document.activeElement;
  const focus = keep && at && at.id ? { id: at.id, start: at.selectionStart, end: at.selectionEnd, value: at.value } : null;
  const scrolled = keep ? $$(".pop .options").map((o) => [o.closest("details")?.id, o.scrollTop]) : [];
  $("#main").replaceWith(document.adoptNode(main));
  document.title = page.title;
  const nav = $(".top", page);
  if (nav) $(".top").replaceWith(document.adoptNode(nav));
  if (push) history.pushState({}, "", url);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  for (const [id, top] of scrolled) if (id) { const o = $(".options", document.getElementById(id) ?? document.createElement("i")); if (o) o.scrollTop = top; }
  if (focus) {
    const again = document.getElementById(focus.id);
    if (again) {
      again.focus({ preventScroll: true });
      if (again.tagName === "INPUT" && focus.value !== undefined && focus.start != null) {
        if (again.type === "search") again.value = focus.value;
        again.setSelectionRange(focus.start, focus.end);
      }
    }
  } else if (!keep) {
    ($("#drawer") ?? $("#main")).focus?.({ preventScroll: true });
  }
  document.dispatchEvent(new CustomEvent("annals:page"));
}

const here = (a) => a.origin === location.origin && a.pathname === location.pathname;

document.addEventListener("click", (e) => {
  const a = e.target.closest?.("a[href]");
  if (a && e.button === 0 && !e.metaKey && !e.ctrlKey && !e.shiftKey && !e.altKey && !a.hasAttribute("download") && !a.target) {
    const url = new URL(a.href instanceof SVGAnimatedString ? a.href.baseVal : a.href, location.href);
    if (here(url) && !url.hash) {
      e.preventDefault();
      visit(url.href, { keep: !!a.closest(".events, .histogram, .chips, .pager") });
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
  for (const li of $$(".options li", menu)) li.hidden = typed !== "" && !li.textContent.toLowerCase().includes(typed);
  clearTimeout(asking);
  if (typed === "") return;
  asking = setTimeout(async () => {
    const form = box.form, at = new URLSearchParams(new FormData(form));
    const params = new URLSearchParams({ field: menu.dataset.suggest, typed });
    for (const name of ["range", "from", "to", "tz"]) if (at.get(name)) params.set(name, at.get(name));
    const res = await fetch("/suggest?" + params, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!res?.ok || box.value.trim().toLowerCase() !== typed) return;
    const list = $(".options", menu), have = new Set($$("input", list).map((i) => i.value));
    for (const { value, count } of (await res.json()).values) {
      if (have.has(value)) continue;
      const li = document.createElement("li"), label = document.createElement("label"), input = document.createElement("input");
      const name = document.createElement("span"), n = document.createElement("span");
      input.type = "checkbox"; input.name = menu.dataset.suggest; input.value = value;
      name.className = "option"; name.textContent = value; n.className = "n"; n.textContent = count.toLocaleString(document.documentElement.lang);
      label.append(input, name, n); li.append(label); list.append(li);
    }
  }, 150);
});

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

function histogram() {
  const box = $("#histogram"), plot = box && $(".plot", box), svg = plot && $("svg", plot);
  if (!svg) return;
  const bars = $$("a", svg);
  bars.forEach((b, i) => b.setAttribute("tabindex", i === 0 ? "0" : "-1"));
  svg.addEventListener("keydown", (e) => {
    const at = bars.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: bars.length - 1 }[e.key];
    if (at < 0 || to === undefined || !bars[to]) return;
    e.preventDefault();
    bars[at].setAttribute("tabindex", "-1");
    bars[to].setAttribute("tabindex", "0");
    bars[to].focus();
  });
  let from = null, brush = null;
  const place = (e) => { const r = svg.getBoundingClientRect(); return Math.min(1, Math.max(0, (e.clientX - r.left) / r.width)); };
  svg.addEventListener("dragstart", (e) => e.preventDefault());
  svg.addEventListener("pointerdown", (e) => { if (e.button === 0) from = place(e); });
  addEventListener("pointermove", (e) => {
    if (from === null) return;
    const to = place(e);
    if (!brush && Math.abs(to - from) < .01) return;
    if (!brush) { brush = document.createElement("div"); brush.className = "brush"; plot.append(brush); }
    brush.style.left = Math.min(from, to) * 100 + "%";
    brush.style.width = Math.abs(to - from) * 100 + "%";
  });
  addEventListener("pointerup", (e) => {
    const begun = from, dragged = brush;
    from = brush = null;
    if (!dragged) return;
    dragged.remove();
    addEventListener("click", (c) => { c.preventDefault(); c.stopImmediatePropagation(); }, { capture: true, once: true });
    setTimeout(() => dispatchEvent(new Event("annals:dragged")));
    const a = Date.parse(box.dataset.from), b = Date.parse(box.dataset.to), to = place(e);
    const url = new URL(location.href);
    url.pathname = "/events";
    for (const name of ["page", "event", "event_tenant"]) url.searchParams.delete(name);
    url.searchParams.set("range", "custom");
    url.searchParams.set("from", new Date(a + (b - a) * Math.min(begun, to)).toISOString());
    url.searchParams.set("to", new Date(a + (b - a) * Math.max(begun, to)).toISOString());
    visit(url.href);
  });
}

// ---- keys

document.addEventListener("keydown", (e) => {
  if (e.key === "Escape") {
    const menu = $$("details.menu[open]").pop();
    if (menu) { menu.open = false; return $("summary", menu).focus(); }
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
      const next = rows[e.key === "j" ? at + 1 : Math.max(0, at - 1)];
      if (!next) { $(e.key === "j" ? ".pager a[rel=next]" : ".pager a[rel=prev]")?.click(); break; }
      if ($("#drawer")) { visit(next.dataset.href, { keep: true }); break; }
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
