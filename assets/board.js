// The board's map and chart. Data comes as JSON with an ETag; colours come from the page's own tokens.
const { say: text } = window.Fenghuo;
const zone = document.body.dataset.zone || undefined;

const { base, ChinaPanel, escape, palette, Panel } = window.Charts;
const lively = (colours) => ({ ...base(colours), animation: true, animationDuration: 300, animationDurationUpdate: 300 });

class ChinaMap extends ChinaPanel {
  async begin() {
    this.chart.on("click", (event) => { if (event.data?.href) location.assign(event.data.href); });
    await this.load();
  }

  regions(colours) {
    return Object.entries(this.data?.regions || {}).map(([code, region]) => ({
      name: code,
      itemStyle: { areaColor: colours[`level-${region.level}`], borderColor: colours.surface, opacity: region.whole ? 0.85 : 0.3 },
      emphasis: { itemStyle: { areaColor: colours[`level-${region.level}`] } },
    }));
  }

  geo(colours, map) {
    return {
      ...super.geo(colours, map),
      silent: map !== "mainland",
      emphasis: { label: { show: false }, itemStyle: { areaColor: colours["map-edge"] } },
      regions: this.regions(colours),
    };
  }

  draw() {
    if (!this.outline) return;
    const colours = palette();
    const data = this.data || {};
    const label = (code) => data.names?.[code] || this.outline.names[code] || code;
    const wide = this.element.clientWidth > 600;
    this.chart.setOption({
      ...lively(colours),
      tooltip: { ...base(colours).tooltip, trigger: "item", formatter: (event) => this.tip(event, label) },
      geo: { ...this.geo(colours, "mainland"), layoutCenter: [wide ? "46%" : "50%", "51%"], layoutSize: Math.min(this.element.clientWidth * (wide ? 0.92 : 1) - 24, (this.element.clientHeight - 28) * 1.2) },
      series: [this.boundary(colours, this.outline.mainLines), ...this.layers(colours, data)],
    }, { notMerge: true });
    this.drawIslands(colours);
  }

  layers(colours, data) {
    const warehouses = data.warehouses || [];
    const paint = (state) => (state === "closed" ? colours.late : colours.ink);
    const track = data.track || [];
    const past = track.filter((point) => !point.forecast);
    const ahead = track.length ? [past.at(-1), ...track.filter((point) => point.forecast)].filter(Boolean) : [];
    const path = (points, type) => ({ coords: points.map((point) => [point.lon, point.lat]), lineStyle: { type, color: colours["level-1"], width: 2.5, opacity: 0.9 } });
    return [
      {
        type: "lines", coordinateSystem: "geo", silent: true, zlevel: 0,
        data: (data.lanes || []).map((lane) => ({
          coords: [lane.from, lane.to],
          lineStyle: lane.state === "closed" ? { color: colours.late, type: "dashed", width: 1, opacity: 0.45, curveness: 0.15 } : { color: colours.done, width: 1.5, opacity: 0.7, curveness: 0.15 },
        })),
      },
      {
        type: "scatter", coordinateSystem: "geo", symbolSize: 14, symbol: "pin", z: 4,
        data: (data.cities || []).map((city) => ({ name: city.name, value: [city.lon, city.lat], city, itemStyle: { color: colours[`level-${city.level}`], borderColor: colours.surface, borderWidth: 1 } })),
      },
      {
        type: "scatter", coordinateSystem: "geo", z: 5,
        data: warehouses.map((house) => ({
          name: house.name, house, value: [house.lon, house.lat],
          symbol: house.state === "closed" ? "diamond" : house.kind === "primary" ? "rect" : "circle",
          symbolSize: house.state === "closed" ? 11 : 7,
          itemStyle: { color: house.kind === "primary" || house.state === "closed" ? paint(house.state) : colours.surface, borderColor: house.state === "closed" ? colours.surface : colours.ink, borderWidth: house.kind === "primary" ? 1 : 2 },
        })),
      },
      { type: "lines", coordinateSystem: "geo", polyline: true, silent: true, z: 6, data: track.length ? [path(past, "solid"), path(ahead, "dashed")].filter((line) => line.coords.length > 1) : [] },
      {
        type: "scatter", coordinateSystem: "geo", z: 7,
        data: track.map((point, index) => ({ value: [point.lon, point.lat], point, symbol: "circle", symbolSize: point === past.at(-1) ? 15 : 6, itemStyle: { color: point === past.at(-1) ? colours["level-1"] : colours.surface, borderColor: colours["level-1"], borderWidth: 2 }, label: point === past.at(-1) && data.track_name ? { show: true, formatter: data.track_name, position: "right", color: colours.ink, fontWeight: 600, textBorderColor: colours.surface, textBorderWidth: 3 } : { show: false }, index })),
      },
    ];
  }

