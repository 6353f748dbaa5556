// The editors of plans and rules: rows that are added and removed, fields by kind, unsaved work, moving by keyboard.
"use strict";

(() => {
  let made = 0;

  // --- rows: [data-rows] holds a [data-list], a <template> with __id__, and a button that adds one ------------------
  function addRow(box) {
    const list = box.querySelector("[data-list]");
    made += 1;
    const html = box.querySelector(":scope > template").innerHTML.replaceAll(box.dataset.placeholder || "__id__", `n${made}`);
    list.insertAdjacentHTML("beforeend", html);
    const row = list.lastElementChild;
    row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    return row;
  }
  document.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add-row]");
    if (add) { addRow(add.closest("[data-rows]")); touched(add); return; }
    const button = event.target.closest("[data-remove-row], [data-row-up], [data-row-down]");
    if (!button) return;
    const row = button.closest("[data-line]");
    touched(button);
    if ("removeRow" in button.dataset) {
      const next = row.nextElementSibling || row.previousElementSibling;
      row.remove();
      (next?.querySelector("[data-remove-row]") || document.body).focus();
    } else if ("rowUp" in button.dataset) row.previousElementSibling?.before(row);
    else row.nextElementSibling?.after(row);
    if (row.isConnected) button.focus();
  });

  // --- the parameters of the chosen kind only ---------------------------------------------------------------------
  function showKind(root) {
    for (const choice of root.querySelectorAll?.("[data-kind-switch]") || []) {
      for (const part of choice.form.querySelectorAll("[data-kind]")) {
        const shown = part.dataset.kind === choice.value;
        part.hidden = !shown;
        part.disabled = !shown;
      }
    }
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-kind-switch]")) showKind(event.target.form);
  });
  document.addEventListener("htmx:load", (event) => showKind(event.detail.elt));

  // --- unsaved work is not lost by a slip -------------------------------------------------------------------------
  function touched(element) {
    const form = element.closest("form[data-guard]");
    if (form) form.dataset.unsaved = "";
  }
  const sheet = document.getElementById("sheet");
  const unsaved = () => sheet.querySelector("form[data-unsaved]");
  document.addEventListener("input", (event) => touched(event.target));
  sheet?.addEventListener("cancel", (event) => { if (unsaved()) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    if (event.target === sheet && unsaved()) event.stopImmediatePropagation();
  }, true);
  sheet?.addEventListener("close", () => { for (const form of sheet.querySelectorAll("form[data-unsaved]")) delete form.dataset.unsaved; });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    // What was stored is not unsaved any more, also when the answer leads to another page.
    const form = event.detail.elt.closest?.("form[data-guard]");
    if (form && event.detail.xhr.status < 300) delete form.dataset.unsaved;
  });
  window.addEventListener("beforeunload", (event) => {
    if (document.querySelector("form[data-unsaved]")) event.preventDefault();
  });

  // --- what this page saved itself is not a conflict for its other forms ------------------------------------------
  // (Read from the answer itself: the button that asked may have been replaced by the live list meanwhile.)
  document.addEventListener("htmx:afterRequest", (event) => {
    const header = event.detail.xhr?.getResponseHeader("HX-Trigger") || "";
    if (!header.includes('"revised"')) return;
    const { from, to } = JSON.parse(header).revised;
    for (const field of document.querySelectorAll("input[data-revision]")) {
      if (field.value === String(from)) field.value = to;
    }
  });

  // --- Alt + arrow moves the measure that has the focus -----------------------------------------------------------
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    const row = event.target.closest?.("[data-measure], [data-line]");
    const button = row?.querySelector(event.key === "ArrowUp" ? "[data-move=up], [data-row-up]" : "[data-move=down], [data-row-down]");
    if (button) { event.preventDefault(); button.click(); }
  });

  showKind(document);
})();
