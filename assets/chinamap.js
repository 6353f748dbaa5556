// China as every map here draws it: the projection, and the outline for ECharts. window.ChinaOutline = { Albers, shapes }.
"use strict";

window.ChinaOutline = (() => {
  // --- projection: Albers, parallels 25°N and 47°N, meridian 105°E, as maps of China are usually drawn -----------------
  const Albers = (() => {
    const radians = Math.PI / 180;
    const [first, second, origin, meridian] = [25 * radians, 47 * radians, 0, 105];
    const n = (Math.sin(first) + Math.sin(second)) / 2;
    const c = Math.cos(first) ** 2 + 2 * n * Math.sin(first);
    const base = Math.sqrt(c - 2 * n * Math.sin(origin)) / n;
    return {
      project: ([longitude, latitude]) => {
        const rho = Math.sqrt(c - 2 * n * Math.sin(latitude * radians)) / n;
        const theta = n * (longitude - meridian) * radians;
        return [rho * Math.sin(theta), rho * Math.cos(theta) - base];
      },
      unproject: ([x, y]) => {
        const down = base + y;
        const rho = Math.sign(n) * Math.hypot(x, down);
        const theta = Math.atan2(x, down);
        return [meridian + theta / n / radians, Math.asin((c - (rho * n) ** 2) / (2 * n)) / radians];
      },
    };
  })();

  // --- shapes: provinces as areas; boundary lines apart; what lies south of 17.8°N goes to the inset ------------------
  const SOUTH = 17.8;

  function northOf(coordinates) {
    const flat = coordinates.flat(Infinity);
    for (let index = 1; index < flat.length; index += 2) if (flat[index] > SOUTH) return true;
    return false;
  }

  function shapes(collection) {
    const areas = collection.features.filter((feature) => feature.properties.code);
    const lines = collection.features.filter((feature) => !feature.properties.code).flatMap((feature) => feature.geometry.coordinates);
    const main = areas.map((feature) => {
      if (feature.geometry.type !== "MultiPolygon") return feature;
      return { ...feature, geometry: { type: "MultiPolygon", coordinates: feature.geometry.coordinates.filter(northOf) } };
    });
    const named = (features) => ({ type: "FeatureCollection", features: features.map((feature) => ({ ...feature, properties: { ...feature.properties, name: feature.properties.code } })) });
    // Not "china": under that name ECharts draws its own islands box besides.
    echarts.registerMap("mainland", named(main));
    echarts.registerMap("south-sea", named(areas));
    return { names: Object.fromEntries(areas.map((feature) => [feature.properties.code, feature.properties.name])), lines, mainLines: lines.filter(northOf) };
  }

  return { Albers, shapes };
})();
