// The typed fields of a trigger or a step: read into parameters, and shown as they count.
(() => {
  "use strict";

  const facts = (id) => JSON.parse(document.getElementById(id).textContent);

  function parsed(text) {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  }

  // What cannot be read as a number is left as it was typed, for the server to refuse.
  function number(text) {
    const value = text.trim();
    if (!value) return undefined;
    return Number.isNaN(Number(value)) ? value : Number(value);
  }

  const READERS = {
    choice: (field) => parsed(field.querySelector("select").value),
    choices: (field) => {
      const chosen = [...field.querySelectorAll("input:checked")].map((one) => parsed(one.value));
      return chosen.length ? chosen : undefined;
    },
    lines: (field) => field.querySelector("textarea").value || undefined,
    whole: (field) => number(field.querySelector("input").value),
    number: (field) => number(field.querySelector("input").value),
    conditions: (field) => parsed(field.querySelector("textarea").value),
    filters: (field) => {
      const found = parsed(field.querySelector("textarea").value);
      return found?.length ? found : undefined;
    },
  };

  const read = (field) => (READERS[field.dataset.kind] || ((one) => one.querySelector("input").value || undefined))(field);

  const fieldsOf = (box) => [...box.querySelectorAll(":scope > .wf-field")];

  function parametersOf(box) {
    const found = {};
    if (!box) return found;
    for (const field of fieldsOf(box)) {
      const value = field.hidden ? undefined : read(field);
      if (value !== undefined) found[field.dataset.key] = value;
    }
    return found;
  }

  // A field that counts only for some values of another one is hidden for the rest.
  function showWhatCounts(box) {
    const parameters = parametersOf(box);
    for (const field of fieldsOf(box)) {
      const { shownKey, shownValues } = field.dataset;
      if (shownKey) field.hidden = !JSON.parse(shownValues).includes(parameters[shownKey]);
    }
  }

  // The builder writes as soon as it is drawn, so it waits until somebody looks.
  function startBuilder(field, suggestUrl) {
    if (field.dataset.started) return;
    field.dataset.started = "yes";
    const area = field.querySelector("textarea");
    const place = field.querySelector("[data-builder]");
    const offered = facts("workflow-conditions");
    if (field.dataset.kind === "filters") {
      const name = () => field.parentElement.querySelector('[data-key="name"] input').value;
      window.segmentFilters(area, place, offered, suggestUrl, name);
      return;
    }
    const builder = window.segmentConditions(area, place, offered, suggestUrl);
    const told = field.querySelector("[data-fault]");
    if (!told) return;
    builder.mark(told.dataset.fault, told.lastElementChild.textContent);
    told.hidden = true;
  }

  function startBuilders(box, suggestUrl) {
    for (const field of box.querySelectorAll('[data-kind="conditions"], [data-kind="filters"]')) {
      if (field.offsetParent !== null) startBuilder(field, suggestUrl);
    }
  }

  window.workflowFields = { parametersOf, showWhatCounts, startBuilders };
})();
