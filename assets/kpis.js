// Recovery curves: throughput as a share of its baseline, by hours since the declaration.
"use strict";

(() => {
  const { base, beside, escape, palette } = window.Charts;
  const percent = (value) => `${Math.round(value * 100)} %`;

  function options({ curves, words }) {
    const colours = palette();
    const { ink, "ink-2": soft, line } = colours;
    const shades = [ink, colours["level-4-ink"], colours.done, colours["level-2-ink"], colours["ink-3"]];
    const furthest = Math.max(50, ...curves.flatMap((curve) => curve.points.map((point) => point[0])));
    const nearest = Math.max(-6, Math.min(0, ...curves.flatMap((curve) => curve.points.map((point) => point[0]))));
    return {
      ...base(colours),
      grid: { left: 8, right: 20, top: curves.length > 1 ? 36 : 20, bottom: 28, containLabel: true },
      legend: curves.length > 1 ? { top: 0, icon: "roundRect", itemWidth: 14, itemHeight: 3, textStyle: { color: soft } } : undefined,
      tooltip: {
        ...base(colours).tooltip, trigger: "axis",
        formatter: (rows) => [`${rows[0].value[0].toFixed(1)} h`, ...rows.map((row) => `${row.marker}${escape(row.seriesName)} <b>${percent(row.value[1])}</b>`)].join("<br>"),
      },
      xAxis: {
        type: "value", min: Math.floor(nearest / 6) * 6, max: Math.ceil(furthest / 6) * 6, interval: 6, name: words.hours, nameLocation: "middle", nameGap: 26,
        nameTextStyle: { color: soft }, axisLabel: { color: soft }, axisLine: { onZero: false, lineStyle: { color: colours["line-strong"] } }, splitLine: { show: false },
      },
      yAxis: { type: "value", min: 0, max: (span) => Math.max(1.1, Math.ceil(span.max * 10) / 10), interval: 0.2, axisLabel: { color: soft, formatter: percent, showMaxLabel: false }, splitLine: { lineStyle: { color: line } } },
      series: curves.map((curve, index) => ({
        name: curve.level ? `${curve.level} ${curve.name}` : curve.name,
        type: "line", showSymbol: false, smooth: 0.2, data: curve.points,
        lineStyle: { color: shades[index % shades.length], width: 2.5 }, itemStyle: { color: shades[index % shades.length] },
        areaStyle: curves.length === 1 ? { color: ink, opacity: 0.06 } : undefined,
        markPoint: curve.t80 === null ? undefined : {
          symbol: "circle", symbolSize: 12, itemStyle: { color: colours.done, borderColor: colours.surface, borderWidth: 2 },
          label: { show: true, position: "top", color: colours.done, fontWeight: 600, formatter: `${words.recovered} ${curve.t80.toFixed(1)} h` },
          data: [{ coord: [curve.t80 + 0.5, (curve.points.find((point) => point[0] >= curve.t80) || [0, 0.8])[1]] }],
        },
        markLine: index ? undefined : {
          symbol: "none", silent: true,
          data: [
            { yAxis: 0.8, lineStyle: { color: colours.soon, type: "dashed" }, label: { formatter: words.eighty, color: colours.soon, position: "insideStartTop" } },
            { xAxis: 48, lineStyle: { color: soft, type: "dashed" }, label: { formatter: words.target, color: soft, position: "insideEndTop" } },
            { xAxis: 0, lineStyle: { color: colours.late, type: "solid" }, label: { show: false } },
          ],
        },
      })),
    };
  }

  beside("[data-recovery]", options);
})();
