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
    icon.className = `bi bi-eye${shown ? "-slash" : ""}`;
  };
  button.addEventListener("click", () => show(input.type === "password"));
  // A password left in clear would be offered later among the values of a text field.
  input.form.addEventListener("submit", () => show(false));
  button.hidden = false;
}

// A browser names the button of a file field in its own language. Ours is drawn under the native
// control, which stays what is focused, clicked and dropped upon, and what is read out.
for (const input of document.querySelectorAll("input[type=file]")) {
  const box = document.createElement("div");
  box.className = "file-choice";
  const face = document.createElement("span");
  face.className = "file-face";
  face.ariaHidden = "true";
  const button = document.createElement("span");
  button.className = "btn btn-outline-primary";
  button.textContent = input.multiple ? "Choisir des fichiers" : "Choisir un fichier";
  const names = document.createElement("span");
  const show = () => {
    names.textContent =
      [...input.files].map((file) => file.name).join(", ") || "Aucun fichier choisi";
  };
  input.before(box);
  face.append(button, names);
  box.append(face, input);
  input.addEventListener("change", show);
  window.addEventListener("pageshow", show); // a browser that goes back fills the field again
  show();
}

// htmx swaps nothing on an error status; a form sent back with its errors (422) is an answer.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 422) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

// What an answer of htmx brings up to date, without losing what was done since it was asked for.
const words = (element) => element.textContent.trim().replace(/\s+/g, " ");
const ticked = (block) =>
  [...block.querySelectorAll("input[type=checkbox]:checked")].map((box) => box.value).sort().join();
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  if (target.matches("[role=status]") && words(target) === words(fragment)) {
    event.detail.shouldSwap = false; // what did not change is not read out again
  }
  if (fragment.querySelector("[data-adds-ticks]")) {
    const done = ticked(target).split(","); // the answer ticks what was typed in full
    fragment.querySelectorAll("input[type=checkbox]").forEach((box) => {
      box.checked ||= done.includes(box.value);
    });
  } else if (ticked(target) !== ticked(fragment)) {
    event.detail.shouldSwap = false; // ticked since it was asked: the next answer knows of it
  }
  const opened = [...target.querySelectorAll("details")].map((group) => group.open);
  fragment.querySelectorAll("details").forEach((group, i) => {
    group.open ||= Boolean(opened[i]);
  });
});

// Forms that save themselves: their last line says what became of it.
const line = document.getElementById("enregistrement");
const saving = document.querySelector("form[data-saves-itself]");
if (saving && line) {
  const SIGNED_OUT =
    "Vous n'êtes plus connecté : rien n'est plus enregistré. Connectez-vous dans un autre onglet, puis rechargez cette page.";
  const UNREACHABLE = "Pas enregistré : le service ne répond pas. Nouvel essai dans 20 secondes.";
  const tell = (said) => {
    if (words(line) !== said) line.textContent = said;
  };
  for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      if (event.detail.elt === saving) {
        // Without its session, what a form sends is refused: 400, by its token.
        tell(event.detail.xhr?.status === 400 ? SIGNED_OUT : UNREACHABLE);
      }
    });
  }
  // The answer on its way tells what the server last saw: what is sent waits for it.
  saving.addEventListener("submit", (event) => {
    if (!saving.classList.contains("htmx-request")) return;
    event.preventDefault();
    const { submitter } = event;
    saving.addEventListener("htmx:afterRequest", () => saving.requestSubmit(submitter), {
      once: true,
    });
  });
}
