// Counts a short message while it is typed: characters and billed parts, with signature and drill prefix.
"use strict";

for (const box of document.querySelectorAll("[data-count]")) {
  const area = document.getElementById(box.dataset.count);
  const samples = JSON.parse(box.dataset.samples);
  const parts = (length) => (length <= 70 ? 1 : Math.ceil(length / 67));
  const show = () => {
    const text = area.value.replace(/\$\{(\w+)\}/g, (whole, name) => samples[name] ?? whole).replaceAll("$$", "$");
    for (const row of box.querySelectorAll("[data-prefix]")) {
      const length = [...(row.dataset.prefix + text)].length;
      row.querySelector("[data-length]").textContent = length;
      row.querySelector("[data-parts]").textContent = parts(length);
    }
  };
  area.addEventListener("input", show);
  show();
}
