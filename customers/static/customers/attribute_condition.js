// Offers the comparisons and the kind of input that go with the chosen attribute.
// Without it every comparison is offered and the server says what does not fit.
"use strict";

const COMPARISONS = {
  numeric: ["is", "more", "less", "known", "unknown"],
  date: ["is", "more", "less", "known", "unknown"],
  timestamp: ["more", "less", "known", "unknown"],
  string: ["is", "contains", "starts", "known", "unknown"],
  boolean: ["is", "known", "unknown"],
  array: ["contains", "known", "unknown"],
};
const INPUT_TYPES = { numeric: "number", date: "date", timestamp: "date" };

function adapt(condition) {
  const [attribute, comparison, value] = condition.querySelectorAll("select, input");
  const type = attribute.selectedOptions[0]?.dataset.type ?? "";
  const allowed = COMPARISONS[type] ?? [];
  for (const option of comparison.options) {
    option.hidden = option.disabled = !allowed.includes(option.value);
  }
  if (comparison.selectedOptions[0]?.disabled && allowed.length) {
    comparison.value = allowed[0];
  }
  comparison.disabled = !type;
  value.disabled = !type || ["known", "unknown"].includes(comparison.value);
  value.type = INPUT_TYPES[type] ?? "text";
  if (value.type === "number") value.step = "any";
  value.placeholder = type === "boolean" ? "yes / no" : "";
}

document.addEventListener("DOMContentLoaded", () => {
  for (const condition of document.querySelectorAll(".mos-attribute-condition")) {
    condition.addEventListener("change", () => adapt(condition));
    adapt(condition);
  }
});
