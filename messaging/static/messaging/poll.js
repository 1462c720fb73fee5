// Keeps a part of a page fresh: fetches data-poll-url every data-poll-seconds, and
// loads the whole page anew once the state named in it is another.
"use strict";
document.querySelectorAll("[data-poll-url]").forEach((part) => {
  const state = () => part.querySelector("[data-state]")?.dataset.state;
  const first = state();
  const wait = Number(part.dataset.pollSeconds || 2) * 1000;
  const moves = () => state() === "sending" || state() === "preparing";
  const refresh = async () => {
    if (!document.hidden) {
      try {
        const response = await fetch(part.dataset.pollUrl, { redirect: "error" });
        if (response.ok) part.innerHTML = await response.text();
      } catch {
        // The server is restarting or the network is away: try again later.
      }
    }
    if (state() !== first) location.reload();
    else if (moves()) setTimeout(refresh, wait);
  };
  if (moves()) setTimeout(refresh, wait);
});
