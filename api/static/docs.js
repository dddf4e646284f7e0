// The API reference, drawn by the Swagger UI that is installed beside us.
window.SwaggerUIBundle({
  url: document.currentScript?.dataset.openapi ?? "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  validatorUrl: null,
});
