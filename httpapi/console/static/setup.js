// The code of a set-up link leaves the address at once, so that it stays neither in the history nor on the screen, and goes to the server in
// the body of a request only.
const code = location.hash.slice(1);
const form = document.getElementById("setup-code");
if (code && form) {
  history.replaceState(null, "", location.pathname);
  form.elements.code.value = code;
  form.submit();
}