  tip(event, label) {
    const { data } = event;
    if (data?.house) return `<b>${escape(data.house.name)}</b><br>${escape(data.house.note)}`;
    if (data?.city) return `<b>${escape(data.city.name)}</b><br>${data.city.incidents.map(escape).join("<br>")}`;
    if (data?.point) return `<b>${escape(this.data.track_name || text("track"))}</b><br>${escape(data.point.label)}${data.point.forecast ? ` · ${escape(text("forecast"))}` : ""}`;
    if (event.componentType !== "geo") return "";
    const region = this.data?.regions?.[event.name];
    const lines = [`<b>${escape(label(event.name))}</b>`, ...(region ? region.incidents.map(escape) : [])];
    lines.push(...(this.data?.warnings?.[event.name] || []).map(escape));
    if (!region) lines.splice(1, 0, escape(text("no_incident")));
    return lines.join("<br>");
  }
}

class Throughput extends Panel {
  async begin() { await this.load(); }

  draw() {
    if (!this.data) return;
    const colours = palette();
    const points = this.data.points;
    const clock = (value) => new Date(value).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
    const day = (value) => new Date(value).toLocaleDateString("en-CA", { month: "2-digit", day: "2-digit", timeZone: zone });
    const number = new Intl.NumberFormat();
    this.chart.setOption({
      ...lively(colours),
      grid: { left: 12, right: 16, top: 30, bottom: 8, containLabel: true },
      legend: { top: 0, right: 12, icon: "roundRect", itemWidth: 14, itemHeight: 3, textStyle: { color: colours["ink-2"], fontSize: 12 } },
      tooltip: {
        ...base(colours).tooltip, trigger: "axis",
        formatter: (rows) => [`<b>${day(rows[0].value[0])} ${clock(rows[0].value[0])}</b>`, ...rows.filter((row) => row.value[1] !== null).map((row) => `${row.marker}${escape(row.seriesName)} <b>${number.format(Math.round(row.value[1]))}</b>`)].join("<br>"),
      },
      xAxis: { type: "time", axisLine: { lineStyle: { color: colours["line-strong"] } }, axisTick: { show: false }, splitLine: { show: false }, axisLabel: { color: colours["ink-2"], hideOverlap: true, formatter: (value) => (clock(value) === "00:00" ? `${day(value)}` : clock(value)) } },
      yAxis: { type: "value", axisLabel: { color: colours["ink-2"], formatter: (value) => number.format(value) }, splitLine: { lineStyle: { color: colours.line } }, splitNumber: 3 },
      series: [
        { name: text("baseline"), type: "line", showSymbol: false, data: points.map(([at, , usual]) => [at, usual]), lineStyle: { color: colours["ink-3"], width: 1.5 }, itemStyle: { color: colours["ink-3"] }, silent: true, z: 1 },
        { name: text("eighty"), type: "line", showSymbol: false, data: points.map(([at, , usual]) => [at, usual === null ? null : usual * 0.8]), lineStyle: { color: colours.soon, width: 1.5, type: "dashed" }, itemStyle: { color: colours.soon }, silent: true, z: 2 },
        {
          name: text("orders"), type: "line", showSymbol: false, data: points.map(([at, orders]) => [at, orders]), lineStyle: { color: colours.ink, width: 2.5 }, itemStyle: { color: colours.ink }, areaStyle: { color: colours.ink, opacity: 0.06 }, z: 3,
          markLine: { symbol: "none", silent: true, lineStyle: { color: colours.late, type: "solid", width: 1.5 }, label: { color: colours.late, formatter: ({ name }) => name, position: "end", distance: 4, fontWeight: 600 }, data: (this.data.marks || []).map((mark) => ({ name: mark.label, xAxis: mark.at })) },
        },
      ],
    }, { notMerge: true });
  }
}

const kinds = { map: ChinaMap, throughput: Throughput };
for (const element of document.querySelectorAll("[data-chart]")) new kinds[element.dataset.chart](element).begin();
