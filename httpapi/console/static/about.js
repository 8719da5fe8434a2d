// Verifies the log, and shows how far that is.

const button = document.getElementById("verify");
const bar = document.getElementById("verify-progress");
const report = document.getElementById("verify-report");

// say shows the outcome. What the server says of damage is text, never markup.
function say(text, problems, bad) {
  report.textContent = text;
  report.classList.toggle("failed", bad);
  if (problems.length > 0) {
    const list = document.createElement("ul");
    for (const problem of problems) list.append(Object.assign(document.createElement("li"), { textContent: problem }));
    report.append(list);
  }
}

function heard(line) {
  if (line.total > 0) bar.value = line.done / line.total;
  if (line.problem) say(button.dataset.failed, [line.problem.detail ?? line.problem.title], true);
  if (line.report) {
    const problems = line.report.problems;
    say(problems.length > 0 ? button.dataset.broken : button.dataset.whole, problems, problems.length > 0);
  }
  return Boolean(line.report || line.problem);
}

async function verify() {
  const answer = await fetch("/api/v1/verify", { headers: { Accept: "application/x-ndjson" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(answer.statusText);
  const lines = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", ended = false;
  for (;;) {
    const { value, done } = await lines.read();
    if (done) break;
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    for (const part of parts) ended = heard(JSON.parse(part)) || ended;
  }
  if (!ended) throw new Error("cut short");
}

button?.addEventListener("click", async () => {
  button.disabled = true;
  bar.hidden = false;
  report.textContent = "";
  try {
    await verify();
  } catch {
    say(button.dataset.failed, [], true);
  }
  bar.hidden = true;
  button.disabled = false;
});
