// Keeps an open list of notifications up to date. Without this script every button
// still works, by loading the page anew.
(() => {
  "use strict";
  const EVERY = 15000;
  const centre = document.getElementById("centre");
  let tag = `"${centre.dataset.tag}"`;
  let timer = 0;
  let isOver = false;

  const say = (sentence) => {
    document.getElementById("notice").replaceChildren(
      Object.assign(document.createElement("p"), { className: "notice", textContent: sentence }),
    );
  };

  const end = () => {
    isOver = true;
    clearTimeout(timer);
    say(centre.dataset.over);
  };

  // What did not change stays, and with it the focus.
  const mergeList = (fresh) => {
    const list = document.getElementById("list");
    const wanted = [...fresh.getElementById("list").children];
    const ids = new Set(wanted.map((one) => one.id));
    [...list.children].filter((one) => !ids.has(one.id)).forEach((one) => one.remove());
    wanted.forEach((one, place) => {
      const old = document.getElementById(one.id);
      if (!old) list.insertBefore(one, list.children[place] || null);
      else if (old.dataset.state !== one.dataset.state) old.replaceWith(one);
    });
  };

  const show = (html, isOwnAct) => {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const state = fresh.getElementById("centre");
    if (!state) return end();
    mergeList(fresh);
    for (const id of isOwnAct ? ["head", "notice", "pages"] : ["head", "pages"]) {
      const part = document.getElementById(id);
      if (isOwnAct || !part.contains(document.activeElement)) {
        part.replaceChildren(...fresh.getElementById(id).childNodes);
      }
    }
    document.title = fresh.title;
    tag = `"${state.dataset.tag}"`;
  };

  const ask = async () => {
    const answer = await fetch(centre.dataset.news, { headers: { "If-None-Match": tag }, cache: "no-store" });
    if (answer.status === 403) return end();
    if (answer.status !== 200) return;
    const page = await fetch(location.href);
    show(await page.text(), false);
    document.getElementById("spoken").textContent =
      document.querySelector(".count")?.textContent || "";
  };

  const wait = () => {
    clearTimeout(timer);
    if (!isOver && !document.hidden) timer = setTimeout(look, EVERY);
  };

  // A line that is down for a while only means that news come later.
  const look = () => ask().catch(() => {}).finally(wait);

  const focusAfter = (item) => {
    const place = item && document.getElementById(item.id);
    const undo = document.querySelector("#notice button");
    (place || undo || document.querySelector("#list > li"))?.focus();
  };

  centre.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter;
    const item = button.closest("li");
    button.disabled = true;
    try {
      const body = new URLSearchParams(new FormData(event.target));
      const answer = await fetch(button.formAction, { method: "POST", body });
      if (answer.ok || answer.status === 403) show(await answer.text(), true);
      else say(centre.dataset.failed);
    } catch {
      say(centre.dataset.failed);
    }
    button.disabled = false;
    if (!isOver) focusAfter(item);
  });

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else if (!isOver) look();
  });
  wait();
})();
