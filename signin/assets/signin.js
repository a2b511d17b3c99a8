// What plain forms cannot do: security keys and passkeys. A form with `data-webauthn` gets its options from the address
// in `data-options`, lets the browser talk to the authenticator, puts the result into its field `credential` and is then
// submitted like any other form.

const supported = window.isSecureContext && "credentials" in navigator && "PublicKeyCredential" in window;

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const withBytes = (list) => (list ?? []).map((entry) => ({ ...entry, id: toBytes(entry.id) }));

// The functions of WebAuthn Level 3 where the browser has them, the same by hand where it has not.
function parseCreation(options) {
  if (PublicKeyCredential.parseCreationOptionsFromJSON) return PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return {
    ...options,
    challenge: toBytes(options.challenge),
    user: { ...options.user, id: toBytes(options.user.id) },
    excludeCredentials: withBytes(options.excludeCredentials),
  };
}

function parseRequest(options) {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) return PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return { ...options, challenge: toBytes(options.challenge), allowCredentials: withBytes(options.allowCredentials) };
}

function asJson(credential) {
  if (credential.toJSON) return credential.toJSON();
  const response = {};
  for (const member of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[member]) response[member] = toText(credential.response[member]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return {
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

async function optionsFor(form) {
  const transaction = form.elements.transaction.value;
  const response = await fetch(form.dataset.options, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(transaction ? { transaction } : {}),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail);
  return answer;
}

// One request at a time: the browser refuses a second one while autofill is waiting.
let current;

async function run(form, mediation) {
  current?.abort();
  const controller = new AbortController();
  current = controller;
  const { signal } = controller;
  const answer = await optionsFor(form);
  signal.throwIfAborted();
  const credential =
    form.dataset.webauthn === "create"
      ? await navigator.credentials.create({ publicKey: parseCreation(answer.publicKey), signal })
      : await navigator.credentials.get({ publicKey: parseRequest(answer.publicKey), signal, mediation });
  form.elements.credential.value = JSON.stringify(asJson(credential));
  if (answer.transaction) form.elements.transaction.value = answer.transaction;
  form.submit();
}

const sentences = {
  NotAllowedError: "That was cancelled or took too long, or no fitting key was found. Try again.",
  InvalidStateError: "This key is enrolled already.",
  SecurityError: "The browser does not allow keys at this address.",
  NotSupportedError: "This key cannot do what is needed here.",
};

function tell(error) {
  const place = document.getElementById("script-error");
  place.textContent = sentences[error.name] ?? (error.message || "That did not work. Try again.");
  place.hidden = false;
  place.scrollIntoView({ block: "nearest" });
}

function prepare(form) {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    document.getElementById("script-error").hidden = true;
    button.disabled = true;
    try {
      await run(form);
    } catch (error) {
      tell(error);
      button.disabled = false;
      offerInAutofill();
    }
  });
}

// Passkeys among the suggestions for the user name. Waits quietly until one is chosen; failures stay quiet too.
async function offerInAutofill() {
  const form = document.querySelector("form[data-autofill]");
  if (!form || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  run(form, "conditional").catch((error) => console.debug("autofill of passkeys ended", error.name));
}

if (supported) {
  document.querySelectorAll("form[data-webauthn]").forEach(prepare);
  offerInAutofill();
}
