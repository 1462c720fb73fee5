// Builds the vendored file and writes beside it what it was made of, and its licences.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const folder = "../static/messaging/vendor";
mkdirSync(folder, { recursive: true });

const result = await build({
  entryPoints: ["codemirror.mjs"],
  outfile: join(folder, "codemirror.js"),
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "CodeMirror",
  target: "es2020",
  legalComments: "none",
  metafile: true,
});

const packages = new Set();
for (const input of Object.keys(result.metafile.inputs)) {
  const match = input.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//);
  if (match) packages.add(match[1]);
}
const about = [...packages].sort().map((name) => {
  const { version, license } = JSON.parse(
    readFileSync(join("node_modules", name, "package.json"), "utf8"),
  );
  const text = readFileSync(join("node_modules", name, "LICENSE"), "utf8").trim();
  return { name, version, license, text };
});
writeFileSync(
  join(folder, "codemirror.versions.txt"),
  "codemirror.js is built by `make vendor` from these npm packages:\n\n" +
    about.map(({ name, version, license }) => `${name} ${version} (${license})\n`).join(""),
);
const texts = new Map();
for (const { name, text } of about) texts.set(text, [...(texts.get(text) ?? []), name]);
writeFileSync(
  join(folder, "codemirror.LICENSE.txt"),
  [...texts].map(([text, names]) => `${names.join(", ")}\n\n${text}\n`).join("\n---\n\n"),
);
