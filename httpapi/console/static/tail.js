// The live tail. It reads the server-sent events of /api/v1/tail with fetch rather than EventSource, which would not tell why it was refused nor
// notice a connection that is dead without having been closed. Event text only ever enters the page as textContent.

const quietLimit = 45_000; // the server shows life every 15 s; after three times of nothing the connection is taken for dead
const pauses = [1, 2, 4, 8, 15]; // seconds until the next attempt
const frame = 100; // ms between two changes of the page at least: a reader sees no more, and the browser has less to lay out
const longest = 400; // characters of one value that are shown
const mostAtOnce = 250; // rows in one change; of more only the newest are shown

// brief is as much of a text as is shown, none for undefined.
const brief = (text = "") => text.length > longest ? [...text.slice(0, longest)].slice(0, -1).join("") + "…" : text;

class Tail {
  constructor(box) {
    const $ = (id) => box.querySelector("#tail-" + id);
    this.rows = $("rows");
    this.blank = $("row").content.firstElementChild;
    this.ui = { state: $("state"), said: $("said"), again: $("again"), reload: $("reload"), fresh: $("new"), pause: $("pause"), clear: $("clear"), left: $("left"), none: $("none"), table: $("table") };
    this.box = box;
    this.texts = JSON.parse(box.dataset.texts);
    this.keep = Number(box.dataset.keep);
    this.next = Number(box.dataset.next); // every event below has been taken
    this.list = box.dataset.list;
    this.pending = []; // taken and not shown, oldest first
    this.waiting = 0; // events that the reader is told of
    this.left = 0; // events that were taken and are not on the page
    this.paused = false;
    this.why = ""; // the server's words for why it ended the stream
    this.flushing = 0;
    this.stopped = new AbortController();
    const lang = document.documentElement.lang;
    this.number = new Intl.NumberFormat(lang);
    this.time = new Intl.DateTimeFormat("sv-SE", { timeZone: box.dataset.zone, dateStyle: "short", timeStyle: "medium" });
    this.listen();
    this.run();
  }

  listen() {
    const on = (target, type, fn) => target.addEventListener(type, fn, { signal: this.stopped.signal, passive: type === "scroll" });
    on(this.ui.pause, "click", () => this.toggle());
    on(this.ui.clear, "click", () => this.clear());
    on(this.ui.fresh, "click", () => this.show());
    on(window, "scroll", () => { if (this.pending.length && !this.holding()) this.show(); });
    on(window, "online", () => this.wake?.());
    on(document, "keydown", (e) => {
      if (e.key !== "p" || e.ctrlKey || e.metaKey || e.altKey || e.target.matches?.("input, select, textarea, [contenteditable]")) return;
      e.preventDefault();
      this.toggle();
    });
  }

  stop() { this.stopped.abort(); }

  // ---- the connection

  async run() {
    for (this.failed = 0; !this.stopped.signal.aborted; ) {
      const connection = new AbortController();
      const cut = () => connection.abort();
      this.stopped.signal.addEventListener("abort", cut);
      let pause = 0;
      try {
        this.state("connecting");
        const res = await this.alive(connection, fetch(this.box.dataset.stream + "&from=" + this.next,
          { signal: connection.signal, headers: { Accept: "text/event-stream" }, credentials: "same-origin", cache: "no-store" }));
        if (res.ok) {
          this.why = "";
          this.state("following");
          await this.read(connection, res.body);
        } else if (await this.refused(res)) {
          return;
        }
        pause = Number(res.headers.get("Retry-After")) || 0;
      } catch (err) {
        if (err instanceof SyntaxError) console.error(err); // what came is no event
      } finally {
        connection.abort();
        this.stopped.signal.removeEventListener("abort", cut);
      }
      if (!this.stopped.signal.aborted) await this.sleep(Math.max(pause, pauses[Math.min(this.failed++, pauses.length - 1)] * (.8 + .4 * Math.random())));
    }
  }

