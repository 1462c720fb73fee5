// Shows the name and the type only where a column becomes something new, and adds a
// word that means "empty" with one click.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("columns-form");
  for (const row of form.querySelectorAll(".mos-mapping tbody tr")) {
    const what = row.querySelector("select");
    const adapt = () => {
      row.querySelector(".mos-new").hidden = what.value !== "new";
      row.classList.toggle("mos-left-out", !what.value);
    };
    what.addEventListener("change", adapt);
    adapt();
  }
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
