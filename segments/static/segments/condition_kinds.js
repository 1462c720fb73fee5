// The controls of each kind of condition, as methods of the builder: they fill in the
// keys that the kind has in a document.
(() => {
  "use strict";

  const COMPARING = ["operator", "value", "ignore_case"];

  window.segmentConditionKinds = {
    kind_attribute(node, fill) {
      const { attributes } = this.offered;
      const options = attributes.map((one) => [one.name, `${one.label} · ${one.type_label} · ${one.coverage} ${this.words.of_customers}`]);
      const type = attributes.find((one) => one.name === node.attribute)?.type;
      const choice = this.chosen(this.words.attribute, options, node, "attribute", () => {
        COMPARING.forEach((key) => delete node[key]);
        fill();
      });
      return [choice, ...(type ? this.comparison(node, type, fill, { attribute: node.attribute }) : [])];
    },

    kind_field(node, fill) {
      const { fields } = this.offered;
      const type = fields.find((one) => one.name === node.field)?.type;
      const choice = this.chosen(this.words.field, fields.map((one) => [one.name, one.label]), node, "field", () => {
        COMPARING.forEach((key) => delete node[key]);
        fill();
      });
      const question = node.field === "timezone" ? { field: node.field } : null;
      return [choice, ...(type ? this.comparison(node, type, fill, question) : [])];
    },

    kind_stage(node, fill) {
      const { words, offered } = this;
      const funnel = this.chosen(words.funnel, offered.funnels, node, "funnel", fill, offered.funnels[0][0]);
      const operator = this.chosen(words.operator, offered.at, node, "operator", () => {
        for (const key of ["days_at_least", "days_at_most"]) delete node[key];
        if (node.operator === "none") delete node.stages;
        fill();
      }, "in");
      const isIn = node.operator === "in";
      return [funnel, operator,
        node.operator !== "none" && this.several(words.stages, node, "stages", offered.stages[node.funnel] || []),
        isIn && this.captioned(words.days_at_least, node, "days_at_least"),
        isIn && this.captioned(words.days_at_most, node, "days_at_most")];
    },

    kind_moved(node, fill) {
      const { words, offered } = this;
      const stages = () => offered.stages[node.funnel] || [];
      return [
        this.chosen(words.funnel, offered.funnels, node, "funnel", fill, offered.funnels[0][0]),
        this.chosen(words.operator, offered.did, node, "operator", null, "did"),
        this.several(words.from_stages, node, "from", stages()),
        this.several(words.to_stages, node, "to", stages()),
        ...this.window(node, fill),
      ];
    },

    kind_activity(node, fill) {
      const { words, offered } = this;
      const name = this.chosen(words.activity, offered.activities.map((one) => [one, one]), node, "name", () => {
        delete node.where;
        fill();
      });
      const times = this.chosen(words.how_often, offered.times, node, "operator", () => {
        if (node.operator === "never") for (const key of ["value", "measure"]) delete node[key];
        else node.value ??= 1;
        fill();
      }, "at_least");
      if (node.operator !== "never") node.value ??= 1;
      const counted = node.operator === "never" ? [] : [
        this.number(words.value, node, "value"),
        this.chosen(words.measure, offered.measures, node, "measure", null, "times"),
      ];
      const filters = this.element("div", "cond-filters");
      (node.where || []).forEach((filter) => filters.append(this.filter(filter, node, fill)));
      const more = node.name && this.button(words.add_filter, "filter_alt", () => {
        node.where = [...(node.where || []), { type: "string" }];
        fill();
      });
      return [name, times, ...counted, ...this.window(node, fill), more, filters];
    },

    filter(filter, node, fill) {
      const box = this.element("div", "cond-filter");
      const parts = this.element("span", "cond-parts");
      const known = this.answers.get(String(new URLSearchParams({ activity: node.name })));
      const again = () => {
        const name = this.text(this.words.property, filter, "property", []);
        const input = name.querySelector("input");
        const list = name.querySelector("datalist");
        const offer = async () => {
          const { properties = [] } = await this.ask({ activity: node.name });
          list.replaceChildren(...properties.map(([one]) => new Option("", one)));
        };
        if (known) offer();
        input.addEventListener("focus", offer, { once: true });
        input.addEventListener("change", async () => {
          const { properties = [] } = await this.ask({ activity: node.name });
          const type = properties.find(([one]) => one === filter.property)?.[1];
          filter.type = { number: "numeric", boolean: "boolean" }[type] || "string";
          again();
          this.write();
        });
        const question = { activity: node.name, property: filter.property || "" };
        const type = this.chosen(this.words.type, this.offered.property_types, filter, "type", () => { again(); this.write(); }, "string");
        parts.replaceChildren(name, type, ...this.comparison(filter, filter.type, () => { again(); this.write(); }, question).filter(Boolean));
      };
      again();
      box.append(parts, this.remover(this.words.remove, () => {
        node.where.splice(node.where.indexOf(filter), 1);
        if (!node.where.length) delete node.where;
        fill();
      }));
      return box;
    },

    kind_message(node, fill) {
      const { words, offered } = this;
      const template = this.select(words.template, [["", words.any_template], ...offered.templates], node.template ?? "", (value) => {
        this.set(node, "template", value ? Number(value) : undefined);
        this.write();
      });
      return [
        this.chosen(words.event, offered.events, node, "event", null, "received"),
        template,
        this.chosen(words.channel, [["", words.any_channel], ...offered.channels], node, "channel"),
        ...this.window(node, fill),
      ];
    },

    kind_tag(node) {
      return [
        this.chosen(this.words.operator, this.offered.has, node, "operator", null, "has"),
        this.several(this.words.tags, node, "tags", this.offered.tags),
      ];
    },

    kind_offer(node) {
      return [
        this.chosen(this.words.operator, this.offered.has, node, "operator", null, "has"),
        this.chosen(this.words.state, this.offered.offers, node, "state", null, "any"),
        this.several(this.words.codes, node, "codes", this.offered.codes),
      ];
    },

    kind_consent(node) {
      return [
        this.chosen(this.words.state, this.offered.consents, node, "state", null, "granted"),
        this.chosen(this.words.channel, this.offered.channels, node, "channel", null, "email"),
        this.text(this.words.topic, node, "topic"),
      ];
    },

    kind_segment(node) {
      const segment = this.select(this.words.segment, this.offered.segments, node.segment, (value) => {
        this.set(node, "segment", value ? Number(value) : undefined);
        this.write();
      });
      return [this.chosen(this.words.operator, this.offered.in, node, "operator", null, "in"), segment];
    },

    kind_classification(node) {
      return [
        this.chosen(this.words.operator, this.offered.is, node, "operator", null, "is"),
        this.chosen(this.words.standing, this.offered.standings, node, "standing"),
      ];
    },

    kind_risk(node, fill) {
      return this.comparison(node, "risk", fill);
    },

    kind_activity_level(node) {
      return [
        this.chosen(this.words.operator, this.offered.level_is, node, "operator", null, "is"),
        this.chosen(this.words.level, this.offered.levels, node, "level"),
      ];
    },

    kind_inactive(node) {
      return [this.number(this.words.days_at_least_inactive, node, "days")];
    },

    kind_everyone() {
      return [this.element("span", "cond-say", this.words.everyone)];
    },
  };
})();
