// Compares what Harrier's KQL front end accepts with what Microsoft's own does. Reads the lines of ./queries from standard input.
"use strict";

const path = require("path");
const readline = require("readline");

const service = path.dirname(require.resolve("@kusto/language-service-next/package.json"));
require(path.join(service, "bridge.min.js"));
require(path.join(service, "Kusto.Language.Bridge.min.js"));
const { KustoCode, GlobalState, Symbols } = Kusto.Language;

// list copies one of the bridge's collections.
function list(collection) {
  const out = [];
  for (const it = Bridge.getEnumerator(collection); it.moveNext(); ) out.push(it.Current);
  return out;
}

// errors are the diagnostics of a query that refuse it.
function errors(diagnostics) {
  return list(diagnostics).filter((d) => d.Severity === "Error");
}

// nameless are errors that only say that a name is not known. Away from its home a query may well use tables, functions and columns
// that nobody here knows, so such an error is no verdict on the query.
const nameless = new Set(["KS142", "KS143", "KS204", "KS205", "KS206", "KS207", "KS208", "KS209", "KS210", "KS211"]);

// state declares Harrier's tables to the official binder.
function state(tables) {
  const symbols = Object.entries(tables).map(([name, columns]) => {
    const text = Object.entries(columns).map(([c, t]) => `['${c.replace(/'/g, "\\'")}']: ${t}`);
    return Symbols.TableSymbol.From(`(${text.join(", ")})`).WithName(name);
  });
  const db = new Symbols.DatabaseSymbol.ctor("db", symbols);
  return GlobalState.Default.WithDatabase(db);
}

async function main() {
  const bind = process.argv.includes("--bind");
  const verbose = process.argv.includes("--all");
  let globals = GlobalState.Default;
  const count = { queries: 0, parse: 0, bindCompared: 0, bind: 0, names: 0 };
  const differences = [];
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const q = JSON.parse(line);
    if (q.tables) {
      if (bind) globals = state(q.tables);
      continue;
    }
    count.queries++;
    const official = errors(KustoCode.Parse(q.query).GetSyntaxDiagnostics());
    if ((official.length === 0) === (q.parse === "")) {
      count.parse++;
    } else {
      differences.push(`parse ${q.file} ${q.id}\n  official: ${official.length ? official[0].Message : "accepted"}\n  Harrier:  ${q.parse || "accepted"}`);
    }
    if (!bind || official.length > 0 || q.parse !== "") continue;
    const found = errors(KustoCode.ParseAndAnalyze(q.query, globals).GetDiagnostics());
    const real = found.filter((d) => !nameless.has(d.Code));
    // Beside unknown names errors are often their consequence.
    if (found.length > 0 && real.length < found.length) {
      count.names++;
      continue;
    }
    count.bindCompared++;
    if ((real.length === 0) === (q.bind === "")) {
      count.bind++;
    } else {
      const d = real[0];
      differences.push(`bind ${q.file} ${q.id}${q.open ? " (open)" : ""}\n  official: ${d ? `${d.Code} ${d.Message} [${q.query.substr(d.Start, Math.min(d.Length, 60))}]` : "accepted"}\n  Harrier:  ${q.bind ? q.kind + " " + q.bind : "accepted"}`);
    }
  }
  for (const d of differences) console.log(d);
  console.log(`${count.queries} queries: the parsers agree on ${count.parse}`);
  if (bind) console.log(`${count.bindCompared} queries whose names are all known: the binders agree on ${count.bind}; ${count.names} use names that the official binder was not told of`);
  if (verbose) console.log(JSON.stringify(count));
  process.exitCode = count.parse === count.queries ? 0 : 1;
}

main().catch((e) => {
  console.error(e);
  process.exitCode = 3;
});
