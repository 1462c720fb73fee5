// The form of a workflow. What is chosen becomes its documents; what they mean and lack is
// the server's to say.
(() => {
  "use strict";

  const PAUSE = 400; // milliseconds after the last change before the server is asked

  function startContext(section) {
    const area = section.querySelector("textarea");
    const rows = section.querySelector("[data-rows]");
    const template = section.querySelector("template[data-row]");
    area.hidden = true;

    function write() {
      const found = {};
      for (const row of rows.children) {
        const name = row.querySelector("[data-name]").value.trim();
        if (name) found[name] = row.querySelector("[data-value]").value;
      }
      area.value = JSON.stringify(found);
    }

    function add(name = "", value = "") {
      const row = template.content.firstElementChild.cloneNode(true);
      row.querySelector("[data-name]").value = name;
      row.querySelector("[data-value]").value = value;
      rows.append(row);
      return row;
    }

    let known = {};
    try {
      known = JSON.parse(area.value || "{}") || {};
    } catch {
      area.hidden = false; // what is no JSON is shown as it is
    }
    Object.entries(known).forEach(([name, value]) => add(name, String(value)));
    section.addEventListener("input", write);
    section.addEventListener("click", (event) => {
      const work = event.target.closest("button")?.dataset.do;
      if (work === "add-row") add().querySelector("input").focus();
      if (work === "delete-row") {
        event.target.closest("li").remove();
        section.querySelector('[data-do="add-row"]').focus();
        write();
      }
    });
  }

  function startTrees(page, start) {
    for (const details of page.querySelectorAll("details[data-tree]")) {
      details.querySelector("textarea").hidden = true;
      details.addEventListener("toggle", () => start(details));
      start(details);
    }
  }

  function start(page) {
    const { parametersOf, showWhatCounts, startBuilders } = window.workflowFields;
    const form = page.closest("form");
    const areas = { trigger: form.elements.trigger, steps: form.elements.steps };
    const trigger = page.querySelector("[data-trigger]");
    const startIn = (box) => startBuilders(box, page.dataset.suggestUrl);
    const steps = window.workflowSteps(page.querySelector("[data-steps]"), page.dataset.suggestUrl, changed);
    let timer = null;

    function write() {
      const shown = page.querySelector(`[data-trigger-form="${trigger.value}"]`);
      areas.trigger.value = trigger.value ? JSON.stringify({ type: trigger.value, parameters: parametersOf(shown) }) : "";
      const before = areas.steps.value;
      areas.steps.value = JSON.stringify(steps.document());
      // A step that was moved is a change that the page warns of before it is left.
      if (areas.steps.value !== before) areas.steps.dispatchEvent(new Event("input", { bubbles: true }));
    }

    async function ask() {
      const body = new FormData();
      body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
      body.set("steps", areas.steps.value);
      try {
        const answer = await fetch(page.dataset.checkUrl, { method: "POST", body, credentials: "same-origin" });
        if (answer.ok) steps.tell((await answer.json()).words);
      } catch {
        // The words stay as they were; saving tells what is wrong.
      }
    }

    function changed() {
      write();
      clearTimeout(timer);
      timer = setTimeout(ask, PAUSE);
    }

    function showTrigger() {
      for (const box of page.querySelectorAll("[data-trigger-form]")) {
        box.hidden = box.dataset.triggerForm !== trigger.value;
        showWhatCounts(box);
        startIn(box);
      }
      const group = trigger.selectedOptions[0]?.parentElement;
      page.querySelector("[data-daily]").hidden = !group?.matches("optgroup:first-of-type");
    }

    for (const area of Object.values(areas)) area.hidden = true;
    trigger.addEventListener("change", showTrigger);
    page.addEventListener("input", (event) => {
      const box = event.target.closest("[data-parameters]");
      if (!box) return;
      showWhatCounts(box);
      changed();
    });
    page.addEventListener("change", (event) => {
      if (event.target.closest("[data-parameters]") || event.target === trigger) changed();
    });
    form.addEventListener("submit", write);
    page.querySelectorAll(".wf-field textarea.seg-code").forEach((area) => { area.hidden = true; });
    showTrigger();
    page.querySelectorAll("[data-steps] [data-parameters]").forEach((box) => { if (!box.hidden) startIn(box); });
    startTrees(page, startIn);
    startContext(page.querySelector("[data-context]"));
    page.querySelector(".wf-error:not([hidden]), .cond-error")?.scrollIntoView({ block: "center" });
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-workflow]").forEach(start);
  });
})();
