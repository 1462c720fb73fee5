// Shows the name and the type only where a column becomes something new, warns while
// nothing becomes an identity, and adds a word that means "empty" with one click.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("columns-form");
  const chosen = form.querySelectorAll("select[name^='what_']");
  // What no column becomes, and what that means, is said while it is so.
  const warn = () => {
    const becomes = new Set(Array.from(chosen, (what) => what.value));
    for (const note of form.querySelectorAll("[data-unless]")) {
      note.hidden = becomes.has(note.dataset.unless);
    }
  };
  for (const row of form.querySelectorAll(".mos-mapping > tbody > tr")) {
    const what = row.querySelector("select");
    const adapt = () => {
      row.querySelector(".mos-new").hidden = what.value !== "new";
      row.classList.toggle("mos-left-out", !what.value);
    };
    what.addEventListener("change", adapt);
    what.addEventListener("change", warn);
    adapt();
  }
  warn();
  const missing = form.elements.missing;
  for (const chip of form.querySelectorAll("[data-word]")) {
    chip.addEventListener("click", () => {
      const words = missing.value.split(",").map((word) => word.trim()).filter(Boolean);
      if (!words.includes(chip.dataset.word)) words.push(chip.dataset.word);
      missing.value = words.join(", ");
      missing.focus();
    });
  }
});
