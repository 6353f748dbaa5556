// The network on a map: places, and the ways between them. Data comes as JSON; colours from the page's own tokens.
const { base, ChinaPanel, escape, palette } = window.Charts;
const number = new Intl.NumberFormat();

class NetworkMap extends ChinaPanel {
  constructor(element) {
    super(element);
    this.words = JSON.parse(element.dataset.words);
    this.chart.on("click", (event) => {
      const { place } = event.data || {};
      if (place) location.assign(`${element.dataset.lanes}?part=lane&${place.what}=${encodeURIComponent(place.code)}#parts`);
    });
    this.load();
  }

  resize() {
    super.resize();
    this.draw();
  }

  draw() {
    if (!this.data) return;
    const colours = palette();
    const size = Math.min(this.element.clientWidth - 24, (this.element.clientHeight - 44) * 1.2);
    this.chart.setOption({
      ...base(colours),
      tooltip: { ...base(colours).tooltip, trigger: "item", formatter: (event) => this.tip(event.data || {}) },
      geo: { ...this.geo(colours, "mainland"), layoutCenter: ["47%", "54%"], layoutSize: size },
      series: [this.boundary(colours, this.outline.mainLines), this.ways(colours, false), this.ways(colours, true), this.places(colours)],
    }, { notMerge: true });
    this.drawIslands(colours);
  }

  ways(colours, closed) {
    const rows = this.data.ways.filter((way) => (way.closed > 0) === closed);
    return {
      type: "lines", coordinateSystem: "geo", z: closed ? 3 : 2,
      data: rows.map((way) => ({
        coords: [way.from, way.to], way,
        lineStyle: closed
          ? { color: colours.late, width: 1.5, opacity: 0.8, type: way.closed < way.lanes ? "solid" : "dashed", curveness: 0.12 }
          : { color: colours["ink-2"], width: Math.min(2.5, 0.4 + way.orders / 900), opacity: 0.28, curveness: 0.12 },
      })),
    };
  }

  places(colours) {
    const mark = (row, what) => {
      const closed = row.state === "closed";
      const waiting = row.state === "standby" || row.state === "opening";
      const colour = closed ? colours.late : what === "hub" ? colours.accent : colours.ink;
      const hollow = waiting || row.kind === "road";
      return {
        value: [row.lon, row.lat], place: { ...row, what },
        symbol: closed ? "diamond" : what === "warehouse" ? (waiting ? "circle" : "rect") : row.kind === "road" ? "roundRect" : "circle",
        symbolSize: closed ? 12 : what === "warehouse" ? 8 : 6,
        itemStyle: { color: hollow && !closed ? colours.surface : colour, borderColor: hollow && !closed ? colour : colours.surface, borderWidth: hollow ? 1.5 : 0.8 },
      };
    };
    return { type: "scatter", coordinateSystem: "geo", z: 5, data: [...this.data.hubs.map((row) => mark(row, "hub")), ...this.data.warehouses.map((row) => mark(row, "warehouse"))] };
  }

  tip({ place, way }) {
    if (place) return `<b>${escape(place.name)}</b><br>${escape(place.note)}`;
    if (!way) return "";
    const lines = [`<b>${escape(way.name)}</b>`, `${number.format(way.lanes)} ${escape(this.words.lanes)} · ${number.format(way.orders)} ${escape(this.words.orders)}`];
    if (way.closed) lines.push(`${number.format(way.closed)} ${escape(this.words.closed)}`);
    return lines.join("<br>");
  }
}

for (const element of document.querySelectorAll("[data-network-map]")) new NetworkMap(element);
