"""A saved model as a web service: `POST /predict`, a page to try it, its OpenAPI description, health and metrics."""
