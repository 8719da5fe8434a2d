// Shows how far an export is. The browser downloads the file by itself; this only asks the server about it.

const box = () => document.getElementById("export-progress");
const number = (n) => n.toLocaleString(document.documentElement.lang);
const pause = (ms) => new Promise((then) => setTimeout(then, ms));

document.addEventListener("click", (e) => {
  const link = e.target.closest?.("a[data-export]");
  if (!link) return;
  const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  const url = new URL(link.href);
  url.searchParams.set("progress", id);
  link.href = url.href;
  link.closest("details").open = false;
  follow(id);
});

async function follow(id) {
  let missed = 0;
  for (;;) {
    await pause(400);
    const res = await fetch("/api/v1/exports/" + id, { headers: { Accept: "application/json" } }).catch(() => null);
    if (res?.status === 401 || res?.status === 403) return refused();
    if (!res?.ok) {
      if (++missed > 25) return hide(); // it never began, as when the browser asks where to put the file
      continue;
    }
    missed = 0;
    const { state, count, total } = await res.json();
    show(state, count, total);
    if (state === "running") continue;
    if (state === "done") { await pause(4000); hide(); }
    return;
  }
}

function show(state, count, total) {
  const p = box();
  if (!p) return;
  p.hidden = false;
  p.classList.toggle("broken", state === "failed");
  const bar = p.querySelector("progress");
  bar.hidden = state === "failed";
  bar.max = Math.max(1, total);
  bar.value = count;
  p.querySelector("span").textContent = state === "failed" ? p.dataset.failed : (state === "done" ? p.dataset.done : p.dataset.running) + " " + number(count) + " / " + number(total);
}

// refused says that there is nothing to be told any more: the session is over, and with it, if it had not begun, the export.
function refused() {
  const p = box();
  if (!p) return;
  p.hidden = false;
  p.classList.add("broken");
  p.querySelector("progress").hidden = true;
  const again = Object.assign(document.createElement("a"), { href: location.href, textContent: p.dataset.again });
  p.querySelector("span").replaceChildren(p.dataset.session + " ", again);
}

function hide() {
  const p = box();
  if (p) p.hidden = true;
}
