// The roster's own small acts: copying an address, and putting people in order.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = button.querySelector("[data-copy-text]");
  const before = text.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    const field = document.getElementById("calendar-url");
    if (field && field.value === button.dataset.copy) field.select();
    return;
  }
  text.textContent = button.dataset.copied;
  setTimeout(() => { text.textContent = before; }, 2000);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-person-up], [data-person-remove], [data-person-add]");
  if (!button) return;
  const people = button.closest("[data-people]");
  const row = button.closest("[data-person]");
  if ("personAdd" in button.dataset) {
    const last = people.querySelector("[data-person]:last-of-type") || people.querySelector("[data-person]");
    const fresh = last.cloneNode(true);
    fresh.querySelector("select").value = "";
    button.before(fresh);
    fresh.querySelector("select").focus();
    return;
  }
  if ("personUp" in button.dataset) row.previousElementSibling?.matches("[data-person]") && row.previousElementSibling.before(row);
  else if (people.querySelectorAll("[data-person]").length > 1) row.remove();
  else row.querySelector("select").value = "";
  people.dispatchEvent(new Event("change", { bubbles: true }));
});
