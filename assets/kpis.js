// Recovery curves: throughput as a share of its baseline, by hours since the declaration. Each chart reads the JSON
// that stands right after it; charts in fragments are drawn when htmx has put them in.
"use strict";

(() => {
  const token = (name) => {
    const probe = document.createElement("i");
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };
  const escape = (value) => Object.assign(document.createElement("i"), { textContent: value }).innerHTML;
  const percent = (value) => `${Math.round(value * 100)} %`;
  const drawn = new Map();

  function options({ curves, words }) {
    const ink = token("ink");
    const soft = token("ink-2");
    const line = token("line");
    const shades = [ink, token("level-4-ink"), token("done"), token("level-2-ink"), token("ink-3")];
    const furthest = Math.max(50, ...curves.flatMap((curve) => curve.points.map((point) => point[0])));
    const nearest = Math.max(-6, Math.min(0, ...curves.flatMap((curve) => curve.points.map((point) => point[0]))));
    return {
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 8, right: 20, top: curves.length > 1 ? 36 : 20, bottom: 28, containLabel: true },
      legend: curves.length > 1 ? { top: 0, icon: "roundRect", itemWidth: 14, itemHeight: 3, textStyle: { color: soft } } : undefined,
      tooltip: {
        trigger: "axis", backgroundColor: token("surface"), borderColor: line, textStyle: { color: ink },
        formatter: (rows) => [`${rows[0].value[0].toFixed(1)} h`, ...rows.map((row) => `${row.marker}${escape(row.seriesName)} <b>${percent(row.value[1])}</b>`)].join("<br>"),
      },
      xAxis: {
        type: "value", min: Math.floor(nearest / 6) * 6, max: Math.ceil(furthest / 6) * 6, interval: 6, name: words.hours, nameLocation: "middle", nameGap: 26,
        nameTextStyle: { color: soft }, axisLabel: { color: soft }, axisLine: { onZero: false, lineStyle: { color: token("line-strong") } }, splitLine: { show: false },
      },
      yAxis: { type: "value", min: 0, max: (span) => Math.max(1.1, Math.ceil(span.max * 10) / 10), interval: 0.2, axisLabel: { color: soft, formatter: percent, showMaxLabel: false }, splitLine: { lineStyle: { color: line } } },
      series: curves.map((curve, index) => ({
        name: curve.level ? `${curve.level} ${curve.name}` : curve.name,
        type: "line", showSymbol: false, smooth: 0.2, data: curve.points,
        lineStyle: { color: shades[index % shades.length], width: 2.5 }, itemStyle: { color: shades[index % shades.length] },
        areaStyle: curves.length === 1 ? { color: ink, opacity: 0.06 } : undefined,
        markPoint: curve.t80 === null ? undefined : {
          symbol: "circle", symbolSize: 12, itemStyle: { color: token("done"), borderColor: token("surface"), borderWidth: 2 },
          label: { show: true, position: "top", color: token("done"), fontWeight: 600, formatter: `${words.recovered} ${curve.t80.toFixed(1)} h` },
          data: [{ coord: [curve.t80 + 0.5, (curve.points.find((point) => point[0] >= curve.t80) || [0, 0.8])[1]] }],
        },
        markLine: index ? undefined : {
          symbol: "none", silent: true,
          data: [
            { yAxis: 0.8, lineStyle: { color: token("soon"), type: "dashed" }, label: { formatter: words.eighty, color: token("soon"), position: "insideStartTop" } },
            { xAxis: 48, lineStyle: { color: soft, type: "dashed" }, label: { formatter: words.target, color: soft, position: "insideEndTop" } },
            { xAxis: 0, lineStyle: { color: token("late"), type: "solid" }, label: { show: false } },
          ],
        },
      })),
    };
  }

  function draw(root) {
    if (!window.echarts) return;
    for (const element of root.querySelectorAll("[data-recovery]")) {
      const data = element.nextElementSibling;
      if (!data || data.type !== "application/json") continue;
      const chart = echarts.getInstanceByDom(element) || echarts.init(element);
      const content = JSON.parse(data.textContent);
      drawn.set(element, content);
      chart.setOption(options(content), { notMerge: true });
    }
  }

  function again() {
    for (const [element, content] of drawn) {
      const chart = echarts.getInstanceByDom(element);
      if (!element.isConnected || !chart) { drawn.delete(element); chart?.dispose(); continue; }
      chart.resize();
      chart.setOption(options(content), { notMerge: true });
    }
  }

  document.addEventListener("DOMContentLoaded", () => draw(document));
  document.addEventListener("htmx:afterSettle", (event) => draw(event.target.parentElement || document));
  window.addEventListener("resize", again);
  new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
})();
