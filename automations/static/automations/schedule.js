// The builder of a schedule. What an expression means, when it fires and what is wrong
// with it is asked of the server; here is only what is shown and what was chosen.

const PAUSE = 250; // milliseconds after the last key before the server is asked

function start(cron) {
  const form = cron.closest("form");
  const expression = cron.querySelector("input[name]");
  const zone = form.querySelector("[name=timezone]");
  const builder = cron.querySelector("[data-cron-builder]");
  const told = cron.querySelector("[data-cron-told]");
  const modes = [...cron.querySelectorAll("[data-mode]")];
  const choices = [...cron.querySelectorAll("[data-choice]")];
  const weekdays = [...cron.querySelectorAll("[data-weekday]")];
  let running = null;
  let timer = null;

  builder.hidden = false;
  modes.forEach((mode) => {
    mode.name = "builder-mode"; // arrow keys move inside a named group
    mode.setAttribute("form", "builder-of-nothing"); // and it is never sent
    mode.addEventListener("change", () => pick(mode.value));
  });
  for (const control of [...choices, ...weekdays]) {
    control.addEventListener("change", askForChoices);
  }
  expression.addEventListener("input", () => later(() => askForExpression()));
  expression.addEventListener("change", () => later(() => askForExpression(), 0));
  onZoneChange(zone, () => askForExpression());
  if (expression.value.trim()) askForExpression();
  else pick("daily");

  function later(work, pause = PAUSE) {
    clearTimeout(timer);
    timer = setTimeout(work, pause);
  }

  function pick(mode) {
    showMode(mode);
    if (mode === "custom") {
      expression.focus();
      askForExpression({ fill: false });
    } else {
      askForChoices();
    }
  }

  function showMode(mode) {
    modes.forEach((one) => { one.checked = one.value === mode; });
    for (const part of cron.querySelectorAll("[data-for]")) {
      part.hidden = !part.dataset.for.split(" ").includes(mode);
    }
  }

  function chosen() {
    const query = new URLSearchParams({ mode: modes.find((one) => one.checked).value });
    choices.forEach((one) => query.set(one.dataset.choice, one.value));
    weekdays.filter((one) => one.checked).forEach((one) => query.append("weekday", one.value));
    return query;
  }

  async function askForChoices() {
    const answer = await ask(chosen());
    if (!answer) return;
    if (answer.cron) expression.value = answer.cron;
    tell(answer);
  }

  async function askForExpression({ fill = true } = {}) {
    const answer = await ask(new URLSearchParams({ cron: expression.value }));
    if (!answer) return;
    if (fill) fillIn(answer.form ?? { mode: "custom" });
    const isSpecial = answer.form?.mode === "custom";
    cron.querySelector("[data-cron-special]").hidden = !isSpecial;
    cron.querySelector("[data-cron-own]").hidden = isSpecial;
    tell(answer);
  }

  function fillIn(values) {
    showMode(values.mode);
    if (values.mode === "custom") return;
    for (const one of choices) one.value = String(values[one.dataset.choice]);
    for (const one of weekdays) one.checked = values.weekdays.includes(Number(one.value));
  }

  async function ask(query) {
    clearTimeout(timer);
    running?.abort();
    const mine = new AbortController();
    running = mine;
    if (zone) query.set("timezone", zone.value);
    try {
      const answer = await fetch(`${cron.dataset.url}?${query}`, { signal: mine.signal });
      if (answer.ok) return await answer.json();
    } catch (error) {
      if (error.name === "AbortError") return null;
    }
    // The server does not answer: the expression can be saved all the same.
    told.hidden = true;
    return null;
  }

  function tell(answer) {
    const error = answer.error || answer.zone_error || "";
    told.hidden = false;
    told.classList.toggle("is-wrong", Boolean(error));
    say("[data-cron-error]", error);
    say("[data-cron-words]", answer.words || "");
    const notes = cron.querySelector("[data-cron-notes]");
    notes.replaceChildren(...(answer.notes || []).map((note) => element("li", "mos-clock-note", note)));
    cron.querySelector("[data-cron-next]").hidden = !answer.next?.length;
    cron.querySelector("[data-cron-zone]").textContent = zone ? `(${zone.value})` : "";
    cron.querySelector("[data-cron-times]").replaceChildren(...(answer.next || []).map(timeItem));
    expression.setAttribute("aria-invalid", String(Boolean(answer.error)));
  }

  function say(selector, text) {
    const place = cron.querySelector(selector);
    place.textContent = text;
    place.hidden = !text;
  }
}

function timeItem(time) {
  const item = element("li");
  item.append(
    element("span", "mos-time", time.when),
    element("span", "mos-faint", `${time.offset}, ${time.until}`),
  );
  if (time.note) item.append(element("span", "mos-clock-note", time.note));
  return item;
}

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function onZoneChange(zone, work) {
  if (!zone) return;
  zone.addEventListener("change", work);
  // The searchable drop-down tells of a choice only through its own library.
  window.django?.jQuery?.(zone).on("select2:select", work);
}

// Shows of the form only what belongs to the chosen schedule and policy.
function showWhatCounts(form) {
  const rules = [
    ["schedule", "cron", ["cron"]],
    ["schedule", "run_at", ["once"]],
    ["schedule", "timezone", ["cron", "once"]],
    ["policy", "again_after_days", ["again_after"]],
    ["misfire", "grace_minutes", ["latest"]],
  ];
  function apply() {
    const values = new FormData(form);
    for (const [decider, name, shownFor] of rules) {
      const row = form.querySelector(`.field-${name}`);
      if (row) row.hidden = !shownFor.includes(values.get(decider));
    }
  }
  form.addEventListener("change", apply);
  apply();
}

// Tells what the moment of a one-off is, below its input.
function tellMoment(form, url) {
  const input = form.querySelector("[name=run_at]");
  const zone = form.querySelector("[name=timezone]");
  if (!input) return;
  const place = element("p", "mos-help");
  place.setAttribute("aria-live", "polite");
  input.after(place);
  async function show() {
    if (!input.value) {
      place.textContent = "";
      return;
    }
    const query = new URLSearchParams({ run_at: input.value, timezone: zone.value });
    const answer = await fetch(`${url}?${query}`).then((one) => one.json()).catch(() => ({}));
    const time = answer.next?.[0];
    place.textContent = time
      ? [`${time.when} ${zone.value} (${time.offset}), ${time.until}.`, time.note].join(" ")
      : answer.error || answer.zone_error || "";
  }
  input.addEventListener("change", show);
  onZoneChange(zone, show);
  show();
}

for (const cron of document.querySelectorAll("[data-cron]")) {
  const form = cron.closest("form");
  showWhatCounts(form);
  tellMoment(form, cron.dataset.url);
  start(cron);
}
