// The set-up link's page. The code leaves the address at once, so that it stays neither in the history nor on the screen, and goes to the
// server in the body of a request only.
const code = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

const form = document.getElementById("form");
const say = document.getElementById("say");
const wrong = document.getElementById("wrong");
const first = form.querySelector(".first");

// ask posts JSON and returns the answer, or throws the problem that the server names.
async function ask(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw answer;
  return answer;
}

// explain shows a problem beside the field that it is about.
function explain(problem) {
  for (const input of form.querySelectorAll("input")) input.removeAttribute("aria-invalid");
  const input = form.elements.namedItem(problem.field ?? "");
  wrong.textContent = problem.detail ?? problem.title ?? "The server cannot be reached. Try again.";
  input?.setAttribute("aria-invalid", "true");
  input?.focus();
}

async function open() {
  if (code === "") {
    say.textContent = "The address has no code. Open the whole link again, with what is behind the #.";
    return;
  }
  try {
    const link = await ask("/api/v1/setup/look", { code });
    say.textContent = link.first
      ? "Set up the first account. It may do everything."
      : `Choose a password for ${link.login} (${link.name}).`;
    first.hidden = !link.first;
    form.elements.login.required = form.elements.name.required = link.first;
    form.hidden = false;
    form.querySelector(link.first ? "#login" : "#password").focus();
  } catch (problem) {
    say.textContent = `The link cannot be used: ${problem.detail ?? "the server cannot be reached"}.`;
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = (name) => form.elements.namedItem(name).value;
  if (field("password") !== field("again")) {
    explain({ field: "again", detail: "The two passwords are not the same." });
    return;
  }
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const choice = { code, password: field("password") };
    if (!first.hidden) Object.assign(choice, { login: field("login"), name: field("name"), email: field("email") });
    const { account } = await ask("/api/v1/setup", choice);
    form.remove();
    say.textContent = `The account ${account.login} is set up. You can sign in with it now.`;
  } catch (problem) {
    explain(problem);
  } finally {
    button.disabled = false;
  }
});

open();
