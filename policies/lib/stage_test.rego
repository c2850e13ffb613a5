package rectify.lib.stage_test

import data.rectify.lib.stage

test_default_entry if stage.is_default({"ResourcePath": "/*", "HttpMethod": "*"})

test_one_method_of_every_path_is_not_the_default if not stage.is_default({"ResourcePath": "/*", "HttpMethod": "GET"})

test_every_method_of_one_path_is_not_the_default if not stage.is_default({"ResourcePath": "/~1pets", "HttpMethod": "*"})

test_label_of_the_default if stage.label({"ResourcePath": "/*", "HttpMethod": "*"}) == "every method"

test_label_of_a_method if stage.label({"ResourcePath": "/~1pets~1{id}", "HttpMethod": "GET"}) == "GET /pets/{id}"

test_label_of_the_root if stage.label({"ResourcePath": "/", "HttpMethod": "GET"}) == "GET /"

test_label_of_an_entry_without_a_name if stage.label({"DataTraceEnabled": true}) == "a method"
