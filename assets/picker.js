// The scope picker: a click on a place puts it into the form, another takes it out.
"use strict";

for (const picker of document.querySelectorAll("[data-picker]")) {
  const picked = picker.querySelector("[data-picked]");
  const changed = () => picker.dispatchEvent(new CustomEvent("picked", { bubbles: true }));
  picker.addEventListener("click", (event) => {
    const place = event.target.closest("[data-pick]");
    if (place) {
      const known = picked.querySelector(`input[name="${place.dataset.pick}"][value="${CSS.escape(place.value)}"]`);
      if (!known) {
        const item = document.createElement("span");
        item.className = "picked-item";
        const input = Object.assign(document.createElement("input"), { type: "hidden", name: place.dataset.pick, value: place.value });
        const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
        remove.dataset.unpick = "";
        remove.setAttribute("aria-label", `× ${place.textContent.trim()}`);
        item.append(input, place.textContent.trim(), remove);
        picked.append(item);
        changed();
      }
      return;
    }
    const gone = event.target.closest("[data-unpick]");
    if (gone) { gone.closest(".picked-item").remove(); changed(); }
  });
  picker.addEventListener("keydown", (event) => {
    // Enter in the search takes the first result instead of sending the form.
    if (event.key === "Enter" && event.target.matches("[type=search]")) {
      event.preventDefault();
      picker.querySelector("[data-pick]")?.click();
    }
  });
}
