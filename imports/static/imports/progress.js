// Asks once a second how far the import is, and shows the page anew when it moves on.
"use strict";

const PATIENCE = 8; // seconds of waiting before a missing worker is spoken of
const WORKER_SILENT = 90; // seconds

function duration(seconds) {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

document.addEventListener("DOMContentLoaded", () => {
  const panel = document.getElementById("import-progress");
  const bar = panel.querySelector("progress");
  const text = panel.querySelector("[data-text]");
  const say = panel.dataset;
  const waiting = text.textContent;
  let waited = 0;

  function words(job) {
    if (job.is_waiting) {
      waited += 1;
      const seen = job.worker_seen ? (Date.now() - Date.parse(job.worker_seen)) / 1000 : Infinity;
      return waited > PATIENCE && seen > WORKER_SILENT ? say.down : waiting;
    }
    const parts = [
      say.rows.replace("%1", job.rows_done.toLocaleString()).replace("%2", job.rows_total.toLocaleString()),
    ];
    if (job.rate) parts.push(say.rate.replace("%s", job.rate.toLocaleString()));
    if (job.seconds_left !== null) parts.push(say.left.replace("%s", duration(job.seconds_left)));
    return parts.join(" · ");
  }

  async function look() {
    try {
      const answer = await fetch(say.url, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.statusText);
      const job = await answer.json();
      if (job.status !== say.status) {
        location.reload();
        return;
      }
      if (job.percent) bar.value = job.percent;
      for (const count of document.querySelectorAll("[data-count]")) {
        count.textContent = job[count.dataset.count].toLocaleString();
      }
      text.textContent = words(job);
    } catch {
      text.textContent = say.lost;
    }
    setTimeout(look, 1000);
  }
  look();
});