  // alive waits for something of the connection's, and ends the connection when it takes too long.
  async alive(connection, something) {
    const timer = setTimeout(() => connection.abort(), quietLimit);
    try {
      return await something;
    } finally {
      clearTimeout(timer);
    }
  }

  // refused says why there is nothing to follow, and reports whether trying again is of no use.
  async refused(res) {
    if (res.status === 401) return this.end("session", this.ui.again);
    if (res.status === 403) return this.end("forbidden", this.ui.reload);
    if (res.status >= 500 || res.status === 429) return false;
    const problem = await res.json().catch(() => ({}));
    this.why = problem.detail ?? String(res.status);
    return this.end("refused", this.ui.reload);
  }

  end(state, way) {
    this.state(state);
    way.hidden = false;
    return true;
  }

  // read takes events until the stream ends.
  async read(connection, body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "", id = "", data = "", event = "";
    for (;;) {
      const { value, done } = await this.alive(connection, reader.read());
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        if (line === "") {
          if (event === "error") {
            this.why = JSON.parse(data).detail ?? "";
            return;
          }
          if (data) this.take(JSON.parse(data));
          else if (id) this.next = Math.max(this.next, Number(id) + 1); // a sign of life says how far it has read
          if (id) this.failed = 0;
          id = data = event = "";
        } else if (line.startsWith("id: ")) id = line.slice(4);
        else if (line.startsWith("data: ")) data += line.slice(6);
        else if (line.startsWith("event: ")) event = line.slice(7);
      }
    }
  }

  // sleep counts the seconds down in the page.
  sleep(seconds) {
    const until = Date.now() + seconds * 1000;
    return new Promise((done) => {
      const tick = () => this.state(this.why ? "broken" : "waiting", Math.max(1, Math.ceil((until - Date.now()) / 1000)));
      tick();
      const counting = setInterval(tick, 1000);
      const timer = setTimeout(() => this.wake(), seconds * 1000);
      this.wake = () => { clearInterval(counting); clearTimeout(timer); this.wake = null; done(); };
      this.stopped.signal.addEventListener("abort", () => this.wake?.(), { once: true });
    });
  }

  // state shows how the connection is. Only a change is said aloud, not every second.
  state(name, more) {
    this.box.dataset.state = name;
    const text = this.texts[name === "following" && this.paused ? "paused" : name].replace("{why}", () => this.why);
    this.ui.state.textContent = text.replace("{n}", more);
    const said = name === "waiting" || name === "broken" ? this.texts.lost : text;
    if (this.ui.said.textContent !== said) this.ui.said.textContent = said;
  }

  // ---- events

  take(e) {
    if (e.seq < this.next) return;
    this.next = e.seq + 1;
    const actor = e.actor ?? {}, source = e.source ?? {};
    const name = actor.name || actor.email || actor.id || "";
    this.pending.push({ // not the event itself: its details may be large
      seq: e.seq, id: e.id, tenant: e.tenant, time: e.time, name: brief(name), account: brief([actor.id, actor.email].find((s) => s && s !== name)),
      result: e.result ?? "", module: brief(e.module), operation: e.operation ?? "", what: brief(e.description || e.action),
      error: brief(e.error?.message || e.error?.code), ip: brief(source.ip),
    });
    this.waiting++;
    if (this.pending.length > 2 * this.keep) this.forget(this.keep);
    this.schedule();
  }

  // forget lets go of pending events but the newest.
  forget(keep) {
    const gone = this.pending.length - keep;
    if (gone <= 0) return;
    this.pending.splice(0, gone);
    this.left += gone;
  }

  // holding reports whether the page must stay as it is: it was paused, or somebody reads further down.
  holding() { return this.paused || scrollY > 4; }

  schedule() {
    if (this.flushing) return;
    const flush = () => { this.flushing = 0; this.flush(); };
    this.flushing = setTimeout(() => document.hidden ? flush() : requestAnimationFrame(flush), frame);
  }

  flush() {
    if (this.stopped.signal.aborted) return;
    if (this.holding()) return this.count();
    this.forget(mostAtOnce);
    this.render();
  }

  // show puts everything on the page that was held back. Where the reader was is marked.
  show() {
    if (this.pending.length) {
      for (const tr of this.rows.querySelectorAll(".seen")) tr.classList.remove("seen");
      this.rows.firstElementChild?.classList.add("seen");
    }
    this.render();
    scrollTo(0, 0);
    if (document.activeElement === this.ui.fresh || document.activeElement === document.body) this.ui.table.focus({ preventScroll: true });
    this.count();
  }

  render() {
    this.forget(this.keep);
    const added = document.createDocumentFragment(), few = this.pending.length < 20;
    while (this.pending.length) {
      const tr = this.row(this.pending.pop());
      if (few) tr.classList.add("came");
      added.append(tr);
    }
    this.rows.prepend(added);
    for (; this.rows.childElementCount > this.keep; this.left++) this.rows.lastElementChild.remove();
    this.waiting = 0;
    this.count();
  }

  row(e) {
    const tr = this.blank.cloneNode(true);
    const cell = (name, selector) => tr.querySelector(".c-" + name + " " + selector);
    tr.dataset.seq = e.seq;
    tr.dataset.id = e.id;
    const link = cell("time", "a"), time = cell("time", "time");
    link.href = this.list + (this.list.includes("?") ? "&" : "?") + new URLSearchParams({ event: e.id, event_tenant: e.tenant });
    time.textContent = this.time.format(new Date(e.time));
    time.dateTime = time.title = e.time;
    link.setAttribute("aria-label", this.texts.details + ": " + time.textContent + " " + e.what);
    cell("user", "bdi").textContent = e.name;
    this.fill(cell("user", "small"), e.account);
    const result = cell("result", "span");
    result.textContent = this.texts["word-" + e.result] ?? e.result;
    if (e.result === "success" || e.result === "failure") result.classList.add(e.result);
    cell("module", "bdi").textContent = e.module;
    tr.querySelector(".c-operation").textContent = this.texts["word-" + e.operation] ?? e.operation;
    cell("event", "bdi").textContent = e.what;
    this.fill(cell("event", "small"), e.error);
    cell("ip", "bdi").textContent = e.ip;
    return tr;
  }

  // fill writes a second line, or takes it away.
  fill(line, text) {
    if (text) line.firstElementChild.textContent = text;
    else line.remove();
  }

  // ---- what the reader does

  toggle() {
    this.paused = !this.paused;
    this.box.classList.toggle("paused", this.paused);
    this.ui.pause.textContent = this.paused ? this.texts.resume : this.texts.pause;
    if (this.box.dataset.state === "following") this.state("following");
    if (!this.paused && !this.holding() && this.pending.length) this.show();
    else this.count();
  }

  clear() {
    this.rows.replaceChildren();
    this.pending = [];
    this.waiting = this.left = 0;
    scrollTo(0, 0);
    this.count();
  }

  // count tells how many events are held back, and how many have gone.
  count() {
    const say = (element, n, one, many) => {
      element.textContent = n === 1 ? this.texts[one] : this.texts[many].replace("{n}", this.number.format(n));
    };
    this.ui.fresh.hidden = !this.waiting || !this.holding();
    if (this.waiting) say(this.ui.fresh, this.waiting, "one", "many");
    this.ui.none.hidden = this.rows.childElementCount > 0;
    this.ui.left.hidden = !this.left;
    if (this.left) say(this.ui.left.firstElementChild, this.left, "left-one", "left-many");
  }
}

let tail = null;
function start() {
  tail?.stop();
  const box = document.getElementById("tail");
  tail = box ? new Tail(box) : null;
}
document.addEventListener("annals:page", start); // another filter
start();
