// A code editor in place of the text area of SQL, where the browser can have one: with
// the names of tables and columns offered, and the place of an error underlined.
(() => {
  "use strict";

  const CM = window.CodeMirror;

  const KEYWORDS =
    "select from where and or not in is null as on join left right full inner outer cross lateral " +
    "using group by having order asc desc nulls first last limit offset union all intersect except " +
    "distinct exists between like ilike similar case when then else end with recursive values " +
    "true false any some filter over partition within interval cast";
  const FUNCTIONS =
    "count sum avg min max coalesce nullif now date_trunc extract lower upper length row_number";
  const PARTS = new RegExp(
    [
      "(--.*$|/\\*.*?\\*/)",
      "('(?:[^']|'')*'?)",
      "(\\b\\d+(?:\\.\\d+)?\\b)",
      `(\\b(?:${KEYWORDS.replaceAll(" ", "|")})\\b)`,
    ].join("|"),
    "gi",
  );
  const CLASSES = ["seg-comment", "seg-string", "seg-number", "seg-keyword"];

  function highlighting() {
    const marks = new CM.MatchDecorator({
      regexp: PARTS,
      decoration: (match) =>
        CM.Decoration.mark({ class: CLASSES[match.slice(1).findIndex((part) => part !== undefined)] }),
    });
    return CM.ViewPlugin.fromClass(
      class {
        constructor(view) {
          this.decorations = marks.createDeco(view);
        }
        update(update) {
          this.decorations = marks.updateDeco(update, this.decorations);
        }
      },
      { decorations: (plugin) => plugin.decorations },
    );
  }

  const NAMED = /\b(?:from|join)\s+(?:seg\.)?(\w+)(?:\s+(?:as\s+)?(\w+))?/gi;

  // The table that a name before a dot stands for: itself, or one that it is short for.
  function tableNamed(name, text, tables) {
    const known = (table) => tables.find((one) => one.name === table.toLowerCase());
    for (const [, table, short] of text.matchAll(NAMED)) {
      if (short?.toLowerCase() === name.toLowerCase()) return known(table);
    }
    return known(name);
  }

  function columnsOf(table) {
    return table.columns.map(([label, detail, info]) => ({ label, detail, info, type: "property", boost: 1 }));
  }

  function completion(tables, attributes) {
    const columns = new Map();
    for (const table of tables) {
      for (const [label, detail] of table.columns) columns.set(label, { label, detail, type: "property", boost: 1 });
    }
    const everything = [
      ...tables.map(({ name, info }) => ({ label: name, type: "class", info, boost: 2 })),
      ...columns.values(),
      ...attributes.map((label) => ({ label, detail: "attribute", type: "constant" })),
      ...KEYWORDS.split(" ").map((word) => ({ label: word.toUpperCase(), type: "keyword" })),
      ...FUNCTIONS.split(" ").map((word) => ({ label: word, apply: `${word}(`, type: "function" })),
    ];
    return (context) => {
      const word = context.matchBefore(/\w*/);
      const owner = context.matchBefore(/\w+\.\w*/);
      const table = owner && tableNamed(owner.text.split(".")[0], context.state.doc.toString(), tables);
      if (table) return { from: word.from, options: columnsOf(table), validFor: /^\w*$/ };
      if (!context.explicit && word.text.length < 2) return null;
      return { from: word.from, options: everything, validFor: /^\w*$/ };
    };
  }

  function placeOf(doc, line, column) {
    const found = doc.line(Math.min(Math.max(line, 1), doc.lines));
    // PostgreSQL counts characters, the editor UTF-16 units.
    const before = [...found.text].slice(0, Math.max(column - 1, 0)).join("").length;
    return { from: Math.min(found.from + before, found.to), to: found.to };
  }

  class SqlEditor {
    constructor(area, tables, attributes) {
      this.area = area;
      const isReadOnly = area.disabled;
      const complete = completion(tables, attributes);
      this.view = new CM.EditorView({
        state: CM.EditorState.create({
          doc: area.value,
          extensions: [
            CM.lineNumbers(), CM.lintGutter(), CM.history(), CM.drawSelection(), CM.bracketMatching(),
            CM.closeBrackets(), CM.autocompletion(), CM.highlightActiveLineGutter(), highlighting(),
            CM.EditorState.languageData.of(() => [{ autocomplete: complete }]),
            CM.EditorState.readOnly.of(isReadOnly),
            CM.EditorView.contentAttributes.of({ "aria-label": "SQL", tabindex: "0", spellcheck: "false" }),
            CM.keymap.of([
              ...CM.closeBracketsKeymap, ...CM.completionKeymap, ...CM.defaultKeymap, ...CM.historyKeymap,
            ]),
            CM.EditorView.updateListener.of((update) => {
              if (!update.docChanged) return;
              area.value = update.state.doc.toString();
              area.dispatchEvent(new Event("input", { bubbles: true }));
            }),
          ],
        }),
      });
      area.hidden = true;
      area.after(this.view.dom);
    }

    goTo(line, column) {
      const { from, to } = placeOf(this.view.state.doc, line, column);
      this.view.dispatch({
        selection: { anchor: from, head: to },
        effects: CM.EditorView.scrollIntoView(from, { y: "center" }),
      });
      this.view.focus();
    }

    insert(text) {
      this.view.dispatch(this.view.state.replaceSelection(text));
      this.view.focus();
    }

    mark(line, column, message) {
      const { from, to } = placeOf(this.view.state.doc, line, column);
      const word = this.view.state.sliceDoc(from, to).match(/^(\w+|\S)/);
      const end = word ? from + word[0].length : to;
      const found = { from, to: Math.max(from, end), severity: "error", message };
      this.view.dispatch(CM.setDiagnostics(this.view.state, [found]));
    }

    unmark() {
      this.view.dispatch(CM.setDiagnostics(this.view.state, []));
    }
  }

  class PlainEditor {
    constructor(area) {
      this.area = area;
    }

    goTo(line, column) {
      const lines = this.area.value.split("\n");
      const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
      const text = lines[line - 1] || "";
      const before = [...text].slice(0, column - 1).join("").length;
      this.area.focus();
      this.area.setSelectionRange(start + before, start + text.length);
    }

    insert(text) {
      this.area.focus();
      this.area.setRangeText(text, this.area.selectionStart, this.area.selectionEnd, "end");
    }

    mark() {}

    unmark() {}
  }

  window.segmentSqlEditor = (area, tables, attributes) =>
    CM ? new SqlEditor(area, tables, attributes) : new PlainEditor(area);
})();
