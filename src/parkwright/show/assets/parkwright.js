// Acts of the pages: explanations open in a dialog, buttons post to the API. Everything else is drawn by the server.
(() => {
  const dialog = () => {
    let found = document.querySelector("dialog.explain");
    if (!found) {
      found = document.body.appendChild(document.createElement("dialog"));
      found.className = "explain";
      found.addEventListener("click", (event) => event.target === found && found.close());
    }
    return found;
  };
  const show = (nodes) => {
    const box = dialog();
    const close = document.createElement("button");
    close.className = "tool close";
    close.textContent = "×";
    close.setAttribute("aria-label", document.documentElement.dataset.close || "Close");
    close.onclick = () => box.close();
    box.replaceChildren(close, ...nodes);
    if (!box.open) box.showModal();
  };
  const tell = (text) => {
    const line = document.createElement("p");
    line.textContent = text;
    show([line]);
  };
  const post = async (button) => {
    if (button.dataset.sure && !window.confirm(button.dataset.sure)) return;
    button.disabled = true;
    let body = JSON.parse(button.dataset.body || "{}");
    if (button.dataset.ask) {
      const said = window.prompt(button.dataset.ask, button.dataset.given);
      if (said === null) { button.disabled = false; return; }
      body = { ...body, [button.dataset.field]: said };
    }
    try {
      const answer = await fetch(button.dataset.post, {
        method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
      });
      const told = await answer.json();
      if (!answer.ok) {
        tell(typeof told.detail === "string" ? told.detail : JSON.stringify(told.detail));
        button.disabled = false;
      } else {
        button.textContent = button.dataset.done || "✓";
        document.dispatchEvent(new CustomEvent("parkwright-acted"));
      }
    } catch (error) {
      tell(String(error));
      button.disabled = false;
    }
  };
  document.addEventListener("click", (event) => {
    const why = event.target.closest("[data-why]");
    if (why) {
      const told = why.parentElement.querySelector("template") || why.closest(".figure, .card").querySelector("template");
      if (told) show([...told.content.cloneNode(true).childNodes]);
      return;
    }
    const act = event.target.closest("[data-post]");
    if (act) post(act);
  });
})();
