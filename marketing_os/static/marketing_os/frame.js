/* Attributes of the page may ask for parts of it, and carry no code. */
Object.assign(htmx.config, { allowEval: false, allowScriptTags: false });

/* Makes the frame usable by keyboard and known to screen readers: its switches are
   plain elements with a click handler. */
document.addEventListener("DOMContentLoaded", () => {
  document.getElementById("content")?.setAttribute("role", "main");
  document.getElementById("header-inner")?.closest(".border-b")?.setAttribute("role", "banner");
  document.getElementById("nav-sidebar-inner")?.setAttribute("aria-label", "Menu");
  document.querySelector("#page > div > .sm\\:w-96")?.setAttribute("role", "main");

  const names = {
    dock_to_right: "Menu",
    close: "Close the menu",
    computer: "Theme",
    dark_mode: "Theme",
    light_mode: "Theme",
    unfold_more: "Account",
  };
  const isFrame = "#nav-sidebar, #header-inner, .login";
  for (const element of document.querySelectorAll("[x-on\\:click]")) {
    if (!element.closest(isFrame) || element.matches("button, a[href], input, select, label, h2")) continue;
    element.setAttribute("role", "button");
    element.setAttribute("tabindex", "0");
    const icon = element.matches(".material-symbols-outlined")
      ? element
      : element.querySelector(".material-symbols-outlined");
    const says = element.textContent.replace(icon?.textContent ?? "", "").trim();
    if (!says) element.setAttribute("aria-label", names[icon?.textContent.trim()] ?? "Open");
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      element.click();
    });
  }
});

/* A searchable drop-down does not know the label of the select that it stands for, and
   without a value has no name at all. jQuery's turn comes after those that made it. */
window.addEventListener("load", () => window.django?.jQuery?.(() => {
  for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
    const label = select.labels[0]?.textContent.replace("*", "").trim();
    const shown = select.nextElementSibling;
    if (!label || !shown?.matches(".select2-container")) continue;
    shown.querySelector("[role=combobox]")?.setAttribute("aria-label", label);
    shown.querySelector("[role=textbox]")?.setAttribute("aria-label", label);
  }
}));
