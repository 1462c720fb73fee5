// Lets a file be dropped, shows how far the upload is, and keeps the chosen file when
// something has to be mended. Without it the form is sent as any other.
"use strict";

// The admin's own script would look for a text field beside each file input.
document.querySelector("#upload-form input[type=file]").hasChangeListener = true;

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("upload-form");
  const drop = form.querySelector(".mos-drop");
  const input = drop.querySelector("input");
  const box = form.querySelector(".mos-progress");
  const [bar, words] = box.children;
  const button = form.querySelector("button[type=submit]");

  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("mos-drop-over", name === "dragenter" || name === "dragover");
    });
  }
  drop.addEventListener("drop", (event) => {
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });

  function showErrors(errors) {
    for (const old of form.querySelectorAll("[data-error]")) old.remove();
    for (const [name, sentences] of Object.entries(errors)) {
      const place = form.querySelector(`[data-field="${name}"]`) ?? form;
      for (const sentence of sentences) {
        const line = document.createElement("p");
        line.className = "mos-error";
        line.dataset.error = "";
        line.setAttribute("role", "alert");
        line.textContent = sentence;
        place.append(line);
      }
    }
    box.hidden = true;
    button.disabled = false;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const request = new XMLHttpRequest();
    request.open("POST", location.href);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.value = (100 * loaded) / total;
      words.textContent = `${Math.floor((100 * loaded) / total)} %`;
    });
    request.upload.addEventListener("load", () => {
      bar.removeAttribute("value");
      words.textContent = form.dataset.reading;
    });
    request.addEventListener("load", () => {
      if (request.response?.url) location.href = request.response.url;
      else showErrors(request.response?.errors ?? { file: [form.dataset.failed] });
    });
    request.addEventListener("error", () => showErrors({ file: [form.dataset.failed] }));
    showErrors({});
    box.hidden = false;
    button.disabled = true;
    request.send(new FormData(form));
  });
});
