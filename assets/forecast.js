// The expected recovery: deliveries by the hour above, the orders that wait below.
"use strict";

(() => {
  const zone = document.body.dataset.zone || undefined;
  const { base, beside, escape, palette } = window.Charts;
  const number = new Intl.NumberFormat();
  const clock = (at) => new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
  const day = (at) => new Date(at).toLocaleDateString("en-CA", { month: "2-digit", day: "2-digit", timeZone: zone });

  function options({ points, words, start, now, target, recovers, rerouted }) {
    const colours = palette();
    const { ink, "ink-2": soft, "ink-3": faint, line, soon, late, done, surface } = colours;
    const first = points[0][0];
    const last = points[points.length - 1][0];
    const column = (index) => points.map((point) => [point[0], point[index]]);
    // The dashed lines begin where the solid one ends.
    const joined = (index) => {
      const ahead = points.findIndex((point) => point[index] !== null);
      return points.map((point, place) => [point[0], place === ahead - 1 ? point[2] : point[index]]);
    };
    const plain = (name, data, style, extra = {}) => ({ name, type: "line", showSymbol: false, data, lineStyle: style, itemStyle: { color: style.color }, ...extra });
    const mark = (at, name, color, type, position = "insideEndTop") => ({ xAxis: at, lineStyle: { color, type, width: 1.5 }, label: { formatter: name, color, fontWeight: 600, position, rotate: 0, distance: [4, 2] } });
    const marks = [
      start >= first && mark(start, words.start, late, "solid"),
      mark(now, words.now, soft, "solid"),
      target <= last && mark(target, words.target, soft, "dashed"),
    ].filter(Boolean);
    const time = { type: "time", min: first, max: last, axisLine: { lineStyle: { color: colours["line-strong"] } }, axisTick: { show: false }, splitLine: { show: false } };
    const value = (name) => ({ type: "value", min: 0, name, nameTextStyle: { color: soft, align: "left", padding: [0, 0, 0, -28] }, axisLabel: { color: soft, formatter: (at) => number.format(at) }, splitLine: { lineStyle: { color: line } }, splitNumber: 3 });
    return {
      ...base(colours),
      grid: [{ left: 56, right: 20, top: 64, height: "48%" }, { left: 56, right: 20, bottom: 26, height: "19%" }],
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      legend: { type: "scroll", top: 0, left: 8, right: 8, icon: "roundRect", itemWidth: 14, itemHeight: 3, textStyle: { color: soft, fontSize: 12 } },
      tooltip: {
        ...base(colours).tooltip, trigger: "axis",
        formatter: (rows) => [`<b>${day(rows[0].value[0])} ${clock(rows[0].value[0])}</b>`, ...rows.filter((row) => row.value[1] !== null && row.value[1] !== undefined).map((row) => `${row.marker}${escape(row.seriesName)} <b>${number.format(Math.round(row.value[1]))}</b>`)].join("<br>"),
      },
      xAxis: [
        { ...time, gridIndex: 0, axisLabel: { show: false } },
        { ...time, gridIndex: 1, axisLabel: { color: soft, hideOverlap: true, formatter: (at) => (clock(at) === "00:00" ? day(at) : clock(at)) } },
      ],
      yAxis: [{ ...value(words.orders), gridIndex: 0 }, { ...value(words.queue), gridIndex: 1, splitNumber: 2 }],
      series: [
        plain(words.normal, column(1), { color: faint, width: 1.5 }, { silent: true, z: 1 }),
        plain(words.eighty, points.map((point) => [point[0], point[1] * 0.8]), { color: soon, width: 1.5, type: "dotted" }, { silent: true, z: 1 }),
        ...(rerouted ? [plain(words.without, joined(4), { color: late, width: 1.5, type: "dashed" }, { z: 2 })] : []),
        plain(words.expected, joined(3), { color: ink, width: 2.5, type: "dashed" }, {
          z: 4,
          markLine: { symbol: "none", silent: true, data: marks },
          markPoint: recovers !== null && recovers >= now && recovers <= last ? {
            symbol: "circle", symbolSize: 11, itemStyle: { color: done, borderColor: surface, borderWidth: 2 },
            label: { position: "top", distance: 8, color: done, fontWeight: 600, formatter: `${words.recovers} ${clock(recovers)}` },
            data: [{ coord: [recovers, (points.find((point) => point[0] >= recovers) || [])[3]] }],
          } : undefined,
        }),
        plain(words.delivered, column(2), { color: ink, width: 2.5 }, { z: 3, areaStyle: { color: ink, opacity: 0.06 } }),
        plain(words.backlog, column(5), { color: soon, width: 1.5 }, { xAxisIndex: 1, yAxisIndex: 1, areaStyle: { color: soon, opacity: 0.18 } }),
        plain(words.stuck, column(6), { color: late, width: 1.5 }, { xAxisIndex: 1, yAxisIndex: 1, areaStyle: { color: late, opacity: 0.25 } }),
      ],
    };
  }

  beside("[data-forecast]", options);
})();
