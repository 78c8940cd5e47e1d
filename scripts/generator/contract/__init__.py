"""openapi.yaml as the generators of this directory read it. What they do not know stops them."""
