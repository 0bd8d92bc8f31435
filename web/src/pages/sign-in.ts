// The sign-in page: a demonstration account fills the form, and its region lights up on the map.

export function mountSignIn(): void {
  for (const row of document.querySelectorAll<HTMLElement>("div.demo-row")) makeButton(row);
}

/** The row was words to read; now it is a button that fills the form. */
function makeButton(row: HTMLElement): void {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "demo-row";
  button.append(...row.childNodes);
  const { username = "", organisation = "" } = row.dataset;
  const password = row.closest<HTMLElement>("[data-demo-password]")?.dataset.demoPassword ?? "";
  button.addEventListener("click", () => {
    fill("username", username);
    fill("password", password);
    showRegion(organisation);
    for (const other of document.querySelectorAll("button.demo-row"))
      other.setAttribute("aria-pressed", String(other === button));
    document.querySelector<HTMLElement>("[data-sign-in] button")?.focus();
  });
  button.setAttribute("aria-pressed", "false");
  row.replaceWith(button);
}

function fill(id: string, value: string): void {
  const field = document.getElementById(id);
  if (field instanceof HTMLInputElement) field.value = value;
}

function showRegion(code: string): void {
  for (const tile of document.querySelectorAll<SVGElement>(".sign-in-map .tile"))
    tile.toggleAttribute("data-selected", tile.dataset.code === code);
}
