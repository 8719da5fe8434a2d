// Buttons that copy, on the pages under Settings.

for (const link of document.querySelectorAll("[data-origin]")) link.textContent = location.origin + link.textContent;

document.addEventListener("click", async (e) => {
  const button = e.target.closest?.("button[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.textContent = button.dataset.done;
  } catch { // no clipboard without TLS: what is selected can be copied by hand
    getSelection().selectAllChildren(source);
  }
});
