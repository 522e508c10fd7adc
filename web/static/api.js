// The viewer of the API's document. Nothing of it leaves this machine: no validator, no other document.
const viewer = document.getElementById("viewer");

window.SwaggerUIBundle({
  url: viewer.dataset.document,
  domNode: viewer,
  validatorUrl: null,
  queryConfigEnabled: false,
  defaultModelsExpandDepth: 0,
  supportedSubmitMethods: ["get", "post"],
});
