// What every chart shares: the page's own colours, words made safe, one look, and drawing again when it must.
"use strict";

window.Charts = (() => {
  const escape = (value) => String(value).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

  function colour(name) {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = `var(--${name})`;
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  }

  // The page's colours by name, as the theme of this moment has them; each is looked up when first wanted.
  const palette = () => new Proxy({}, { get: (found, name) => (found[name] ??= colour(name)) });

  const base = (colours) => ({
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colours.ink },
    tooltip: { backgroundColor: colours.surface, borderColor: colours["line-strong"], textStyle: { color: colours.ink, fontSize: 13 }, confine: true },
  });

  // A chart of the JSON at data-source, asked for again whenever its topic changed. Its class says how to `draw`.
  class Panel {
    constructor(element) {
      this.element = element;
      this.chart = echarts.init(element, null, { renderer: "canvas" });
      this.data = null;
      element.addEventListener("changed", () => this.load());
      new ResizeObserver(() => this.resize()).observe(element);
      document.documentElement.addEventListener("themechange", () => this.draw());
    }

    resize() { this.chart.resize(); }

    async load() {
      try {
        const answer = await fetch(this.element.dataset.source, { headers: { Accept: "application/json" } });
        if (!answer.ok) return;
        const body = await answer.text();
        if (body === this.body) return;
        this.body = body;
        this.data = JSON.parse(body);
        this.draw();
      } catch { /* the next change or poll tries again */ }
    }
  }

  // A map of the whole country with the islands in a box of their own. Shapes that did not come, because the network
  // was away, are asked for again with the next change or poll.
  class ChinaPanel extends Panel {
    constructor(element) {
      super(element);
      this.inset = echarts.init(document.querySelector("[data-map-inset]"), null, { renderer: "canvas" });
    }

    async load() {
      try {
        this.outline ||= window.ChinaOutline.shapes(await (await fetch(this.element.dataset.shapes)).json());
      } catch { return; }
      await super.load();
    }

    boundary(colours, lines) {
      return { type: "lines", coordinateSystem: "geo", polyline: true, silent: true, data: lines.map((coords) => ({ coords })), lineStyle: { color: colours["ink-3"], width: 1.2, opacity: 1 } };
    }

    geo(colours, map) {
      return {
        map, projection: window.ChinaOutline.Albers, roam: false, silent: true,
        itemStyle: { areaColor: colours["map-land"], borderColor: colours["map-edge"], borderWidth: 0.8 },
        label: { show: false }, select: { disabled: true },
      };
    }

    drawIslands(colours) {
      this.inset.setOption({
        ...base(colours),
        geo: { ...this.geo(colours, "south-sea"), boundingCoords: [[106, 24], [122.5, 3.2]], left: 2, right: 2, top: 2, bottom: 14 },
        series: [this.boundary(colours, this.outline.lines)],
      }, { notMerge: true });
    }
  }

  // Charts whose JSON stands right after their element, in the page or in a fragment that htmx puts in later.
  function beside(selector, options) {
    const drawn = new Map();

    function show(element, content) {
      const chart = echarts.getInstanceByDom(element) || echarts.init(element);
      chart.resize();
      chart.setOption(options(content), { notMerge: true });
    }

    function draw() {
      for (const element of document.querySelectorAll(selector)) {
        const data = element.nextElementSibling;
        if (data?.type !== "application/json" || drawn.get(element)?.text === data.textContent) continue;
        drawn.set(element, { text: data.textContent, content: JSON.parse(data.textContent) });
        show(element, drawn.get(element).content);
      }
    }

    function again() {
      for (const [element, { content }] of drawn) {
        if (element.isConnected) { show(element, content); continue; }
        drawn.delete(element);
        echarts.getInstanceByDom(element)?.dispose();
      }
    }

    document.addEventListener("DOMContentLoaded", draw);
    document.addEventListener("htmx:afterSettle", draw);
    window.addEventListener("resize", again);
    new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  }

  return { base, beside, ChinaPanel, escape, palette, Panel };
})();
