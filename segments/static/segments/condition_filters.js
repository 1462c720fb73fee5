// Comparisons of the properties of one activity, without the conditions around them. The
// activity is named elsewhere on the page: `name` returns it.
(() => {
  "use strict";

  class Filters extends window.segmentConditions.Builder {
    read() {
      let where;
      try {
        where = JSON.parse(this.area.value || "[]");
      } catch {
        where = [];
      }
      const root = Array.isArray(where) && where.length ? { where } : {};
      return Object.defineProperty(root, "name", { get: this.offered.activityName });
    }

    write() {
      this.area.value = JSON.stringify(this.root.where || []);
      this.area.dispatchEvent(new Event("input", { bubbles: true }));
    }

    draw() {
      const fill = () => {
        const filters = this.element("div", "cond-filters");
        (this.root.where || []).forEach((filter) => filters.append(this.filter(filter, this.root, fill)));
        const more = this.button(this.words.add_filter, "filter_alt", () => {
          this.root.where = [...(this.root.where || []), { type: "string" }];
          fill();
          this.place.querySelector(".cond-filter:last-child input").focus();
        });
        this.place.replaceChildren(filters, more);
        this.write();
      };
      fill();
    }
  }

  window.segmentFilters = (area, place, offered, url, name) =>
    new Filters(area, place, { ...offered, activityName: name }, url);
})();
