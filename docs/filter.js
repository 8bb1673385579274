// A field that hides the rows of the clauses without all of its words. Without scripts the page is whole.
document.addEventListener("DOMContentLoaded", () => {
  const part = document.querySelector(".clauses");
  if (!part) return;
  const rows = [...part.querySelectorAll("tbody tr")];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const field = document.createElement("input");
  const count = document.createElement("span");
  field.type = "search";
  field.className = "clauses-filter";
  field.placeholder = "Show rows with these words, such as: crit, kid, different";
  field.setAttribute("aria-label", "Show rows with these words");
  count.setAttribute("aria-live", "polite");
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, place) => {
      row.hidden = !words.every((word) => texts[place].includes(word));
      shown += !row.hidden;
    });
    count.textContent = words.length ? `${shown} rows` : "";
  });
  part.prepend(field, count);
});
