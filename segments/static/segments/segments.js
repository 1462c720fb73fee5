// The form of a segment (fields by type, trying out) and the progress of a look-up.
(() => {
  "use strict";

  function show(element, visible) {
    element.hidden = !visible;
  }

  function chosenType(form) {
    const radio = form.querySelector("input[name=type]:checked");
    return radio ? radio.value : "";
  }

  function showFieldsOfType(form) {
    const type = chosenType(form);
    for (const part of form.querySelectorAll("[data-for-type]")) {
      show(part, part.dataset.forType.split(" ").includes(type));
    }
    for (const part of form.querySelectorAll("[data-not-for-type]")) {
      show(part, part.dataset.notForType !== type);
    }
  }

  function showFieldsOfFunction(form) {
    const select = form.querySelector("select[name=handler_function]");
    for (const group of form.querySelectorAll("[data-for-function]")) {
      show(group, select && group.dataset.forFunction === select.value);
    }
  }

  function goToLine(area, line, column) {
    const lines = area.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
    // PostgreSQL counts characters, the browser UTF-16 units.
    const before = [...(lines[line - 1] || "")].slice(0, column - 1).join("").length;
    area.focus();
    area.setSelectionRange(start + before, start + (lines[line - 1] || "").length);
    area.scrollTop = Math.max(0, (line - 4) * area.scrollHeight / Math.max(1, lines.length));
  }

  async function tryOut(form, button) {
    const result = form.querySelector("[data-trial]");
    button.disabled = true;
    result.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.dataset.tryUrl, {
        method: "POST",
        body: new FormData(form.closest("form")),
        credentials: "same-origin",
      });
      if (!answer.ok) throw new Error(String(answer.status));
      result.innerHTML = await answer.text();
    } catch {
      result.textContent = "The server did not answer. Try again.";
    } finally {
      button.disabled = false;
      result.removeAttribute("aria-busy");
    }
  }

  function startForm(form) {
    const area = form.querySelector("textarea[name=selection_sql]");
    showFieldsOfType(form);
    showFieldsOfFunction(form);
    form.addEventListener("change", (event) => {
      if (event.target.name === "type") showFieldsOfType(form);
      if (event.target.name === "handler_function") showFieldsOfFunction(form);
    });
    form.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if ("try" in button.dataset) tryOut(form, button);
      if ("goToLine" in button.dataset) {
        goToLine(area, Number(button.dataset.goToLine), Number(button.dataset.goToColumn));
      }
      if ("useExample" in button.dataset) {
        const sql = button.parentElement.querySelector("pre").textContent;
        area.focus();
        area.setRangeText(sql, area.selectionStart, area.selectionEnd, "end");
        area.dispatchEvent(new Event("input", { bubbles: true }));
      }
    });
  }

  function watch(notice) {
    const words = notice.querySelector("[data-progress-words]");
    async function ask() {
      try {
        const answer = await fetch(notice.dataset.progressUrl, { credentials: "same-origin" });
        const found = await answer.json();
        if (!["queued", "running"].includes(found.state)) {
          location.reload();
          return;
        }
        words.textContent = found.words;
      } catch {
        // The next question may be answered.
      }
      setTimeout(ask, 1500);
    }
    setTimeout(ask, 700);
  }

  function startTicks(all) {
    const form = all.closest("form");
    all.addEventListener("change", () => {
      for (const box of form.querySelectorAll("input[name=customer]")) box.checked = all.checked;
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-segment-form]").forEach(startForm);
    document.querySelectorAll("[data-progress-url]").forEach(watch);
    document.querySelectorAll("[data-tick-all]").forEach(startTicks);
  });
})();
