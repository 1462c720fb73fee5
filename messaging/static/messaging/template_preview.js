/* The live preview of a template: asks the server to fill a message in for a customer
   and shows it in a frame that has no rights. */
(() => {
  "use strict";

  const PAUSE = 500;

  function token() {
    return document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  }

  function later(wait, run) {
    let timer;
    return (...values) => {
      clearTimeout(timer);
      timer = setTimeout(() => run(...values), wait);
    };
  }

  /* How many parts of an SMS a text takes: 160 simple characters, or 70 of any kind;
     less in each part when there are several. */
  function smsParts(text) {
    const simple = /^[\n\r -~£¥§¿¡äöüÄÖÜñÑàéèìòùÇØøÅåÆæßÉΔΦΓΛΩΠΨΣΘΞ€]*$/.test(text);
    const [one, many] = simple ? [160, 153] : [70, 67];
    return text.length <= one ? 1 : Math.ceil(text.length / many);
  }

  /* A frame follows the reader's own light or dark, so its rules for either are turned
     on or off in its source. */
  function inScheme(html, isDark) {
    return html
      .replace(/\(\s*prefers-color-scheme\s*:\s*dark\s*\)/gi, isDark ? "(min-width: 0)" : "(max-width: 0)")
      .replace(/\(\s*prefers-color-scheme\s*:\s*light\s*\)/gi, isDark ? "(max-width: 0)" : "(min-width: 0)");
  }

  class CustomerChoice {
    constructor(root, facts, onChange) {
      this.input = root.querySelector("[data-customer]");
      this.list = root.querySelector("[data-options]");
      this.example = root.querySelector("[data-example]");
      this.url = facts.customersUrl;
      this.onChange = onChange;
      this.found = [];
      this.active = -1;
      this.choose(facts.customer, false);
      if (!facts.mayChoose) {
        this.input.closest(".mos-tpl-combo").hidden = true;
        return;
      }
      const search = later(200, () => this.search());
      this.input.addEventListener("input", search);
      this.input.addEventListener("focus", () => this.input.select());
      this.input.addEventListener("click", () => this.search(""));
      this.input.addEventListener("keydown", (event) => this.key(event));
      this.input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    }

    get id() {
      return this.customer?.id ?? "";
    }

    choose(customer, tell = true) {
      this.customer = customer;
      this.input.value = customer ? this.label(customer) : "";
      this.example.hidden = Boolean(customer);
      this.close();
      if (tell) this.onChange();
    }

    label(customer) {
      return customer.email ? `${customer.name} · ${customer.email}` : customer.name;
    }

    async search(words = this.input.value) {
      const response = await fetch(`${this.url}?q=${encodeURIComponent(words)}`).catch(() => null);
      if (!response?.ok || document.activeElement !== this.input) return;
      this.found = (await response.json()).customers;
      this.show();
    }

    show() {
      this.active = -1;
      this.list.replaceChildren(
        ...this.found.map((customer, number) => {
          const item = document.createElement("li");
          item.id = `preview-customer-${number}`;
          item.setAttribute("role", "option");
          const name = document.createElement("strong");
          name.textContent = customer.name;
          item.append(name, ` ${customer.email}`);
          item.addEventListener("mousedown", (event) => {
            event.preventDefault();
            this.choose(customer);
          });
          return item;
        }),
      );
      if (!this.found.length) {
        const none = document.createElement("li");
        none.className = "mos-faint";
        none.setAttribute("role", "option");
        none.setAttribute("aria-disabled", "true");
        none.textContent = "Nobody is found by these words.";
        this.list.append(none);
      }
      this.list.hidden = false;
      this.input.setAttribute("aria-expanded", "true");
    }

    close() {
      this.list.hidden = true;
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
    }

    key(event) {
      if (event.key === "Escape") {
        this.choose(this.customer, false);
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (this.list.hidden) this.search("");
        else this.move(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Enter") {
        event.preventDefault();
        const chosen = this.found[this.active] ?? (this.list.hidden ? null : this.found[0]);
        if (chosen) this.choose(chosen);
      }
    }

    move(step) {
      if (!this.found.length) return;
      this.active = (this.active + step + this.found.length) % this.found.length;
      [...this.list.children].forEach((item, number) => {
        item.setAttribute("aria-selected", String(number === this.active));
        if (number !== this.active) return;
        item.scrollIntoView({ block: "nearest" });
        this.input.setAttribute("aria-activedescendant", item.id);
      });
    }
  }

  class Preview {
    /* `collect` returns the form data that says what to show, `channel` the kind of
       message; `onAnswer` hears what the server said. */
    constructor({ collect, channel, onAnswer = () => {} }) {
      const facts = JSON.parse(document.getElementById("template-editor").textContent);
      this.root = document.querySelector("[data-preview]");
      Object.assign(this, { facts, collect, channel, onAnswer });
      this.part = "html";
      this.answer = null;
      this.wait = later(PAUSE, () => this.load());
      this.customer = new CustomerChoice(this.root, facts, () => this.load());
      this.listen();
      this.load();
    }

    find(name) {
      return this.root.querySelector(`[data-${name}]`);
    }

    listen() {
      this.switch("device", (value) => this.root.classList.toggle("mos-tpl-narrow", value === "phone"));
      this.switch("scheme", (value) => {
        this.root.classList.toggle("mos-tpl-dark", value === "dark");
        this.show();
      });
      this.switch("part", (value) => {
        this.part = value;
        this.show();
      });
      this.find("test")?.addEventListener("click", () => this.sendTest());
    }

    switch(name, change) {
      const buttons = [...this.root.querySelectorAll(`[data-${name}]`)].filter((node) => node.tagName === "BUTTON");
      for (const button of buttons) {
        button.addEventListener("click", () => {
          for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
          change(button.dataset[name]);
        });
      }
    }

    async post(url, signal) {
      const body = this.collect();
      body.set("customer", this.customer.id);
      const response = await fetch(url, {
        method: "POST",
        body,
        headers: { "X-CSRFToken": token() },
        signal,
      });
      if (!response.ok) throw new Error(String(response.status));
      return response.json();
    }

    async load() {
      this.running?.abort();
      const running = (this.running = new AbortController());
      const failure = this.find("failure");
      try {
        const answer = await this.post(this.facts.previewUrl, running.signal);
        failure.hidden = true;
        this.root.classList.toggle("mos-tpl-stale", !answer.rendered && Boolean(this.answer));
        this.find("stale").hidden = answer.rendered || !this.answer;
        if (answer.rendered) this.answer = answer;
        this.show();
        this.onAnswer(answer);
      } catch (error) {
        if (error.name === "AbortError") return;
        failure.textContent = "The preview cannot be made just now. What you wrote is kept here.";
        failure.hidden = false;
      }
    }

    show() {
      const channel = this.channel();
      const isMail = channel === "email";
      for (const node of this.root.querySelectorAll("[data-email-only]")) node.hidden = !isMail;
      const answer = this.answer;
      const asText = isMail && (this.part === "text" || (answer && !answer.html));
      this.find("frame").hidden = !isMail || asText;
      this.find("text").hidden = !asText;
      this.find("bubble").hidden = isMail || channel === "in_app";
      this.find("notification").hidden = channel !== "in_app";
      this.find("size").textContent = "";
      if (!answer) return;
      this.find("subject").textContent = answer.subject || "–";
      this.find("text").textContent = answer.text;
      this.find("bubble-text").textContent = answer.text;
      this.find("notification-title").textContent = answer.subject;
      this.find("notification-text").textContent = answer.text;
      this.find("notification-link").textContent = answer.action_url;
      if (isMail && !asText) this.paint(inScheme(answer.html, this.root.classList.contains("mos-tpl-dark")));
      this.find("size").textContent = this.sizeWords(channel, answer);
    }

    sizeWords(channel, answer) {
      if (channel === "sms") {
        const parts = smsParts(answer.text);
        return `${answer.text.length} characters, ${parts} SMS`;
      }
      if (channel !== "email" || !answer.html) return "";
      const size = `${Math.ceil(answer.size / 1024)} KB`;
      return answer.size > 102 * 1024 ? `${size}: Gmail cuts mails off at 102 KB.` : size;
    }

    /* Load the mail in a second frame and change over when it is there, so that the
       picture does not flicker at every letter. */
    paint(html) {
      const place = this.find("frame");
      if (this.painted === html && place.firstElementChild) return;
      this.painted = html;
      const frame = document.createElement("iframe");
      frame.setAttribute("sandbox", "");
      frame.title = "The mail";
      frame.className = "mos-tpl-waiting";
      frame.srcdoc = html;
      const change = () => {
        if (!frame.isConnected || !frame.classList.contains("mos-tpl-waiting")) return;
        frame.classList.remove("mos-tpl-waiting");
        while (place.firstElementChild !== frame) place.firstElementChild.remove();
      };
      frame.addEventListener("load", change);
      setTimeout(change, 1500);
      place.append(frame);
    }

    async sendTest() {
      const button = this.find("test");
      const status = this.find("status");
      button.disabled = true;
      status.textContent = "Sending…";
      try {
        status.textContent = (await this.post(this.facts.testUrl)).message;
      } catch {
        status.textContent = "The test could not be sent just now.";
      }
      button.disabled = false;
    }
  }

  window.MessagePreview = Preview;

  document.addEventListener("DOMContentLoaded", () => {
    const page = document.querySelector("[data-template-page]");
    if (!page?.dataset.version || !document.querySelector("[data-preview]")) return;
    const collect = () => {
      const data = new FormData();
      data.set("version", page.dataset.version);
      return data;
    };
    new Preview({ collect, channel: () => page.dataset.type });
  });
})();
