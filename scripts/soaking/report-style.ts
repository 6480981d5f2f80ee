/** The report's style sheet, for light and dark screens and for paper. */
export const STYLE = `
:root {
  --paper: #ffffff; --ink: #1b1f24; --faint: #5b6570; --rule: #e3e6ea; --shade: #f3f4f6;
  --good: #17703a; --bad: #b3261e; --s1: #2f6fbf; --s2: #c2620a; --s3: #2b8a5b; --s4: #8250a8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181c; --ink: #e6e9ec; --faint: #9aa4ae; --rule: #2b3138; --shade: #1e2329;
    --good: #5fc585; --bad: #f2847b; --s1: #74a9ec; --s2: #eaa053; --s3: #62c495; --s4: #be95dd;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1360px; margin: 0 auto; padding: 24px; }
h1 { font-size: 22px; margin: 0 0 8px; }
h2 { font-size: 17px; margin: 32px 0 8px; }
.verdict { font-size: 17px; font-weight: 600; margin: 0 0 4px; }
.facts { color: var(--faint); margin: 0 0 16px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 6px 16px 6px 0; border-bottom: 1px solid var(--rule); }
th { font-weight: 600; white-space: nowrap; }
thead th { color: var(--faint); font-weight: 400; }
.outcome { white-space: nowrap; }
.passed .outcome, .verdict.passed { color: var(--good); }
.failed .outcome, .verdict.failed { color: var(--bad); font-weight: 600; }
.open .outcome { color: var(--faint); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 24px; }
figure { margin: 0; }
figcaption { font-weight: 600; }
.unit { color: var(--faint); font-weight: 400; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 0 0 4px; padding: 0; font-size: 13px; }
.legend span { display: inline-block; width: 16px; margin-right: 6px; vertical-align: middle; }
.swatch { border-top: 3px solid var(--c); }
.dash { border-top: 2px dashed var(--c); }
svg { width: 100%; height: auto; display: block; }
.grid { stroke: var(--rule); stroke-width: 1; }
.tick { fill: var(--faint); font-size: 12px; }
.warm { fill: var(--shade); }
.line { fill: none; stroke: var(--c); stroke-linejoin: round; }
.reference { fill: none; stroke: var(--c); stroke-width: 1.5; stroke-dasharray: 5 4; }
circle { fill: var(--c); }
.series1 { --c: var(--s1); } .series2 { --c: var(--s2); } .series3 { --c: var(--s3); } .series4 { --c: var(--s4); }
@media (max-width: 640px) { th { white-space: normal; } }
`;
