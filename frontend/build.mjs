// Bundles each folder here that has an index file into dist/<folder>.js and .css; `--watch` does it again on change.

import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { context } from "esbuild";

const root = fileURLToPath(new URL(".", import.meta.url));
const isWatching = process.argv.includes("--watch");

function indexOf(folder) {
  return ["index.js", "index.jsx"].map((name) => `${root}${folder}/${name}`).find(existsSync);
}

async function bundle(folder) {
  const made = await context({
    entryPoints: { [folder]: indexOf(folder) },
    outdir: `${root}dist`,
    bundle: true,
    minify: !isWatching,
    sourcemap: isWatching ? "inline" : false,
    format: "esm",
    target: ["es2022"],
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    legalComments: "linked",
    logLevel: "warning",
  });
  if (isWatching) return made.watch();
  return made.rebuild().finally(() => made.dispose());
}

const folders = readdirSync(root).filter((name) => name !== "node_modules" && indexOf(name));
const results = await Promise.allSettled(folders.map(bundle));
// What is wrong was logged by esbuild.
if (results.some((result) => result.status === "rejected")) process.exitCode = 1;
