// A notice's people on the map: before the launch where they live, then how many of each province are told.
const { base, ChinaPanel, escape, palette } = window.Charts;

class NoticeMap extends ChinaPanel {
  resize() {
    super.resize();
    if (this.data) this.draw(); else this.load();
  }

  // On a phone the list says it all.
  async load() {
    if (this.element.clientWidth) await super.load();
  }

  geo(colours, map) {
    const paint = (place) => (place.bad ? "late" : this.data.launched ? "done" : "ink-2");
    return {
      ...super.geo(colours, map),
      silent: map !== "mainland",
      emphasis: { disabled: true },
      regions: Object.entries(this.data.places).map(([code, place]) => ({
        name: code,
        itemStyle: { areaColor: colours[paint(place)], opacity: place.bad ? 0.7 : 0.12 + 0.68 * place.share },
      })),
    };
  }

  draw() {
    if (!this.data) return;
    const colours = palette();
    this.chart.setOption({
      ...base(colours),
      tooltip: { ...base(colours).tooltip, trigger: "item", formatter: (event) => this.tip(event.name) },
      geo: { ...this.geo(colours, "mainland"), layoutCenter: ["47%", "50%"], layoutSize: Math.min(this.element.clientWidth - 12, (this.element.clientHeight - 20) * 1.15) },
      series: [this.boundary(colours, this.outline.mainLines)],
    }, { notMerge: true });
    this.drawIslands(colours);
  }

  tip(code) {
    const place = this.data.places[code];
    if (!place) return escape(this.outline.names[code] || "");
    return [`<b>${escape(place.name)}</b>`, ...place.lines.map(escape)].join("<br>");
  }
}

function begin() {
  for (const element of document.querySelectorAll("[data-notice-map]")) {
    if (!echarts.getInstanceByDom(element)) new NoticeMap(element);
  }
}

begin();
document.addEventListener("htmx:afterSettle", begin);
