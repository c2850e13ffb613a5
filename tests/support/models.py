# Prints AWS's own service models, as botocore ships them, of the services that are named: their operations, and the shapes of
# what those take. The proxy reads requests by them.
import json
import sys

from botocore.loaders import Loader


def slim(value):
    if isinstance(value, list):
        return [slim(item) for item in value]
    if isinstance(value, dict):
        return {key: slim(item) for key, item in value.items() if not (key == "documentation" and isinstance(item, str))}
    return value


loader = Loader()
models = {}
for name in sys.argv[1:]:
    model = loader.load_service_model(name, "service-2")
    models[name] = {key: slim(model[key]) for key in ("metadata", "operations", "shapes")}
json.dump(models, sys.stdout)
