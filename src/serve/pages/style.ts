/** The style of the pages. The colours of both schemes are pairs, and no meaning depends on a colour alone. */

/** Rules for the columns that a narrow screen leaves out: those of a table with the class `wide-3`. */
function wideColumns(rule: string): string {
  const selectors = [2, 3, 4, 5, 6].map((n) => `.wide-${n} tr > :nth-child(${n})`);
  return `${selectors.join(', ')} ${rule}`;
}

export const STYLE = `:root {
  color-scheme: light dark;
  --ground: light-dark(#fff, #16181c);
  --soft: light-dark(#f5f6f8, #1f2228);
  --line: light-dark(#dcdfe4, #353a43);
  --text: light-dark(#1c1f24, #e6e8eb);
  --quiet: light-dark(#565d68, #a6adb8);
  --link: light-dark(#0b57a8, #8cb8f0);
  --red: light-dark(#a3161f, #ff9c99);
  --amber: light-dark(#7a4d00, #f0bd62);
  --green: light-dark(#17692f, #7fd396);
  --bar-1: light-dark(#7fa8d6, #4d7db3);
  --bar-2: light-dark(#d99c5b, #b37a3d);
  --bar-3: light-dark(#8fb996, #5d8f66);
  --bar-4: light-dark(#c08fb8, #93618b);
  --bar-5: light-dark(#b8b08d, #837b58);
  --bar-6: light-dark(#d98080, #b35050);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
a { color: var(--link); text-underline-offset: 2px; text-decoration-thickness: 1px; }
a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 8px; top: 8px; background: var(--ground); padding: 4px 8px; z-index: 1; }
header { display: flex; flex-wrap: wrap; gap: 4px 20px; align-items: baseline; padding: 10px 24px; border-bottom: 1px solid var(--line); background: var(--soft); }
header p { margin: 0; font-weight: 650; }
header p a { color: inherit; text-decoration: none; }
nav ul { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 0; padding: 0; list-style: none; }
nav a { display: block; padding: 3px 0; text-decoration: none; border-bottom: 2px solid transparent; }
nav a[aria-current] { color: var(--text); border-color: var(--text); }
main { max-width: 1240px; padding: 16px 24px 40px; }
main:focus { outline: none; }
h1 { margin: 0; font-size: 22px; line-height: 1.3; }
h2 { margin: 28px 0 8px; font-size: 16px; }
.standing { margin: 2px 0 20px; color: var(--quiet); font-size: 14px; }
.standing a { color: inherit; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; font-size: 13px; color: var(--quiet); padding: 6px 16px 6px 0; border-bottom: 1px solid var(--line); white-space: nowrap; overflow-wrap: normal; }
td, tbody th, h1, code, pre { overflow-wrap: anywhere; }
tbody th { min-width: 8em; }
td { padding: 6px 16px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
td p, tbody th p, .note p { margin: 0; }
td p + p, tbody th p + p, .note p + p { margin-top: 2px; }
${wideColumns('{ overflow-wrap: break-word; max-width: 18em; }')}
caption { text-align: left; color: var(--quiet); font-size: 14px; padding-bottom: 4px; }
tbody th { color: var(--text); vertical-align: top; font-size: inherit; font-weight: 400; white-space: normal; overflow-wrap: anywhere; }
.facts tbody th { color: var(--quiet); width: 12em; vertical-align: top; }
time { white-space: nowrap; }
.quiet { color: var(--quiet); }
.word { font-weight: 650; white-space: nowrap; }
.red { color: var(--red); }
.amber { color: var(--amber); }
.green { color: var(--green); }
.present { font-weight: 650; text-decoration: underline; text-underline-offset: 4px; }
code, pre { font: 13px/1.5 ui-monospace, monospace; }
pre { margin: 6px 0; padding: 8px 12px; background: var(--soft); border: 1px solid var(--line); border-radius: 4px; white-space: pre-wrap; }
.counts { margin: 0; padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: 2px 16px; }
.counts svg { vertical-align: -1px; }
.kinds { display: grid; grid-template-columns: repeat(auto-fill, minmax(260px, 1fr)); gap: 16px 32px; margin: 0 0 8px; }
.kinds h2 { margin: 0 0 2px; font-size: 14px; font-weight: 600; }
.bar { display: block; width: 100%; height: 6px; margin-bottom: 4px; border-radius: 3px; }
.chart { display: block; width: 100%; max-width: 720px; height: auto; }
.chart text { fill: var(--quiet); font: 11px system-ui, sans-serif; }
.life { max-width: 100%; height: auto; }
.life rect { fill: var(--soft); stroke: var(--line); }
.life text { fill: var(--text); font: 13px system-ui, sans-serif; }
.life .now rect { fill: var(--link); stroke: var(--link); }
.life .now text { fill: var(--ground); font-weight: 650; }
.life path { fill: none; stroke: var(--quiet); }
.life .world { stroke-dasharray: 4 3; }
.life .head { fill: var(--quiet); stroke-dasharray: none; }
.life .far { stroke: var(--line); }
.life .far.head { fill: var(--line); }
.life .next { stroke: var(--amber); stroke-width: 2; }
.life .next.head { fill: var(--amber); }
.side { display: none; color: var(--quiet); font-size: 13px; }
.chart .ground { fill: var(--soft); stroke: var(--line); }
.chart .tick { stroke: var(--line); }
.chart .today { stroke: var(--text); stroke-width: 2; }
.s1 { fill: var(--bar-1); } .s2 { fill: var(--bar-2); } .s3 { fill: var(--bar-3); }
.s4 { fill: var(--bar-4); } .s5 { fill: var(--bar-5); } .s6 { fill: var(--bar-6); }
form { margin: 0; }
details { margin-top: 12px; }
summary { cursor: pointer; font-weight: 600; }
.filters { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: end; margin: 8px 0 12px; }
.filters label { display: grid; gap: 2px; font-size: 13px; color: var(--quiet); }
input, select, button { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--quiet); border-radius: 4px; padding: 4px 8px; min-height: 32px; max-width: 100%; }
button { background: var(--soft); cursor: pointer; white-space: nowrap; }
.act { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }
.act input { width: 11em; }
.note { margin: 0 0 16px; padding: 8px 12px; border-left: 3px solid var(--link); background: var(--soft); }
.note.alarm { border-color: var(--red); }
.pages { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 12px 0 0; }
ol.rows, ul.rows { margin: 0; padding: 0; list-style: none; }
.rows > li { padding: 8px 0; border-bottom: 1px solid var(--line); }
.rows p { margin: 0; }
.rows p + p { margin-top: 2px; }
footer { padding: 12px 24px; border-top: 1px solid var(--line); color: var(--quiet); font-size: 13px; }
footer a { color: inherit; }
@media (max-width: 640px) {
  header, main, footer { padding-left: 16px; padding-right: 16px; }
  ${wideColumns('{ display: none; }')}
  th, td { padding-right: 10px; }
  .facts tbody th { width: 7.5em; }
  .act input { flex: 1 1 8em; }
  .stack thead { display: none; }
  .side { display: inline; }
  .stack tr { display: block; padding: 8px 0; border-bottom: 1px solid var(--line); }
  .stack td, .stack tbody th { display: block; padding: 1px 0; border: 0; }
}
`;

export const FAVICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0b57a8"/><path d="M4 8.5l2.7 2.7L12 5.5" fill="none" stroke="#fff" stroke-width="2"/></svg>';
