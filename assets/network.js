// The network on a map: places, and the ways between them. Data comes as JSON; colours from the page's own tokens.
const { Albers, shapes } = window.ChinaOutline;
const NAMES = ["ink", "ink-2", "ink-3", "line-strong", "surface", "late", "accent", "map-land", "map-edge"];

function palette() {
  const probe = document.createElement("i");
  document.body.append(probe);
  const found = Object.fromEntries(NAMES.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  }));
  probe.remove();
  return found;
}

const escape = (value) => String(value).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
const number = new Intl.NumberFormat();

class NetworkMap {
  constructor(element) {
    this.element = element;
    this.words = JSON.parse(element.dataset.words);
    this.chart = echarts.init(element, null, { renderer: "canvas" });
    this.inset = echarts.init(document.querySelector("[data-map-inset]"), null, { renderer: "canvas" });
    element.addEventListener("changed", () => this.load());
    new ResizeObserver(() => { this.chart.resize(); this.draw(); }).observe(element);
    document.documentElement.addEventListener("themechange", () => this.draw());
    this.chart.on("click", (event) => {
      const { place } = event.data || {};
      if (place) location.assign(`${element.dataset.lanes}?part=lane&${place.what}=${encodeURIComponent(place.code)}#parts`);
    });
    this.load();
  }

  async load() {
    try {
      if (!this.outline) this.outline = shapes(await (await fetch(this.element.dataset.shapes)).json());
      const answer = await fetch(this.element.dataset.source, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const body = await answer.text();
      if (body === this.body) return;
      this.body = body;
      this.data = JSON.parse(body);
      this.draw();
    } catch { /* the next change or poll tries again */ }
  }

  geo(colours, map) {
    return {
      map, projection: Albers, roam: false, silent: true,
      itemStyle: { areaColor: colours["map-land"], borderColor: colours["map-edge"], borderWidth: 0.8 },
      label: { show: false }, select: { disabled: true },
    };
  }

  draw() {
    if (!this.data) return;
    const colours = palette();
    const boundary = (lines) => ({ type: "lines", coordinateSystem: "geo", polyline: true, silent: true, data: lines.map((coords) => ({ coords })), lineStyle: { color: colours["ink-3"], width: 1.2, opacity: 1 } });
    const size = Math.min(this.element.clientWidth - 24, (this.element.clientHeight - 44) * 1.2);
    this.chart.setOption({
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      tooltip: { trigger: "item", confine: true, backgroundColor: colours.surface, borderColor: colours["line-strong"], textStyle: { color: colours.ink, fontSize: 13 }, formatter: (event) => this.tip(event.data || {}) },
      geo: { ...this.geo(colours, "mainland"), layoutCenter: ["47%", "54%"], layoutSize: size },
      series: [boundary(this.outline.mainLines), this.ways(colours, false), this.ways(colours, true), this.places(colours)],
    }, { notMerge: true });
    this.inset.setOption({
      animation: false,
      geo: { ...this.geo(colours, "south-sea"), boundingCoords: [[106, 24], [122.5, 3.2]], left: 2, right: 2, top: 2, bottom: 14 },
      series: [boundary(this.outline.lines)],
    }, { notMerge: true });
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
