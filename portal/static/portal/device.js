// Tells the server the device of a visitor who said yes: once per visit, nothing before.
(() => {
  const KEY = "device-consent", TOLD = "device-told";
  const banner = document.getElementById("device-consent");
  const again = document.getElementById("device-again");
  if (!banner || !again) return;

  // A browser may refuse to keep anything; then the question comes again.
  const kept = (store, name, value) => {
    try {
      if (value === undefined) return window[store].getItem(name);
      window[store].setItem(name, value);
    } catch { /* not kept */ }
    return null;
  };

  const deviceType = () => {
    if (!matchMedia("(pointer: coarse)").matches) return "desktop";
    return Math.min(screen.width, screen.height) < 600 ? "phone" : "tablet";
  };

  const tell = async () => {
    if (kept("sessionStorage", TOLD)) return;
    const answer = await fetch(banner.dataset.url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        consent: true,
        type: deviceType(),
        screen_width: screen.width,
        screen_height: screen.height,
        memory: navigator.deviceMemory || null,
        time: new Date().toISOString(),
      }),
    }).catch(() => null);
    if (answer && answer.ok) kept("sessionStorage", TOLD, "1");
  };

  const settle = (answer) => {
    banner.hidden = Boolean(answer);
    again.hidden = !answer;
    if (answer === "yes") tell();
  };

  banner.addEventListener("click", (event) => {
    const answer = event.target.dataset.answer;
    if (!answer) return;
    kept("localStorage", KEY, answer);
    settle(answer);
    again.focus();
  });
  again.addEventListener("click", () => {
    settle(null);
    banner.querySelector("button").focus();
  });
  settle(kept("localStorage", KEY));
})();
