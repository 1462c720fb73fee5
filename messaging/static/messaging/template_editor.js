/* The form of a template: a code editor in place of the text area, the names that can
   be written into it, and the problems at their lines. */
(() => {
  "use strict";

  const CM = window.CodeMirror;
  const TEMPLATE_TAG = /\{\{[^}\n]*\}\}|\{%[^%\n]*%\}|\{#[^#\n]*#\}/g;
  const MULTILINE = new Set(["message", "body_text"]);

  const highlighter = CM.HighlightStyle.define([
    { tag: CM.tags.tagName, class: "tok-tag" },
    { tag: CM.tags.angleBracket, class: "tok-angle" },
    { tag: CM.tags.attributeName, class: "tok-attribute" },
    { tag: [CM.tags.attributeValue, CM.tags.string], class: "tok-string" },
    { tag: CM.tags.comment, class: "tok-comment" },
  ]);

  const tagMarks = new CM.MatchDecorator({
    regexp: TEMPLATE_TAG,
    decoration: ([text]) =>
      CM.Decoration.mark({ class: text.startsWith("{#") ? "cm-template-comment" : "cm-template-tag" }),
  });
  const showTags = CM.ViewPlugin.fromClass(
    class {
      constructor(view) {
        this.decorations = tagMarks.createDeco(view);
      }
      update(update) {
        this.decorations = tagMarks.updateDeco(update, this.decorations);
      }
    },
    { decorations: (plugin) => plugin.decorations },
  );

  /* Offer the names of values inside {{ … }} and {% … %}. */
  function completeNames(variables) {
    const options = variables
      .flatMap((group) => group.names)
      .map(({ path, tag, label }) => ({
        label: tag.slice(3, -3),
        detail: label === path.replace("customer.", "") ? undefined : label,
        type: "variable",
      }));
    return (context) => {
      const before = context.state.doc.lineAt(context.pos);
      const text = before.text.slice(0, context.pos - before.from);
      const open = Math.max(text.lastIndexOf("{{"), text.lastIndexOf("{%"));
      if (open < 0 || Math.max(text.lastIndexOf("}}"), text.lastIndexOf("%}")) > open) return null;
      const word = context.matchBefore(/[\w.'[\]]*/);
      if (!context.explicit && word.from === word.to) return null;
      return { from: word.from, options, validFor: /^[\w.'[\] ]*$/ };
    };
  }

  class SourceEditor {
    constructor(area, facts, onChange) {
      this.area = area;
      this.language = new CM.Compartment();
      this.components = Object.fromEntries(
        Object.entries(facts.components).map(([name, attributes]) => [
          name,
          { attrs: Object.fromEntries(attributes.map((attribute) => [attribute, null])) },
        ]),
      );
      const complete = completeNames(facts.variables);
      this.view = new CM.EditorView({
        state: CM.EditorState.create({
          doc: area.value,
          extensions: [
            CM.lineNumbers(), CM.foldGutter(), CM.lintGutter(), CM.history(), CM.drawSelection(),
            CM.highlightSpecialChars(), CM.indentOnInput(), CM.bracketMatching(), CM.closeBrackets(),
            CM.autocompletion(), CM.highlightActiveLine(), CM.highlightActiveLineGutter(),
            CM.highlightSelectionMatches(), CM.search({ top: true }),
            CM.syntaxHighlighting(highlighter), showTags, CM.EditorView.lineWrapping,
            CM.EditorState.languageData.of(() => [{ autocomplete: complete }]),
            CM.EditorView.contentAttributes.of({ "aria-label": "Message", tabindex: "0", spellcheck: "true" }),
            CM.keymap.of([
              ...CM.closeBracketsKeymap, ...CM.defaultKeymap, ...CM.searchKeymap,
              ...CM.historyKeymap, ...CM.foldKeymap, ...CM.completionKeymap, ...CM.lintKeymap,
            ]),
            this.language.of([]),
            CM.EditorView.updateListener.of((update) => {
              if (!update.docChanged) return;
              area.value = update.state.doc.toString();
              area.dispatchEvent(new Event("change", { bubbles: true }));
              onChange();
            }),
          ],
        }),
      });
      area.hidden = true;
      area.tabIndex = -1;
      area.after(this.view.dom);
    }

    speak(isMarkup, isMjml) {
      const language = isMarkup ? CM.html(isMjml ? { extraTags: this.components, selfClosingTags: true } : {}) : [];
      this.view.dispatch({ effects: this.language.reconfigure(language) });
    }

    mark(problems) {
      const doc = this.view.state.doc;
      const marks = problems.map((problem) => {
        const line = doc.line(Math.min(Math.max(problem.line, 1), doc.lines));
        const start = Math.min(line.from + Math.max(problem.column - 1, 0), line.to);
        const rest = doc.sliceString(start, line.to);
        const piece = rest.match(/^(\{\{.*?\}\}|\{%.*?%\}|<\/?[\w-]+|\S+)/);
        const end = piece ? start + piece[0].length : line.to;
        return {
          from: start, to: Math.max(end, start), severity: problem.level, message: problem.message,
        };
      });
      marks.sort((one, other) => one.from - other.from);
      this.view.dispatch(CM.setDiagnostics(this.view.state, marks));
    }

    goTo(problem) {
      const doc = this.view.state.doc;
      const line = doc.line(Math.min(Math.max(problem.line, 1), doc.lines));
      const at = Math.min(line.from + Math.max(problem.column - 1, 0), line.to);
      this.view.dispatch({
        selection: { anchor: at },
        effects: CM.EditorView.scrollIntoView(at, { y: "center" }),
      });
      this.view.focus();
    }

    insert(text) {
      this.view.dispatch(this.view.state.replaceSelection(text));
      this.view.focus();
    }
  }

  class Problems {
    constructor(form, editor) {
      this.place = form.querySelector("[data-problems]");
      this.form = form;
      this.editor = editor;
    }

    show(problems) {
      this.editor.mark(problems.filter((problem) => problem.field === "message" && problem.line));
      for (const error of this.form.querySelectorAll("[data-server-error]")) error.remove();
      if (!problems.length) {
        const fine = document.createElement("p");
        fine.className = "mos-tpl-fine";
        fine.textContent = "No problems.";
        this.place.replaceChildren(fine);
        return;
      }
      const list = document.createElement("ul");
      list.className = "mos-tpl-problems";
      list.append(...problems.map((problem) => this.item(problem)));
      this.place.replaceChildren(list);
    }

    item(problem) {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      const tone = problem.level === "warning" ? "warning" : "danger";
      button.className = `mos-tpl-problem mos-note-${tone}`;
      const where = document.createElement("b");
      where.textContent = this.where(problem);
      const what = document.createElement("span");
      what.textContent = problem.message;
      button.append(...(where.textContent ? [where] : []), what);
      button.addEventListener("click", () => this.go(problem));
      item.append(button);
      return item;
    }

    where(problem) {
      const line = problem.line && MULTILINE.has(problem.field) ? `Line ${problem.line}` : "";
      if (problem.field === "message") return line;
      const label = this.form.querySelector(`label[for="id_${problem.field}"]`);
      const name = label?.textContent.replace("*", "").trim() ?? problem.field;
      return line ? `${name}, ${line.toLowerCase()}` : name;
    }

    go(problem) {
      if (problem.field === "message") {
        this.editor.goTo(problem);
        return;
      }
      const input = this.form.querySelector(`[name="${problem.field}"]`);
      input?.closest("details")?.setAttribute("open", "");
      input?.focus();
    }
  }

  class Variables {
    constructor(form, groups, insert) {
      this.list = form.querySelector("[data-variables-list]");
      this.values = new Map();
      const panel = form.querySelector("[data-variables]");
      const toggle = form.querySelector("[data-variables-toggle]");
      const search = form.querySelector("[data-variables-search]");
      toggle.addEventListener("click", () => {
        panel.hidden = !panel.hidden;
        toggle.setAttribute("aria-expanded", String(!panel.hidden));
        if (!panel.hidden) search.focus();
      });
      search.addEventListener("input", () => this.filter(search.value));
      search.addEventListener("keydown", (event) => {
        if (event.key === "Enter") event.preventDefault();
      });
      for (const group of groups) this.add(group, insert);
    }

    add(group, insert) {
      if (!group.names.length) return;
      const section = document.createElement("section");
      const title = document.createElement("h3");
      title.textContent = group.title;
      section.append(title);
      for (const { path, tag, label } of group.names) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "mos-tpl-name";
        button.dataset.words = `${path} ${label} ${tag}`.toLowerCase();
        const name = document.createElement("code");
        name.textContent = tag;
        const value = document.createElement("span");
        if (path) this.values.set(path, value);
        else value.textContent = label;
        button.append(name, value);
        button.addEventListener("click", () => insert(tag));
        section.append(button);
      }
      this.list.append(section);
    }

    filter(text) {
      const words = text.toLowerCase().split(/\s+/).filter(Boolean);
      for (const section of this.list.children) {
        let shown = 0;
        for (const button of section.querySelectorAll("button")) {
          button.hidden = !words.every((word) => button.dataset.words.includes(word));
          shown += !button.hidden;
        }
        section.hidden = !shown;
      }
    }

    show(values) {
      for (const [path, place] of this.values) place.textContent = values[path] ?? "";
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("[data-template-form]")?.closest("form");
    if (!form) return;
    const facts = JSON.parse(document.getElementById("template-editor").textContent);
    const type = form.querySelector("[name=type]");
    const kind = form.querySelector("[name=templating_type]");
    let preview = null;
    const editor = new SourceEditor(form.querySelector("[name=message]"), facts, () => preview?.wait());
    const problems = new Problems(form, editor);

    let target = null;
    form.addEventListener("focusin", (event) => {
      if (event.target.closest(".cm-editor")) target = null;
      else if (event.target.matches("#id_subject, #id_preheader, #id_title, #id_action_url, #id_body_text")) target = event.target;
    });
    const variables = new Variables(form, [...facts.variables, facts.patterns], (tag) => {
      if (!target || target.closest("[hidden]")) {
        editor.insert(tag);
        return;
      }
      target.setRangeText(tag, target.selectionStart, target.selectionEnd, "end");
      target.focus();
      target.dispatchEvent(new Event("input", { bubbles: true }));
    });

    function fitChannel() {
      const channel = type.value;
      const isMail = channel === "email";
      for (const node of form.querySelectorAll("[data-channels]")) {
        node.hidden = !node.dataset.channels.split(" ").includes(channel);
      }
      for (const node of form.querySelectorAll("[data-kinds]")) {
        const fits = node.dataset.kinds.split(" ").includes(kind.value);
        node.hidden = !isMail || !fits;
      }
      form.querySelector("[data-code]").classList.toggle("mos-tpl-plain", !isMail);
      editor.speak(isMail && kind.value !== "text", kind.value === "mjml");
    }

    fitChannel();
    preview = new window.MessagePreview({
      collect: () => new FormData(form),
      channel: () => type.value,
      onAnswer: (answer) => {
        problems.show(answer.problems);
        variables.show(answer.values);
      },
    });
    form.addEventListener("input", (event) => {
      if (event.target.closest("[data-preview], [data-variables], .cm-editor")) return;
      preview.wait();
    });
    for (const select of [type, kind]) {
      select.addEventListener("change", () => {
        fitChannel();
        preview.load();
      });
    }
  });
})();
