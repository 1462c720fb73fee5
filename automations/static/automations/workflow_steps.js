// The picture of the steps: it is the document itself. Steps are added, moved and deleted
// in the page, and read out of it when something changed.
(() => {
  "use strict";

  const { parametersOf, showWhatCounts, startBuilders } = window.workflowFields;
  const isStep = (item) => item?.dataset.step !== undefined;
  const stepsIn = (way) => [...way.children].filter(isStep);
  const before = (step) => (isStep(step.previousElementSibling) ? step.previousElementSibling : null);
  const wayOf = (step, name) => step.querySelector(`:scope > .wf-ways > section > [data-way="${name}"]`);

  function read(step) {
    const form = step.querySelector(":scope > .wf-card > [data-parameters]");
    const made = { id: step.dataset.step, type: step.dataset.type, parameters: parametersOf(form) };
    for (const name of ["yes", "no"]) {
      const way = wayOf(step, name);
      if (way) made[name] = stepsIn(way).map(read);
    }
    return made;
  }

  class Steps {
    constructor(section, suggestUrl, changed) {
      Object.assign(this, { section, suggestUrl, changed });
      this.root = section.querySelector('[data-way="root"]');
      this.said = section.querySelector("[data-said]");
      this.chooser = document.querySelector("[data-chooser]");
      this.undoBar = section.querySelector("[data-undo]");
      section.addEventListener("click", (event) => this.clicked(event));
      this.chooser.addEventListener("click", (event) => this.chosen(event));
      this.offerMoves();
    }

    document() {
      return stepsIn(this.root).map(read);
    }

    clicked(event) {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.add) this.choose(button);
      const work = this[`do_${(button.dataset.do || "").replace("-", "_")}`];
      if (work) work.call(this, button.closest("[data-step]"), button);
    }

    // Adding
    choose(button) {
      this.place = button;
      this.chooser.showModal();
    }

    chosen(event) {
      const button = event.target.closest("button");
      if (event.target === this.chooser || button?.dataset.do === "close") this.chooser.close();
      if (!button?.dataset.kindOfStep) return;
      this.chooser.close();
      this.add(button.dataset.kindOfStep);
    }

    add(type) {
      const id = `s${Math.random().toString(36).slice(2, 9)}`;
      const holder = document.createElement("template");
      const made = this.section.querySelector(`template[data-new="${type}"]`);
      holder.innerHTML = made.innerHTML.trim().replaceAll("__id__", id);
      const step = holder.content.firstElementChild;
      this.place.closest("li").after(step);
      this.open(step, true);
      this.settle(step, this.said.dataset.added);
      (step.querySelector("[data-parameters] :is(input, select, textarea):not([hidden])") || step.querySelector("button")).focus();
    }

    // Editing
    open(step, isOpen) {
      const form = step.querySelector(":scope > .wf-card > [data-parameters]");
      if (!form) return;
      form.hidden = !isOpen;
      step.querySelector(':scope > .wf-card [data-do="edit"]').setAttribute("aria-expanded", String(isOpen));
      showWhatCounts(form);
      if (isOpen) startBuilders(form, this.suggestUrl);
    }

    do_edit(step, button) {
      this.open(step, button.getAttribute("aria-expanded") !== "true");
    }

    // Moving: past the end of a way leads out of its branch.
    do_up(step, button) {
      const above = before(step);
      if (above) above.before(step);
      else this.branchOf(step)?.before(step);
      this.moved(step, button);
    }

    do_down(step, button) {
      const below = step.nextElementSibling;
      if (below) below.after(step);
      else this.branchOf(step)?.after(step);
      this.moved(step, button);
    }

    do_into_yes(step, button) {
      wayOf(before(step), "yes").append(step);
      this.moved(step, button);
    }

    do_into_no(step, button) {
      wayOf(before(step), "no").append(step);
      this.moved(step, button);
    }

    branchOf(step) {
      return step.parentElement.closest("[data-step]");
    }

    moved(step, button) {
      this.settle(step, this.said.dataset.up);
      const focused = button.hidden || button.disabled ? step.querySelector(".wf-tool:not([disabled], [hidden])") : button;
      focused.focus();
      step.scrollIntoView({ block: "nearest" });
    }

    // Deleting can be undone until the page is left.
    do_delete(step) {
      this.deleted = { step, after: step.previousElementSibling };
      const words = step.querySelector("h3").textContent.trim();
      step.remove();
      this.undoBar.querySelector("[data-undo-words]").textContent = this.said.dataset.deleted.replace("%s", words);
      this.undoBar.hidden = false;
      this.settle(null, "");
      this.undoBar.querySelector("button").focus();
    }

    do_undo() {
      const { step, after } = this.deleted;
      if (after.isConnected) after.after(step);
      else this.root.append(step);
      this.undoBar.hidden = true;
      this.settle(step, this.said.dataset.added);
      step.querySelector("button").focus();
    }

    settle(step, words) {
      this.offerMoves();
      if (step) {
        const all = stepsIn(step.parentElement);
        const place = this.said.dataset.place.replace("%s", all.indexOf(step) + 1).replace("%s", all.length);
        const side = step.parentElement.closest("section")?.getAttribute("aria-label") || "";
        this.said.textContent = [words, side, place].filter(Boolean).join(" ");
      }
      this.changed();
    }

    // Only moves that lead somewhere are offered.
    offerMoves() {
      for (const step of this.root.querySelectorAll("[data-step]")) {
        const tool = (name) => step.querySelector(`:scope > .wf-card [data-do="${name}"]`);
        const inBranch = Boolean(this.branchOf(step));
        const above = before(step);
        const canEnter = Boolean(above && wayOf(above, "yes"));
        tool("up").disabled = !above && !inBranch;
        tool("down").disabled = !step.nextElementSibling && !inBranch;
        tool("into-yes").hidden = !canEnter;
        tool("into-no").hidden = !canEnter;
      }
    }

    // What the server says of each step; of one that is not finished it says nothing.
    tell(told) {
      for (const step of this.root.querySelectorAll("[data-step]")) {
        const words = told[step.dataset.step];
        const place = step.querySelector(":scope > .wf-card [data-words]");
        place.textContent = words ?? this.said.dataset.unfinished;
      }
    }
  }

  window.workflowSteps = (...wanted) => new Steps(...wanted);
})();
