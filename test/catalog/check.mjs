// Opens pages of a catalogue in headless Chromium, from the file system, and fails on console errors, requests that leave the
// folder, violations that axe finds (light and dark, wide and narrow), sideways scrolling, or a first view that takes a second.
//
//   npm install && node check.mjs SITE [SHOTS]        CHROMIUM=/path/to/chromium
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";
import puppeteer from "puppeteer-core";

const [site, shots] = process.argv.slice(2);
if (!site) { console.error("usage: node check.mjs SITE [SHOTS]"); process.exit(3); }
const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const base = fs.realpathSync(site);
const first = (dir, pattern) => {
  const names = fs.readdirSync(path.join(base, dir)).filter((n) => n.endsWith(".html") && n !== "index.html").sort();
  return path.join(dir, names.find((n) => pattern.test(n)) ?? names[Math.floor(names.length / 2)]);
};
const biggest = (dir) => path.join(dir, fs.readdirSync(path.join(base, dir)).filter((n) => n.endsWith(".html"))
  .map((n) => [fs.statSync(path.join(base, dir, n)).size, n]).sort((a, b) => b[0] - a[0])[0][1]);
const pages = ["index.html", "rules.html", "rules.html#q=cmd", "attack.html", "data.html", ...["techniques", "events", "fields", "indicators", "sources"].map((d) => `${d}/index.html`),
  first("techniques", /^t1059/), first("events", /4688/), first("fields", /^process/), first("indicators", /cmd|powershell/), first("sources", /process/i),
  first("rules", /smbexec/), first("rules", /dcomexec|wmi/), biggest("rules")];
const views = [["1280", 1280, 900, "light"], ["1280-dark", 1280, 900, "dark"], ["390", 390, 844, "light"]];

const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"] });
let failed = 0;
const fail = (where, what) => { failed++; console.log(`FAIL ${where}: ${what}`); };
for (const [label, width, height, scheme] of views) {
  for (const name of pages) {
    const where = `${name} at ${label}`;
    const page = await browser.newPage();
    await page.setViewport({ width, height });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    page.on("console", (m) => { if (["error", "warn", "warning"].includes(m.type())) fail(where, `console: ${m.text()}`); });
    page.on("pageerror", (e) => fail(where, `script: ${e.message}`));
    page.on("request", (r) => { if (!r.url().startsWith(pathToFileURL(base).href) && !r.url().startsWith("data:")) fail(where, `asks for ${r.url()}`); });
    page.on("requestfailed", (r) => fail(where, `cannot load ${r.url()}`));
    const [file, hash] = name.split("#");
    await page.goto(pathToFileURL(path.join(base, file)).href + (hash ? "#" + hash : ""), { waitUntil: "load" });
    if (name.startsWith("rules.html")) await page.waitForSelector("#results li", { timeout: 5000 }).catch(() => fail(where, "no results"));
    const paint = await page.evaluate(() => new Promise((done) => { const seen = () => performance.getEntriesByName("first-contentful-paint")[0]; const t = setInterval(() => { if (seen()) { clearInterval(t); done(seen().startTime); } }, 10); setTimeout(() => { clearInterval(t); done(NaN); }, 3000); }));
    if (!(paint < 1000)) fail(where, `first view after ${Math.round(paint)} ms`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) fail(where, `scrolls ${wide} px sideways`);
    if (shots) { fs.mkdirSync(shots, { recursive: true }); await page.screenshot({ path: path.join(shots, `${label}-${name.replace(/[^a-z0-9]+/gi, "-")}.png`), fullPage: false }); }
    await page.evaluate(axe);
    const result = await page.evaluate(() => axe.run(document, { preload: false, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }));
    for (const v of result.violations) fail(where, `${v.id} (${v.impact}): ${v.help}; ${v.nodes.length} ×, first ${v.nodes[0].html.slice(0, 160)} ${v.nodes[0].failureSummary.split("\n")[1] ?? ""}`);
    console.log(`${where}: ${Math.round(paint)} ms, ${result.passes.length} rules of axe passed`);
    await page.close();
  }
}

// Searching by keyboard, under the pages' own policy.
const page = await browser.newPage();
page.on("console", (m) => { if (m.type() === "error") fail("search", `console: ${m.text()}`); });
await page.goto(pathToFileURL(path.join(base, "index.html")).href);
await page.keyboard.press("/");
await page.keyboard.type("cmd");
await page.waitForSelector("#hits a", { timeout: 5000 }).catch(() => fail("search", "nothing is suggested"));
await page.keyboard.press("ArrowDown");
const chosen = await page.$eval("#hits a[aria-selected=true]", (a) => a.href).catch(() => fail("search", "no choice"));
await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
if (page.url() !== chosen) fail("search", `Enter leads to ${page.url()}`);
await browser.close();
console.log(failed ? `${failed} failed` : "all passed");
process.exit(failed ? 1 : 0);
