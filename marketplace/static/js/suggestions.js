// Suggestions under the fields that name a source in data-suggestions, by accessible-autocomplete.

const PAUSE = 200; // milliseconds without a key before the server is asked

function enhance(input) {
  const holder = document.createElement("div");
  holder.className = "suggestions";
  const described = input.getAttribute("aria-describedby");
  const { id, name, value, className, selectionStart, selectionEnd } = input;
  const isTypedIn = document.activeElement === input;
  const kind = input.dataset.suggests ?? "lieu"; // what is suggested, in French
  let timer;
  let asked = 0;
  input.replaceWith(holder);
  accessibleAutocomplete({
    element: holder,
    id,
    name,
    defaultValue: value,
    inputClasses: className,
    minLength: 2,
    confirmOnBlur: false,
    showNoOptionsFound: false,
    source(words, populate) {
      const mine = ++asked;
      clearTimeout(timer);
      timer = setTimeout(async () => {
        const answer = await fetch(`${input.dataset.suggestions}?q=${encodeURIComponent(words)}`);
        // A menu that opened once the field is left would stay, over the next ones.
        const isAwaited = mine === asked && holder.contains(document.activeElement);
        if (answer.ok && isAwaited) populate(await answer.json());
      }, PAUSE);
    },
    onConfirm() {
      // A value chosen with the mouse fires no event of its own: forms that follow it need one.
      setTimeout(() => document.getElementById(id)?.dispatchEvent(new Event("change", { bubbles: true })));
    },
    tStatusQueryTooShort: (length) => `Tapez au moins ${length} lettres.`,
    tStatusNoResults: () => `Aucun ${kind} à proposer.`,
    tStatusSelectedOption: (option, length, index) =>
      `${option}, ${index + 1} sur ${length}, sélectionné.`,
    tStatusResults: (length, option) =>
      `${length} ${length > 1 ? "propositions" : "proposition"}. ${option}`,
    tAssistiveHint: () =>
      "Des suggestions apparaissent pendant la saisie : flèches haut et bas pour les parcourir, Entrée pour choisir.",
  });
  const field = holder.querySelector("input");
  for (const attribute of ["aria-invalid", "required", "spellcheck"]) {
    if (input.hasAttribute(attribute)) field.setAttribute(attribute, input.getAttribute(attribute));
  }
  if (described) keepDescribed(field, described);
  // Someone who types already, on a slow line, goes on where they were. The component selects the
  // whole text once it is focused: what comes next would replace it.
  if (isTypedIn) {
    field.focus();
    queueMicrotask(() => field.setSelectionRange(selectionStart, selectionEnd));
  }
}

// The component manages aria-describedby for its own hint; the field's hint and error stay in it.
function keepDescribed(field, described) {
  const restore = () => {
    const now = field.getAttribute("aria-describedby") ?? "";
    if (!now.startsWith(described)) {
      field.setAttribute("aria-describedby", `${described} ${now}`.trim());
    }
  };
  new MutationObserver(restore).observe(field, { attributeFilter: ["aria-describedby"] });
  restore();
}

const inputs = [...document.querySelectorAll("[data-suggestions]")];
if (inputs.length) {
  const script = document.createElement("script");
  script.src = `${document.querySelector("script[data-completes]").dataset.completes}.js`;
  script.addEventListener("load", () => inputs.forEach(enhance));
  document.head.append(script);
}
