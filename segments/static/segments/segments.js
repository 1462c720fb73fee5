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

  function showErrorIn(editor, place) {
    const found = place.querySelector("[data-go-to-line]");
    if (!found) return;
    const message = found.parentElement.querySelector("p").textContent;
    editor.mark(Number(found.dataset.goToLine), Number(found.dataset.goToColumn), message);
  }

  const PAUSE = 500; // milliseconds after the last change before conditions are tried

  let running = null;

  async function tryOut(form, button, editor, builder) {
    const result = form.querySelector("[data-trial]");
    const waiting = document.createElement("p");
    waiting.className = "mos-faint";
    waiting.textContent = button.dataset.waiting;
    running?.abort();
    const mine = new AbortController();
    running = mine;
    const isLive = chosenType(form) === "conditions";
    if (!isLive) {
      result.replaceChildren(waiting);
      button.disabled = true;
    }
    result.setAttribute("aria-busy", "true");
    editor.unmark();
    try {
      const answer = await fetch(form.dataset.tryUrl, {
        method: "POST",
        body: new FormData(form.closest("form")),
        credentials: "same-origin",
        signal: mine.signal,
      });
      if (!answer.ok) throw new Error(String(answer.status));
      result.innerHTML = await answer.text();
      showErrorIn(editor, result);
      showWrongCondition(builder, result);
    } catch (error) {
      if (error.name === "AbortError") return;
      waiting.textContent = button.dataset.failed;
      result.replaceChildren(waiting);
    } finally {
      if (running === mine) {
        button.disabled = false;
        result.removeAttribute("aria-busy");
      }
    }
  }

  function showWrongCondition(builder, place) {
    builder.unmark();
    const found = place.querySelector("[data-condition-path]");
    if (found) builder.mark(found.dataset.conditionPath, found.textContent.trim());
  }

  function startBuilder(form, facts) {
    const area = form.querySelector("textarea[name=conditions]");
    const place = form.querySelector("[data-conditions]");
    return window.segmentConditions(area, place, facts("segment-conditions"), form.dataset.suggestUrl);
  }

  function startForm(form) {
    const facts = (id) => JSON.parse(document.getElementById(id).textContent);
    const area = form.querySelector("textarea[name=selection_sql]");
    const editor = window.segmentSqlEditor(area, facts("segment-tables"), facts("segment-attributes"));
    const builder = startBuilder(form, facts);
    showErrorIn(editor, form.querySelector("[data-for-type~=sql]"));
    showWrongCondition(builder, form.querySelector("[data-for-type=conditions]"));
    const button = form.querySelector("[data-try]");
    let timer = null;
    const tryConditions = () => {
      clearTimeout(timer);
      if (chosenType(form) !== "conditions" || !builder.root.members.length) return;
      timer = setTimeout(() => tryOut(form, button, editor, builder), PAUSE);
    };
    builder.area.addEventListener("input", tryConditions);
    tryConditions();
    showFieldsOfType(form);
    showFieldsOfFunction(form);
    form.addEventListener("change", (event) => {
      if (event.target.name === "type") {
        showFieldsOfType(form);
        tryConditions();
      }
      if (event.target.name === "handler_function") showFieldsOfFunction(form);
    });
    form.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if ("try" in button.dataset) tryOut(form, button, editor, builder);
      if ("goToLine" in button.dataset) {
        editor.goTo(Number(button.dataset.goToLine), Number(button.dataset.goToColumn));
      }
      if ("useExample" in button.dataset) {
        editor.insert(button.parentElement.querySelector("pre").textContent);
      }
    });
  }

  async function tryExample(page, button) {
    const example = button.closest(".seg-example");
    const result = example.querySelector("[data-trial]");
    const words = document.createElement("p");
    words.className = "mos-faint";
    words.textContent = button.dataset.waiting;
    result.replaceChildren(words);
    button.disabled = true;
    const body = new FormData();
    body.set("csrfmiddlewaretoken", page.querySelector("[name=csrfmiddlewaretoken]").value);
    body.set("type", "sql");
    body.set("selection_sql", example.querySelector("pre").textContent);
    try {
      const answer = await fetch(page.dataset.tryUrl, { method: "POST", body, credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      result.innerHTML = await answer.text();
    } catch {
      words.textContent = button.dataset.failed;
    } finally {
      button.disabled = false;
    }
  }

  function startExamples(button) {
    button.addEventListener("click", () => tryExample(button.closest("[data-try-url]"), button));
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
    document.querySelectorAll("[data-try-example]").forEach(startExamples);
    document.querySelectorAll("[data-progress-url]").forEach(watch);
    document.querySelectorAll("[data-tick-all]").forEach(startTicks);
  });
})();
