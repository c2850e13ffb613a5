package rectify.lib.trail_test

import data.rectify.lib.trail

test_a_trail_of_its_own if trail.own({"id": "audit"})

test_a_replica if not trail.own({"id": "arn:aws:cloudtrail:us-east-1:111122223333:trail/audit"})
