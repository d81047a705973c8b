// Small helps on any page. Everything works without them.

const summary = document.querySelector("[data-focus]");
if (summary) summary.focus();

// A link of the error summary shows the label with the control, and enters a group by its first choice.
document.addEventListener("click", (event) => {
  const link = event.target.closest(".error-summary a[href^='#']");
  const target = link && document.getElementById(link.hash.slice(1));
  if (!target) return;
  event.preventDefault();
  (target.closest(".field") ?? target).scrollIntoView();
  const control = target.matches("fieldset") ? target.querySelector("input") : target;
  (control.checkVisibility() ? control : target).focus({ preventScroll: true });
});

// Fields that matter only for one choice of a group of radios.
for (const block of document.querySelectorAll("[data-shown-when]")) {
  const [name, value] = block.dataset.shownWhen.split("=");
  const form = block.closest("form");
  const update = () => {
    block.hidden = new FormData(form).get(name) !== value;
  };
  form.addEventListener("change", update);
  update();
}

for (const button of document.querySelectorAll("[data-reveals]")) {
  const input = document.getElementById(button.dataset.reveals);
  const words = button.querySelector("span");
  const icon = button.querySelector(".bi");
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    words.textContent = shown ? "Masquer" : "Afficher";
    button.setAttribute("aria-label", `${words.textContent} le mot de passe`);
    icon.className = `bi bi-eye${shown ? "-slash" : ""}`;
  };
  button.addEventListener("click", () => show(input.type === "password"));
  // A password left in clear would be offered later among the values of a text field.
  input.form.addEventListener("submit", () => show(false));
  button.hidden = false;
}

// htmx swaps nothing on an error status; a form sent back with its errors (422) is an answer.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 422) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});
