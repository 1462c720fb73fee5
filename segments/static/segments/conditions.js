// The builder of conditions. It only turns what is chosen into the tree; what the tree
// means, finds and lacks is the server's to say.
(() => {
  "use strict";

  let numbers = 0;

  function element(name, className = "", text = "") {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  function icon(name) {
    const made = element("span", "material-symbols-outlined", name);
    made.setAttribute("aria-hidden", "true");
    return made;
  }

  // The document as groups with a mode and members, and back, with a path for each.
  function fromDocument(node) {
    if (Array.isArray(node.all)) return { mode: "all", members: node.all.map(fromDocument) };
    if (Array.isArray(node.any)) return { mode: "any", members: node.any.map(fromDocument) };
    if (node.not) {
      const inner = fromDocument(node.not);
      return inner.mode === "any" ? { ...inner, mode: "none" } : { mode: "none", members: [inner] };
    }
    const { version, ...leaf } = node;
    return leaf;
  }

  function toDocument(node, path, places) {
    places.set(path, node);
    if (!node.mode) return node;
    const at = node.mode === "none" ? "not.any" : node.mode;
    const members = node.members.map((member, place) =>
      toDocument(member, `${path ? `${path}.` : ""}${at}[${place}]`, places));
    return node.mode === "none" ? { not: { any: members } } : { [node.mode]: members };
  }

  // A list that may be left out is left out when nothing is in it.
  function leaveOutEmpty(node) {
    for (const key of ["from", "to", "codes"]) {
      if (Array.isArray(node[key]) && !node[key].length) delete node[key];
    }
    (node.members || []).forEach(leaveOutEmpty);
  }

  class Builder {
    constructor(area, place, offered, suggestUrl) {
      Object.assign(this, { area, place, offered, suggestUrl });
      this.words = offered.words;
      this.boxes = new Map();
      this.answers = new Map();
      this.root = this.read();
      this.draw();
      area.hidden = true;
    }

    read() {
      try {
        const found = fromDocument(JSON.parse(this.area.value || "{}"));
        if (found.mode) return found;
        return { mode: "all", members: found.type ? [found] : [] };
      } catch {
        return { mode: "all", members: [] };
      }
    }

    write() {
      leaveOutEmpty(this.root);
      this.places = new Map();
      const found = toDocument(this.root, "", this.places);
      this.area.value = JSON.stringify({ version: 1, ...found });
      this.area.dispatchEvent(new Event("input", { bubbles: true }));
    }

    draw() {
      this.boxes.clear();
      this.place.replaceChildren(this.group(this.root, null));
      this.write();
    }

    // Shows the server's complaint beside the condition that it is about.
    mark(path, message) {
      this.unmark();
      let at = path;
      while (at && !this.places.has(at)) at = at.replace(/(^|\.|\[)[^.[]*$/, "");
      const box = this.boxes.get(this.places.get(at) || this.root);
      if (!box) return;
      const told = element("p", "cond-error", message);
      told.dataset.told = "";
      box.classList.add("cond-wrong");
      box.append(told);
    }

    unmark() {
      this.place.querySelectorAll("[data-told]").forEach((one) => one.remove());
      this.place.querySelectorAll(".cond-wrong").forEach((one) => one.classList.remove("cond-wrong"));
    }

    element(...wanted) {
      return element(...wanted);
    }

    button(label, symbol, work, className = "mos-button cond-button") {
      const made = element("button", className);
      made.type = "button";
      made.append(icon(symbol), document.createTextNode(label));
      made.addEventListener("click", work);
      return made;
    }

    remover(label, work) {
      const made = this.button("", "close", work, "cond-remove");
      made.setAttribute("aria-label", label);
      made.title = label;
      return made;
    }

    group(node, parent) {
      const box = element("fieldset", parent ? "cond-group" : "cond-group cond-root");
      this.boxes.set(node, box);
      const legend = element("legend", "home-hidden", parent ? this.words.inner : this.words.group);
      const head = element("div", "cond-head");
      const modes = ["all", "any", "none"].map((mode) => [mode, this.words[mode]]);
      const choice = this.select(legend.textContent, modes, node.mode, (mode) => {
        node.mode = mode;
        this.write();
      });
      head.append(element("span", "cond-say", legend.textContent), choice);
      if (parent) head.append(this.remover(this.words.remove_group, () => this.remove(node, parent)));
      const list = element("div", "cond-members");
      node.members.forEach((member) => list.append(this.node(member, node)));
      const foot = element("div", "cond-foot");
      foot.append(
        this.button(this.words.add, "add", () => this.add(node, { type: this.offered.attributes.length ? "attribute" : "field" })),
        this.button(this.words.add_group, "add_box", () => this.add(node, { mode: "any", members: [] })),
      );
      box.append(legend, head, list, foot);
      return box;
    }

    node(node, parent) {
      return node.mode ? this.group(node, parent) : this.condition(node, parent);
    }

    add(group, member) {
      group.members.push(member);
      const made = this.node(member, group);
      this.boxes.get(group).querySelector(":scope > .cond-members").append(made);
      made.querySelector("select").focus();
      this.write();
    }

    remove(node, parent) {
      parent.members.splice(parent.members.indexOf(node), 1);
      this.boxes.get(node).remove();
      this.boxes.get(parent).querySelector(":scope > .cond-foot button").focus();
      this.write();
    }

    condition(node, parent) {
      const box = element("div", "cond-row");
      this.boxes.set(node, box);
      const controls = element("div", "cond-controls");
      const kind = this.select(this.words.kind, this.offered.kinds, node.type, (type) => {
        for (const key of Object.keys(node)) delete node[key];
        node.type = type;
        fill();
      });
      const parts = element("div", "cond-parts");
      const fill = () => {
        parts.replaceChildren(...this[`kind_${node.type}`](node, fill).filter(Boolean));
        this.write();
      };
      controls.append(kind, parts);
      box.append(controls, this.remover(this.words.remove_condition, () => this.remove(node, parent)));
      parts.replaceChildren(...this[`kind_${node.type}`](node, fill).filter(Boolean));
      return box;
    }

    // The controls; each has a name that is read out.
    labelled(label, control) {
      control.setAttribute("aria-label", label);
      control.title = label;
      control.classList.add("seg-input", "cond-control");
      return control;
    }

    select(label, options, value, work) {
      const made = element("select");
      const known = options.some(([one]) => String(one) === String(value));
      if (!known) made.append(new Option(value == null || value === "" ? `${this.words.choose}…` : String(value), value ?? ""));
      for (const [one, text] of options) made.append(new Option(text, one));
      made.value = value ?? "";
      made.addEventListener("change", () => work(made.value));
      return this.labelled(label, made);
    }

    input(label, type, value, work) {
      const made = element("input");
      made.type = type;
      if (type === "number") made.step = "any";
      made.value = value ?? "";
      made.placeholder = label;
      made.autocomplete = "off";
      made.addEventListener("input", () => {
        work(made.value);
        this.write();
      });
      return this.labelled(label, made);
    }

    text(label, node, key, question) {
      const made = this.input(label, "text", node[key], (value) => this.set(node, key, value));
      return question ? this.suggesting(made, question) : made;
    }

    number(label, node, key) {
      return this.input(label, "number", node[key], (value) => this.set(node, key, value === "" ? undefined : Number(value)));
    }

    // A number alone does not say what it counts once it hides its placeholder.
    captioned(label, node, key) {
      const box = element("span", "cond-captioned");
      const caption = element("span", "cond-caption", label);
      caption.setAttribute("aria-hidden", "true");
      box.append(caption, this.number(label, node, key));
      return box;
    }

    set(node, key, value) {
      if (value === undefined || value === "") delete node[key];
      else node[key] = value;
    }

    chosen(label, options, node, key, work, preset) {
      if (node[key] === undefined && preset !== undefined) node[key] = preset;
      return this.select(label, options, node[key], (value) => {
        this.set(node, key, value);
        if (work) work();
        else this.write();
      });
    }

    checkbox(label, node, key) {
      const box = element("label", "cond-check");
      const made = element("input");
      made.type = "checkbox";
      made.checked = Boolean(node[key]);
      made.addEventListener("change", () => {
        this.set(node, key, made.checked || undefined);
        this.write();
      });
      box.append(made, document.createTextNode(label));
      return box;
    }

    // Several values: each becomes a chip when Enter or a comma ends it.
    several(label, node, key, question, read = (value) => value) {
      const box = element("div", "cond-several");
      const chips = element("span", "cond-chips");
      const typed = element("input");
      typed.type = "text";
      typed.placeholder = `${label}…`;
      typed.title = this.words.enter;
      typed.autocomplete = "off";
      const show = () => {
        chips.replaceChildren(...(node[key] || []).map((value, place) => {
          const chip = element("span", "cond-chip", String(value));
          chip.append(this.remover(`${this.words.remove} ${value}`, () => {
            node[key].splice(place, 1);
            show();
            this.write();
            typed.focus();
          }));
          return chip;
        }));
      };
      const take = () => {
        const value = typed.value.trim();
        typed.value = "";
        if (!value || (node[key] || []).includes(read(value))) return;
        node[key] = [...(node[key] || []), read(value)];
        show();
        this.write();
      };
      typed.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === ",") {
          event.preventDefault();
          take();
        } else if (event.key === "Backspace" && !typed.value && node[key]?.length) {
          node[key].pop();
          show();
          this.write();
        }
      });
      typed.addEventListener("change", take);
      this.labelled(`${label}. ${this.words.enter}`, typed);
      box.append(chips, question ? this.suggesting(typed, question) : typed);
      show();
      return box;
    }

    suggesting(input, question) {
      const list = element("datalist");
      list.id = `cond-values-${(numbers += 1)}`;
      input.setAttribute("list", list.id);
      const offer = (values) => list.replaceChildren(...values.map((value) => new Option("", value)));
      if (Array.isArray(question)) offer(question);
      else input.addEventListener("focus", async () => offer((await this.ask(question)).values || []), { once: true });
      const both = element("span", "cond-suggesting");
      both.append(input, list);
      return both;
    }

    async ask(question) {
      const query = String(new URLSearchParams(question));
      if (!this.answers.has(query)) {
        this.answers.set(query, fetch(`${this.suggestUrl}?${query}`, { credentials: "same-origin" })
          .then((answer) => answer.json()).catch(() => ({})));
      }
      return this.answers.get(query);
    }

    pair(node, key, type) {
      const read = (value) => (type === "number" ? Number(value) : value);
      const values = Array.isArray(node[key]) && node[key].length === 2 ? node[key] : ["", ""];
      node[key] = values;
      return [this.words.from, this.words.to].map((label, place) =>
        this.input(label, type, values[place], (value) => { values[place] = value === "" ? "" : read(value); }));
    }

    // What an operator wants as its value.
    values(wants, node, key, question) {
      const { words } = this;
      const numeric = (value) => (Number.isNaN(Number(value)) ? value : Number(value));
      switch (wants) {
        case "text": return [this.text(words.value, node, key, question)];
        case "texts": return [this.several(words.value, node, key, question)];
        case "items": return [this.several(words.value, node, key, question)];
        case "number": return [this.number(words.value, node, key)];
        case "numbers": return [this.several(words.value, node, key, null, numeric)];
        case "range": return this.pair(node, key, "number");
        case "period": return this.pair(node, key, "date");
        case "day": return [this.input(words.value, "date", node[key], (value) => this.set(node, key, value))];
        case "days": return [this.number(words.days, node, key)];
        default: return [];
      }
    }

    comparison(node, type, fill, question) {
      const operators = this.offered.operators[type] || [];
      if (!operators.some(([name]) => name === node.operator)) {
        node.operator = operators[0]?.[0];
        delete node.value;
      }
      const wants = operators.find(([name]) => name === node.operator)?.[2];
      const choice = this.select(this.words.operator, operators, node.operator, (operator) => {
        const wanted = operators.find(([name]) => name === operator)[2];
        node.operator = operator;
        if (wanted !== wants) delete node.value;
        fill();
      });
      const hasCase = type === "string" && wants !== "nothing";
      if (!hasCase) delete node.ignore_case;
      return [choice, ...this.values(wants, node, "value", question),
        hasCase && this.checkbox(this.words.ignore_case, node, "ignore_case")];
    }

    window(node, fill) {
      const { windows, words } = this.offered;
      const choice = this.select(words.window, [["", words.ever], ...windows], node.window?.operator ?? "", (operator) => {
        if (operator) node.window = { operator };
        else delete node.window;
        fill();
      });
      const wants = windows.find(([name]) => name === node.window?.operator)?.[2];
      return [choice, ...(wants ? this.values(wants, node.window, "value") : [])];
    }
  }

  Object.assign(Builder.prototype, window.segmentConditionKinds);

  window.segmentConditions = (area, place, offered, url) => new Builder(area, place, offered, url);
  window.segmentConditions.Builder = Builder;
})();
