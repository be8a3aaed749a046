// The look of the page: light and dark, wide and narrow, on paper.
#pragma once

#include <string_view>

namespace halftone {

inline constexpr std::string_view kHtmlStyle = R"css(
:root{color-scheme:light dark;--paper:#f7f7f4;--card:#fff;--ink:#1a1c21;--soft:#5b616d;--rule:#dfe0e3;--one:#3a42b8;--two:#b8480e;
--c0:#edeffa;--c1:#d9ddf5;--c2:#bfc6ee;--c3:#a1abe4;--c4:#828ed8;--c5:#6370ca;--c6:#4a54b4;--c7:#343b94;--c8:#1f2468;--on:#1f2468;--ondark:#fff}
@media(prefers-color-scheme:dark){:root{--paper:#101216;--card:#181b21;--ink:#e9ebf0;--soft:#9ca4b3;--rule:#2b303a;--one:#9aa5ff;--two:#ffa25c;
--c0:#1e2336;--c1:#272e51;--c2:#333c70;--c3:#424d93;--c4:#5662b5;--c5:#707dd1;--c6:#8f9be6;--c7:#b4bdf4;--c8:#e0e4fe;--on:#e9ebf0;--ondark:#101330}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1120px;margin:0 auto;padding:36px 24px 48px}
h1{font-size:clamp(26px,4.4vw,40px);line-height:1.12;letter-spacing:-.02em;margin:.1em 0 .15em;overflow-wrap:anywhere}
h2{font-size:20px;letter-spacing:-.01em;margin:0 0 14px}
h3{font-size:15px;margin:0}
p{margin:.3em 0 .7em;max-width:76ch}
.eyebrow{display:flex;align-items:center;gap:10px;color:var(--soft);font-size:13px;letter-spacing:.02em;margin:0 0 14px}
.brand{width:30px;height:30px;fill:var(--one)}
.lead{color:var(--soft);font-size:17px;margin:0 0 22px;overflow-wrap:anywhere}
.small{color:var(--soft);font-size:13px;margin:.2em 0}
.tiles{display:grid;grid-template-columns:repeat(3,1fr);gap:1px;background:var(--rule);border:1px solid var(--rule);border-radius:12px;overflow:hidden}
.tile{background:var(--card);padding:16px 20px}
.tile .name,.tile .note{color:var(--soft);font-size:12.5px}
.tile .value{font-size:25px;font-weight:650;letter-spacing:-.015em;margin:2px 0}
section{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:22px 24px;margin-top:20px}
.grade{font-size:24px;font-weight:650;line-height:1.25;letter-spacing:-.015em;margin:0 0 8px}
.broken{border-left:4px solid var(--two);padding-left:12px;font-weight:600}
figure{margin:0 0 26px;min-width:0}
figure:last-child{margin-bottom:0}
figcaption p{color:var(--soft);font-size:13px;margin:1px 0 8px}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:28px;margin-bottom:26px}
.pair figure{margin:0}
.nothing{color:var(--soft)}
svg{display:block}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;color:var(--soft);font-size:13px;margin:0 0 10px}
.entry{display:inline-flex;align-items:center;gap:7px}
.key{width:26px;height:8px}
.swatch{width:12px;height:12px;border-radius:3px}
.frame{display:grid;grid-template-columns:68px 1fr;grid-template-rows:190px 24px;margin-top:14px}
.ys,.xs,.area{position:relative;min-width:0}
.xs{grid-column:2}
.ys span,.xs span{position:absolute;color:var(--soft);font-size:12px;line-height:1;white-space:nowrap}
.ys span{right:9px;transform:translateY(-50%)}
.xs span{top:8px;transform:translateX(-50%)}
.xs .span{transform:none;text-align:center;line-height:1.35;top:6px;overflow:hidden;text-overflow:ellipsis}
.area svg{width:100%;height:100%;overflow:visible}
.rule{stroke:var(--rule);stroke-width:1;vector-effect:non-scaling-stroke;fill:none}
.line{fill:none;stroke-width:2;stroke-linejoin:round;vector-effect:non-scaling-stroke}
.dots{fill:none;stroke-width:6;stroke-linecap:round;vector-effect:non-scaling-stroke}
.one{stroke:var(--one)}.two{stroke:var(--two)}
path.line.two{stroke-dasharray:6 4}
.band{stroke:none;opacity:.16}.band.one{fill:var(--one)}.band.two{fill:var(--two)}
.place{fill:transparent}.place:hover{fill:var(--ink);opacity:.06}
.heat{display:grid;grid-template-columns:max-content 1fr;align-items:center;column-gap:10px}
.heat .kind{font-size:12.5px;color:var(--soft);max-width:30vw;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;text-align:right}
.heat>svg{width:100%;margin:1px 0}
.heat>.tall{height:26px}.heat>.low{height:18px}
.heat>.xs{height:22px}
.heat rect{stroke:var(--card);stroke-width:.8}
.heat rect:hover{stroke:var(--ink);stroke-width:2}
.heat text{font-size:12px;text-anchor:middle;dominant-baseline:central;pointer-events:none;fill:var(--on)}
.heat text.dark{fill:var(--ondark)}
.swatches{display:flex;align-items:center;gap:9px;color:var(--soft);font-size:12.5px;margin:0 0 10px}
.swatches svg{width:150px;height:10px;border-radius:3px;overflow:hidden}
.c0{fill:var(--c0)}.c1{fill:var(--c1)}.c2{fill:var(--c2)}.c3{fill:var(--c3)}.c4{fill:var(--c4)}.c5{fill:var(--c5)}.c6{fill:var(--c6)}.c7{fill:var(--c7)}.c8{fill:var(--c8)}
.s0{fill:var(--c2)}.s1{fill:var(--c4)}.s2{fill:var(--c6)}.s3{fill:var(--c8)}.s4{fill:var(--soft)}
.bars{display:grid;grid-template-columns:max-content 1fr;gap:8px 14px;align-items:center}
.barname{color:var(--soft);font-size:13px}.barname b{color:var(--ink)}
.stack{width:100%;height:26px;border-radius:4px;overflow:hidden}
.stack rect{stroke:var(--card);stroke-width:1.5}
.scroll{overflow-x:auto;margin-top:14px}
table{border-collapse:collapse;width:100%;font-size:13.5px}
th,td{text-align:left;padding:6px 14px 6px 0;border-bottom:1px solid var(--rule);white-space:nowrap;vertical-align:middle}
th{color:var(--soft);font-weight:500;font-size:12.5px}
th.r,td.r{text-align:right}
th:last-child,td:last-child{padding-right:0}
tbody tr:last-child td{border-bottom:0}
.cell{min-width:200px}
.interval{width:100%;height:30px}
.mark{stroke-width:2;fill:var(--card)}.mark.one{fill:var(--one)}
details{border-top:1px solid var(--rule);padding:10px 0}
details:last-child{padding-bottom:0}
.scroll+details{margin-top:16px}
summary{cursor:pointer;font-weight:550}
pre{overflow-x:auto;background:var(--paper);border-radius:8px;padding:14px 16px;font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;margin:10px 0 0}
.ids{color:var(--soft);font-size:13px;overflow-wrap:anywhere;max-width:none}
.answers{display:grid;grid-template-columns:1fr 1fr;gap:18px 26px}
.answer{display:grid;grid-template-columns:150px 1fr;gap:16px;border-top:1px solid var(--rule);padding-top:16px;min-width:0}
.pictures img{display:block;width:150px;max-height:210px;object-fit:contain;object-position:top left;border-radius:6px;background:var(--paper);margin-bottom:6px}
.nopicture{width:150px;height:110px;border:1px dashed var(--rule);border-radius:6px;color:var(--soft);font-size:12.5px;display:grid;place-items:center}
dl{margin:6px 0 0;font-size:14px}dt{color:var(--soft);font-size:12.5px}dd{margin:0 0 6px;overflow-wrap:anywhere;white-space:pre-wrap}
.score{background:var(--c1);color:var(--on);border-radius:5px;padding:0 6px;margin-left:4px}
footer{color:var(--soft);font-size:12.5px;margin-top:22px;overflow-wrap:anywhere}
@media(max-width:760px){main{padding:24px 14px 36px}section{padding:18px 16px}.pair,.answers{grid-template-columns:1fr}.tiles{grid-template-columns:1fr 1fr}
.tile{padding:12px}.tile .value{font-size:17px}.grade{font-size:20px}.frame{grid-template-columns:58px 1fr;grid-template-rows:160px 24px}.answer{grid-template-columns:96px 1fr}.pictures img,.nopicture{width:96px}
.heat text{font-size:10.5px}.bars{grid-template-columns:1fr;gap:3px}.stack{margin-bottom:8px}}
@media print{:root{color-scheme:light}body{background:#fff;font-size:11px}main{max-width:none;padding:0}section,.tiles{border-color:#bbb}section{break-inside:auto;padding:12px 14px;margin-top:10px}
figure,tr,.answer,.tile{break-inside:avoid}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}.scroll{overflow:visible}}
)css";

}  // namespace halftone
