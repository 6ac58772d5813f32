/** The whole style sheet of the page: light and dark, phone and desktop, screen and print. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--ink:#1c2733;--soft:#566472;--faint:#6b7783;--rule:#d5dce3;--hair:#e8ecf0;--fill:#f3f6f8;--page:#fff;
--accent:#1d5d8c;--bar:#4a86b0;--soft-bar:#9dbdd3;--mark:#b3541e;--warn:#7a5000;--warn-fill:#fdf5e3}
@media (prefers-color-scheme:dark){:root{--ink:#e4e9ee;--soft:#a5b1bd;--faint:#8592a0;--rule:#38434e;--hair:#2a343e;--fill:#1e2730;--page:#141b22;
--accent:#7ab8e6;--bar:#5b97c2;--soft-bar:#3f617a;--mark:#e8935c;--warn:#f0c674;--warn-fill:#2b2617}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 "Report text",system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Ubuntu,Cantarell,sans-serif,"Report emoji"}
main,header,footer{max-width:70rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.25rem}
header::before{content:"";display:block;width:3rem;height:.3rem;background:var(--accent);margin-bottom:1rem}
h1{font-size:clamp(1.6rem,1.2rem + 2vw,2.3rem);line-height:1.2;margin:0 0 .5rem;overflow-wrap:anywhere}
h2{font-size:1.3rem;line-height:1.3;margin:2.75rem 0 .75rem}
h3{font-size:1.02rem;margin:0;overflow-wrap:anywhere}
p{margin:.4rem 0}
.soft{color:var(--soft)}
.small{font-size:.86rem}
.source{overflow-wrap:anywhere}
a{color:var(--accent)}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;list-style:none;margin:1rem 0 0;padding:0;font-size:.92rem}
nav a{display:inline-block;padding:.3rem 0}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:1rem 1.5rem;margin:1.25rem 0 0;padding:1rem 0;border:solid var(--rule);border-width:1px 0}
.facts div{margin:0}
.facts dt{color:var(--soft);font-size:.86rem}
.facts dd{margin:0}
.facts .value{font-size:1.75rem;font-weight:600;line-height:1.25;color:var(--accent)}
.facts .note{color:var(--soft);font-size:.8rem;line-height:1.35}
ul.findings{padding-left:1.2rem;margin:.5rem 0}
ul.findings li{margin:.3rem 0;overflow-wrap:anywhere}
li::marker{color:var(--accent)}
.warnings{background:var(--warn-fill);border-left:4px solid var(--warn);padding:.75rem 1rem;margin-top:1.75rem;overflow-wrap:anywhere}
.warnings h2{font-size:1rem;color:var(--warn);margin:0 0 .25rem}
.warnings ul{margin:.25rem 0;padding-left:1.1rem}
.scroll{overflow:auto;max-height:75vh;border:1px solid var(--rule);border-radius:6px;margin:.75rem 0;-webkit-overflow-scrolling:touch}
.scroll:focus-visible,a:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{border-collapse:separate;border-spacing:0;font-size:.86rem;line-height:1.4}
.scroll table{min-width:100%}
th,td{padding:.4rem .75rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--hair);white-space:nowrap;max-width:22rem}
thead th{position:sticky;top:0;background:var(--fill);border-bottom:1px solid var(--rule);z-index:1;vertical-align:bottom;white-space:normal}
th span{display:inline-block;max-width:14rem;overflow-wrap:break-word}
tbody th{background:var(--page);position:sticky;left:0}
thead th.name{left:0;z-index:2}
.idx{width:1%}
@media (max-width:40rem){.idx{display:none}th span{max-width:9rem}th,td{padding:.4rem .6rem}}
tbody th{font-weight:600}
td.text{white-space:normal;overflow-wrap:anywhere;min-width:11rem}
tbody th{white-space:normal}
tbody tr:last-child>*{border-bottom:0}
.num{text-align:right;font-variant-numeric:tabular-nums}
thead th.num{text-align:right}
.none{color:var(--faint)}
@media (hover:hover){tbody tr:hover>*{background:var(--fill)}}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,30rem),1fr));gap:1rem}
.card{border:1px solid var(--rule);border-radius:6px;padding:1rem;min-width:0}
.card-head{display:flex;justify-content:space-between;gap:1rem;align-items:baseline;margin-bottom:.5rem}
.card-head span{color:var(--soft);font-size:.82rem;white-space:nowrap}
.stats{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,12rem),1fr));gap:0 1.25rem;margin:.75rem 0 0;font-size:.86rem}
.stats div{display:flex;justify-content:space-between;gap:.75rem;border-bottom:1px solid var(--hair);padding:.15rem 0;min-width:0}
.stats dt{color:var(--soft);white-space:nowrap}
.stats dd{margin:0;text-align:right;overflow-wrap:anywhere;min-width:0;font-variant-numeric:tabular-nums}
figure{margin:0}
figcaption{color:var(--soft);font-size:.82rem;margin-top:.25rem;overflow-wrap:anywhere}
svg.chart{display:block;width:100%;max-width:28rem;height:auto;overflow:visible}
svg.large{max-width:46rem}
.narrow-only{display:none}
@media (max-width:40rem){.narrow-only{display:block}.wide-only{display:none}}
svg.spark{display:block}
svg .bar{fill:var(--bar)}svg .soft-bar{fill:var(--soft-bar)}svg .text{fill:var(--ink)}svg .soft-text{fill:var(--soft)}svg .accent{fill:var(--mark)}
svg polyline{fill:none}svg .line-grid{stroke:var(--hair)}svg .line-axis{stroke:var(--faint)}svg .line-accent{stroke:var(--mark)}svg .line-bar{stroke:var(--bar)}
footer{color:var(--soft);font-size:.86rem;margin-top:3rem;padding-top:1rem;padding-bottom:3rem}
footer>div{border-top:1px solid var(--rule);padding-top:.75rem}
.wide{max-width:46rem}
@media print{:root{color-scheme:light}body{font-size:10.5pt}nav{display:none}.scroll{max-height:none;overflow:visible;border:0}.card,tr,figure{break-inside:avoid}h2{break-after:avoid}thead{display:table-header-group}thead th{position:static}th,td{white-space:normal;overflow-wrap:anywhere;padding:.2rem .35rem;min-width:0}main,header,footer{max-width:none;padding-left:0;padding-right:0}}
`.trim();
