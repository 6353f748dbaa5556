// A reroute's page: the pictures (flows, map, waterfall) and the list of wishes.
"use strict";

(() => {
  const words = JSON.parse(document.getElementById("reroute-words").textContent);
  const number = new Intl.NumberFormat("en-US");
  const { base, escape, palette } = window.Charts;
  const yuan = (amount, sign = false) => `${amount < 0 ? "−" : sign && amount > 0 ? "+" : ""}¥${number.format(Math.abs(Math.round(amount)))}`;

  // --- pictures -----------------------------------------------------------------------------------------------------
  const card = document.querySelector("[data-flows]");
  const canvas = card.querySelector("[data-canvas]");
  const bars = card.querySelector("[data-waterfall]");
  const box = canvas.querySelector("[data-inset]");
  const surface = canvas.insertBefore(Object.assign(document.createElement("div"), { className: "picture" }), box);
  const sheet = box.insertBefore(document.createElement("div"), box.firstChild);
  const chart = echarts.init(surface, null, { renderer: "canvas" });
  const steps = echarts.init(bars, null, { renderer: "canvas" });
  let inset = null;
  const buttons = [...card.querySelectorAll("[data-picture]")];
  let data = null;
  let outline = null;
  let picture = "sankey";

  const name = (code, none) => data.names[code] || code || none;

  function sankey(colours) {
    // Small flows of warehouses beyond the largest are one node, so that the labels can be read.
    const rank = (side) => {
      const sums = new Map();
      for (const flow of data.sankey) sums.set(flow[side], (sums.get(flow[side]) || 0) + flow.orders);
      return [...sums].sort((a, b) => b[1] - a[1]);
    };
    const most = canvas.clientWidth < 500 ? 7 : 12;
    const kept = { before: new Set(rank("before").slice(0, most).map(([code]) => code)), after: new Set(rank("after").slice(0, most).map(([code]) => code)) };
    const title = (side, code) => (code === "" ? (side === "before" ? words.none : words.no_way) : kept[side].has(code) ? name(code) : "…");
    const links = new Map();
    for (const flow of data.sankey) {
      const [from, to] = [`b ${title("before", flow.before)}`, `a ${title("after", flow.after)}`];
      const link = links.get(from + to) || { source: from, target: to, value: 0, same: flow.before === flow.after, lost: flow.after === "" };
      link.value += flow.orders;
      links.set(from + to, link);
    }
    const paint = (link) => (link.lost ? colours.late : link.same ? colours["line-strong"] : colours["level-4-ink"]);
    const sums = new Map();
    for (const link of links.values()) for (const end of [link.source, link.target]) sums.set(end, (sums.get(end) || 0) + link.value);
    const narrow = canvas.clientWidth < 500;
    return {
      ...base(colours),
      tooltip: { ...base(colours).tooltip, formatter: ({ data: item, dataType, name: node }) => (dataType === "edge" ? `${escape(item.source.slice(2))} → ${escape(item.target.slice(2))}<br><b>${number.format(item.value)}</b> ${escape(words.orders)}` : `${escape(node.slice(2))} <b>${number.format(sums.get(node) || 0)}</b>`) },
      series: [{
        type: "sankey", left: 8, right: 8, top: 28, bottom: 12, nodeWidth: 10, nodeGap: 10, draggable: false, layoutIterations: 32, emphasis: { focus: "adjacency" },
        data: [...sums.keys()].map((node) => ({ name: node, itemStyle: { color: node === `a ${words.no_way}` ? colours.late : colours["ink-2"], borderWidth: 0 }, label: { position: node.startsWith("b ") ? "right" : "left" } })),
        links: [...links.values()].map((link) => ({ source: link.source, target: link.target, value: link.value, lineStyle: { color: paint(link), opacity: 0.35, curveness: 0.5 } })),
        label: { color: colours.ink, fontSize: narrow ? 11 : 13, textBorderColor: colours.surface, textBorderWidth: 3, formatter: ({ name: node }) => (narrow ? node.slice(2) : `${node.slice(2)}  ${number.format(sums.get(node) || 0)}`) },
      }],
      graphic: [
        { type: "text", left: 8, top: 4, style: { text: words.before, fill: colours["ink-2"], fontSize: 12 } },
        { type: "text", right: 8, top: 4, style: { text: words.after, fill: colours["ink-2"], fontSize: 12 } },
      ],
    };
  }

  function map(colours) {
    const place = (way) => [data.places[`w:${way.warehouse}`], data.places[`r:${way.region}`]];
    const most = Math.max(1, ...data.ways.map((way) => way.orders));
    const line = (way) => ({
      coords: place(way), way,
      lineStyle: { width: 1 + 4 * Math.sqrt(way.orders / most), color: way.after ? colours["level-4-ink"] : colours.late, type: way.after ? "solid" : "dashed", opacity: way.after ? 0.65 : 0.5, curveness: way.after ? 0.18 : -0.12 },
    });
    const drawn = data.ways.filter((way) => place(way).every(Boolean));
    const [west, east, south, north] = drawn.flatMap(place).reduce(([w, e, s, n], [lon, lat]) => [Math.min(w, lon), Math.max(e, lon), Math.min(s, lat), Math.max(n, lat)], [180, -180, 90, -90]);
    const near = drawn.length ? Math.min(4, Math.max(1, 0.5 * Math.min(62 / (east - west + 1), 36 / (north - south + 1)))) : 1;
    const houses = new Map(drawn.map((way) => [way.warehouse, way.after]));
    for (const way of drawn) if (way.after) houses.set(way.warehouse, true);
    return {
      ...base(colours),
      tooltip: { ...base(colours).tooltip, formatter: ({ data: item }) => (item?.way ? `${escape(name(item.way.warehouse))} → ${escape(name(item.way.region))}<br>${escape(item.way.after ? words.arrives : words.leaves)} <b>${number.format(item.way.orders)}</b> ${escape(words.orders)}` : item?.house ? `<b>${escape(item.house)}</b>` : "") },
      geo: {
        map: "mainland", projection: window.ChinaOutline.Albers, roam: true, scaleLimit: { min: 1, max: 10 }, zoom: near, center: drawn.length ? window.ChinaOutline.Albers.project([(west + east) / 2, (south + north) / 2]) : undefined,
        itemStyle: { areaColor: colours["map-land"], borderColor: colours["map-edge"], borderWidth: 0.8 }, emphasis: { disabled: true }, select: { disabled: true },
        layoutCenter: ["50%", "52%"], layoutSize: Math.min(canvas.clientWidth - 24, (canvas.clientHeight - 16) * 1.2),
      },
      series: [
        { type: "lines", coordinateSystem: "geo", polyline: true, silent: true, data: outline.mainLines.map((coords) => ({ coords })), lineStyle: { color: colours["ink-3"], width: 1.2, opacity: 1 } },
        { type: "lines", coordinateSystem: "geo", z: 3, data: drawn.map(line) },
        {
          type: "scatter", coordinateSystem: "geo", z: 5, symbol: "rect", symbolSize: 8,
          data: [...houses].map(([code, after]) => ({ value: data.places[`w:${code}`], house: name(code), itemStyle: { color: after ? colours.ink : colours.late, borderColor: colours.surface, borderWidth: 1 } })),
          label: { show: canvas.clientWidth > 500, formatter: ({ data: item }) => item.house, position: "right", color: colours.ink, fontSize: 12, textBorderColor: colours.surface, textBorderWidth: 3 },
          labelLayout: { hideOverlap: true },
        },
      ],
    };
  }

  function waterfall(colours) {
    let at = 0;
    const narrow = canvas.clientWidth < 500;
    const rows = data.bars.map((bar) => {
      const low = bar.total ? 0 : Math.min(at, at + bar.amount);
      at = bar.total ? bar.amount : at + bar.amount;
      return { bar, low, high: Math.abs(bar.amount) };
    });
    // The steps are small beside the totals: the axis starts below the lowest step, which the broken totals tell.
    const steps = rows.filter((row) => !row.bar.total);
    const floor = steps.length ? Math.min(...rows.map((row) => (row.bar.total ? row.bar.amount : row.low))) : 0;
    const top = Math.max(...rows.map((row) => row.low + row.high));
    const from = floor - (top - floor) * 0.25 > 0 ? floor - (top - floor) * 0.25 : 0;
    const paint = ({ bar }) => (bar.total ? colours["ink-2"] : bar.amount > 0 ? colours.late : colours.done);
    return {
      ...base(colours),
      grid: { left: 12, right: 12, top: 28, bottom: 12, containLabel: true },
      tooltip: { ...base(colours).tooltip, trigger: "item", formatter: ({ dataIndex }) => `${escape(rows[dataIndex].bar.label)} <b>${yuan(rows[dataIndex].bar.amount, !rows[dataIndex].bar.total)}</b>` },
      xAxis: { type: "category", data: rows.map((row) => row.bar.label), axisLabel: { color: colours["ink-2"], interval: 0, width: narrow ? 60 : 120, overflow: "break", rotate: narrow && rows.length > 4 ? 35 : 0 }, axisLine: { lineStyle: { color: colours["line-strong"] } }, axisTick: { show: false } },
      yAxis: { type: "value", min: from, axisLabel: { color: colours["ink-2"], formatter: (value) => yuan(value), showMinLabel: from === 0 }, splitLine: { lineStyle: { color: colours.line } }, splitNumber: 4 },
      series: [
        { type: "bar", stack: "cost", silent: true, itemStyle: { color: "transparent" }, data: rows.map((row) => row.low) },
        {
          type: "bar", stack: "cost", barMaxWidth: 72,
          data: rows.map((row) => ({ value: row.high, itemStyle: { color: paint(row), borderRadius: 2 } })),
          label: { show: true, position: "top", color: colours.ink, fontSize: narrow ? 11 : 13, formatter: ({ dataIndex }) => yuan(rows[dataIndex].bar.amount, !rows[dataIndex].bar.total) },
        },
      ],
    };
  }

  // The islands in a box of their own, as on every map of the whole country.
  function islands(colours) {
    inset ||= echarts.init(sheet, null, { renderer: "canvas" });
    inset.setOption({
      animation: false,
      geo: { map: "south-sea", projection: window.ChinaOutline.Albers, silent: true, boundingCoords: [[106, 24], [122.5, 3.2]], left: 2, right: 2, top: 2, bottom: 2, itemStyle: { areaColor: colours["map-land"], borderColor: colours["map-edge"], borderWidth: 0.5 } },
      series: [{ type: "lines", coordinateSystem: "geo", polyline: true, silent: true, data: outline.lines.map((coords) => ({ coords })), lineStyle: { color: colours["ink-3"], width: 1, opacity: 1 } }],
    }, { notMerge: true });
  }

  const pictures = { sankey, map };

  function draw() {
    if (!data) return;
    const colours = palette();
    steps.setOption(waterfall(colours), { notMerge: true });
    if (picture === "map" && !outline) return;
    chart.setOption(pictures[picture](colours), { notMerge: true });
    box.hidden = picture !== "map";
    if (picture === "map") islands(colours);
  }

  async function show(kind) {
    picture = kind;
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.picture === kind));
      button.classList.toggle("active", button.dataset.picture === kind);
    }
    for (const legend of card.querySelectorAll("[data-legend]")) legend.hidden = legend.dataset.legend !== kind;
    if (kind === "map" && !outline) {
      try { outline = window.ChinaOutline.shapes(await (await fetch(card.dataset.shapes)).json()); } catch { return; }
    }
    draw();
  }

  async function load() {
    try {
      const answer = await fetch(card.dataset.flows, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const body = await answer.text();
      if (card.dataset.body === body.length + body.slice(-200)) return;
      card.dataset.body = body.length + body.slice(-200);
      data = JSON.parse(body);
      draw();
    } catch { /* the next change or poll tries again */ }
  }

  for (const button of buttons) button.addEventListener("click", () => show(button.dataset.picture));
  card.addEventListener("changed", load);
  new ResizeObserver(() => { chart.resize(); steps.resize(); draw(); }).observe(canvas);
  document.documentElement.addEventListener("themechange", draw);
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  show("sankey");
  load();

  // --- wishes ---------------------------------------------------------------------------------------------------------
  const form = document.querySelector("[data-wishes]");
  if (!form) return;
  const chosen = form.querySelector("[data-chosen]");
  const consequence = form.querySelector("[data-consequence-of-wishes]");

  function tell() {
    const sum = (verb) => [...chosen.querySelectorAll(`.wish-${verb}[data-orders]`)].reduce((total, item) => {
      const field = item.querySelector("input[type=number]");
      const orders = Number(item.dataset.orders);
      return total + (field ? Math.max(0, orders - Number(field.value || 0)) : orders);
    }, 0);
    const lines = [];
    if (sum("forbid") + sum("cap")) lines.push(words.moved.replace("%s", number.format(sum("forbid") + sum("cap"))));
    if (sum("pin")) lines.push(words.kept.replace("%s", number.format(sum("pin"))));
    consequence.textContent = lines.join(" ");
  }

  function add(way, verb) {
    const { thing, key, label, orders } = way.dataset;
    for (const old of chosen.querySelectorAll(`[data-of="${CSS.escape(`${thing} ${key}`)}"]`)) old.remove();
    const item = document.createElement("li");
    item.className = `wish wish-${verb}`;
    item.dataset.of = `${thing} ${key}`;
    item.dataset.orders = orders;
    const mark = Object.assign(document.createElement("span"), { className: "wish-verb", textContent: words[verb] });
    const text = Object.assign(document.createElement("span"), { className: "wish-label", textContent: label });
    const field = document.createElement("input");
    if (verb === "cap") {
      Object.assign(field, { type: "number", min: "0", inputMode: "numeric", name: `cap.${thing}.${key}`, value: orders, className: "form-control form-control-sm" });
      field.setAttribute("aria-label", `${words.limit} ${label}`);
    } else Object.assign(field, { type: "hidden", name: `${verb}.${thing}`, value: key });
    const remove = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm btn-icon btn-ghost-secondary", textContent: "×" });
    remove.dataset.unwish = "";
    remove.setAttribute("aria-label", `${words.remove} ${label}`);
    item.append(mark, " ", text, " ", field, remove);
    chosen.append(item);
    if (verb === "cap") { field.focus(); field.select(); }
    tell();
  }

  form.addEventListener("click", (event) => {
    const verb = event.target.closest("[data-wish]");
    if (verb) add(verb.closest(".way"), verb.dataset.wish);
    const gone = event.target.closest("[data-unwish]");
    if (gone) { gone.closest(".wish").remove(); tell(); }
  });
  chosen.addEventListener("input", tell);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("[type=search]")) event.preventDefault();
  });
})();
