// Sets the colour theme before the first paint. Loaded in <head>, not deferred.
(() => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const choice = root.dataset.bsThemeChoice || "auto";
    const theme = choice === "auto" ? (system.matches ? "dark" : "light") : choice;
    if (root.dataset.bsTheme !== theme) {
      root.dataset.bsTheme = theme;
      root.dispatchEvent(new CustomEvent("themechange", { detail: theme }));
    }
  };
  system.addEventListener("change", apply);
  new MutationObserver(apply).observe(root, { attributeFilter: ["data-bs-theme-choice"] });
  apply();
})();
